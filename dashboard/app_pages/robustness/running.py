"""Attacks under way or stopped: a bar, and the curve over the pictures that are done."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.contracts import Robustness, RobustnessRequest, count_text
from core.errors import PellucidError
from dashboard import services
from dashboard.formatting import escape, time_left
from dashboard.guard import guarded
from dashboard.session_jobs import Answer, session_jobs

__all__ = ["ended", "under_way"]

_POLL_SECONDS = 1.0
_STARTING = "waiting for its turn (a worker that has just started takes up to 20 s)"
Draw = Callable[[Robustness], None]


def under_way(request: RobustnessRequest, draw: Draw) -> None:
    """Draw the bar and the curve so far, again and again, and rerun the page at the end."""
    st.fragment(_live, run_every=_POLL_SECONDS, key="attacks under way")(request, draw)
    st.caption(
        "It goes on while you look at other pages, and a reload finds it again. Cancel keeps every "
        "picture that is done."
    )


def _live(request: RobustnessRequest, draw: Draw) -> None:
    with guarded():
        answer = session_jobs().look(request.key)
        if answer is None or answer.state != "waiting":
            st.rerun()
        words = [answer.message or _STARTING, time_left(answer.seconds_left)]
        with st.container(horizontal=True, vertical_alignment="center", key="attacks bar"):
            st.progress(answer.fraction, text=escape(" · ".join(word for word in words if word)))
            st.button(
                "Cancel", key=f"cancel/attacks/{request.key}", icon=":material/close:",
                on_click=session_jobs().stop, args=(request.key,),
            )  # fmt: skip
        found = services.robustness_so_far(request, stage=answer.message)
        if found is None:
            st.skeleton(height=420)
        else:
            draw(found)


def ended(request: RobustnessRequest, answer: Answer, draw: Draw) -> None:
    """Say that the attacks were stopped or have failed; what was done is drawn."""
    kept = _kept(request) if answer.state == "stopped" else None
    if answer.error is not None:
        st.error(escape(str(answer.error)), icon=":material/error:")
    elif kept is None:
        st.info("Stopped before any picture was done.", icon=":material/stop_circle:")
    else:
        st.info(
            f"Stopped: {kept.n} of {count_text(kept.asked, 'picture')} are done and kept. The "
            "attacks were not checked.",
            icon=":material/stop_circle:",
        )
    st.button(
        "Go on" if kept is not None else "Run again", key="go on", type="primary",
        icon=":material/play_arrow:", on_click=session_jobs().again, args=(request.key,),
    )  # fmt: skip
    if kept is not None:
        draw(kept)


def _kept(request: RobustnessRequest) -> Robustness | None:
    try:
        return services.robustness_so_far(request)
    except PellucidError:  # the dataset has changed meanwhile: nothing of it is shown
        return None
