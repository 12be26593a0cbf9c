"""Waiting for jobs: a bar with the time left and a Cancel button, and what became of the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.contracts import count_text
from dashboard.formatting import error_text, escape, time_left
from dashboard.guard import guarded
from dashboard.session_jobs import Answer, session_jobs

__all__ = [
    "Pending",
    "asked_for",
    "ended_badly",
    "notes",
    "unfinished",
    "waiting",
    "waiting_together",
]

_POLL_SECONDS = 0.5
_STARTING = "waiting for its turn (a worker that has just started takes up to 20 s)"


@dataclass(frozen=True, slots=True)
class Pending:
    """A job that the page waits for, by the name that people know it by."""

    key: str
    name: str
    can_cancel: bool = True


def waiting(pending: Sequence[Pending], *, place: str) -> None:
    """Draw the bars of jobs under way, and rerun the page as soon as one of them ends.

    Parameters
    ----------
    pending : sequence of Pending
        None of them: nothing is drawn, and nothing polls.
    place : str
        Tells this place from others on the page.
    """
    if not pending:
        return
    st.fragment(_bars, run_every=_POLL_SECONDS, key=f"waiting/{place}")(tuple(pending), place)


def waiting_together(pending: Sequence[Pending], *, total: int) -> None:
    """Draw one bar for many jobs, and rerun the page whenever one of them ends.

    Parameters
    ----------
    pending : sequence of Pending
        Those under way.
    total : int
        How many there are, with those that have ended.
    """
    if pending:
        st.fragment(_one_bar, run_every=_POLL_SECONDS, key="waiting/together")(
            tuple(pending), total
        )


def _one_bar(pending: tuple[Pending, ...], total: int) -> None:
    with guarded():
        answers = [session_jobs().look(job.key) for job in pending]
        under_way = [a for a in answers if a is not None and a.state == "waiting"]
        if len(under_way) < len(pending):
            st.rerun()
        done = total - len(pending)
        share = (done + sum(answer.fraction for answer in under_way)) / total
        with st.container(horizontal=True, vertical_alignment="center", key="bar/together"):
            st.progress(share, text=f"{done} of {count_text(total, 'map')} done")
            st.button("Cancel", key="cancel/together", icon=":material/close:",
                      on_click=_stop_all, args=(pending,))  # fmt: skip


def _stop_all(pending: Sequence[Pending]) -> None:
    for job in pending:
        session_jobs().stop(job.key)


def _bars(pending: tuple[Pending, ...], place: str) -> None:
    with guarded():
        for job in pending:
            answer = session_jobs().look(job.key)
            if answer is None or answer.state != "waiting":
                st.rerun()
            _bar(job, answer, place)


def _bar(job: Pending, answer: Answer, place: str) -> None:
    words = [answer.message or _STARTING, time_left(answer.seconds_left)]
    text = f"**{escape(job.name)}** · " + " · ".join(escape(w) for w in words if w)
    with st.container(horizontal=True, vertical_alignment="center", key=f"bar/{place}/{job.key}"):
        st.progress(answer.fraction, text=text)
        if job.can_cancel:
            st.button(
                "Cancel",
                key=f"cancel/{place}/{job.key}",
                icon=":material/close:",
                on_click=session_jobs().stop,
                args=(job.key,),
            )


def unfinished(answer: Answer, name: str, *, place: str, ended: str = "", height: int = 0) -> None:
    """Draw how far work is, or what became of it, where there is no result.

    Parameters
    ----------
    name, ended : str
        What the bar calls it, and the sentence that says that it was stopped; the same by default.
    place : str
        Tells this place from others on the page.
    height : int
        Of what stands in for the result meanwhile; 0 for nothing.
    """
    if answer.state != "waiting":
        ended_badly(answer, ended or name)
        return
    waiting([Pending(answer.key, name)], place=place)
    if height:
        st.skeleton(height=height)


def asked_for(key: str, label: str, *, place: str, button: str, icon: str) -> bool:
    """Whether work was asked for by a click; while it was not, draw the button that asks.

    Parameters
    ----------
    key, place : str
        Of the request, and where it is asked for: one request a place.
    button : str
        The button's key.
    """

    def ask() -> None:
        st.session_state[place] = key
        session_jobs().again(key)

    if st.session_state.get(place) == key:
        return True
    st.button(label, key=button, icon=icon, on_click=ask)
    return False


def notes(answer: Answer) -> None:
    """Say what happened on the way: a restarted worker, a damaged entry."""
    for note in answer.notes:
        st.info(escape(note), icon=":material/restart_alt:")


def ended_badly(answer: Answer, name: str) -> None:
    """Say that a job was stopped or has failed, and offer to run it again."""
    if answer.state == "stopped":
        st.info(
            f"{escape(name)} was stopped. Run it again, or choose another method.",
            icon=":material/stop_circle:",
        )
    else:
        st.error(escape(error_text(str(answer.error))), icon=":material/error:")
    st.button(
        "Run again",
        key=f"again/{answer.key}",
        icon=":material/refresh:",
        on_click=session_jobs().again,
        args=(answer.key,),
    )
