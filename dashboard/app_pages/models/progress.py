"""Runs that have not ended well yet: how far they are, and what can be done with them."""

from __future__ import annotations

import streamlit as st

from core.errors import PellucidError
from dashboard import services
from dashboard.app_pages.models import page_choice
from dashboard.figures.learning import Measure, curves, sparkline, sparkline_text
from dashboard.formatting import error_text, escape, percent, time_left
from dashboard.guard import guarded
from dashboard.model_text import architecture_name, named
from dashboard.run_text import BADGES, Badge, changed_text, epoch_text
from dashboard.services import Training
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.run_card import RunSummary, heading, run_summary

__all__ = ["draw", "section"]

_POLL_SECONDS = 1.0
_PROBLEM = "training problem"
_STARTING = "A worker is starting: it takes up to 20 s the first time."


# ---- one run in full


def draw(held: Training) -> None:
    """Draw a run under way, or one that was stopped or has failed."""
    heading(services.dataset_name(held.request.dataset.text), _badge(held))
    st.markdown(escape(_about(held)))
    if held.active:
        st.fragment(_live, run_every=_POLL_SECONDS, key="training")(held.request.model_id)
        st.caption(
            "It goes on when you look at other pages or close the window, and Inspect answers "
            "meanwhile. Cancel keeps every epoch that is done."
        )
        return
    _say(held)
    _choices(held)
    _curves(held)


def _live(model_id: str) -> None:
    with guarded():
        held = services.training(model_id)
        if held is None or not held.active:
            st.rerun()
        _bar(held)
        _curves(held)


def _bar(held: Training) -> None:
    job = held.job
    assert job is not None
    words = " · ".join(w for w in (_doing(held), time_left(job.seconds_left)) if w)
    with st.container(horizontal=True, vertical_alignment="center", key="training bar"):
        st.progress(job.fraction, text=escape(words))
        st.button(
            "Cancel", key=f"cancel/{held.request.key}", icon=":material/close:",
            on_click=services.stop_training, args=(held.request.key,),
        )  # fmt: skip


def _doing(held: Training) -> str:
    job = held.job
    if job is not None and job.message:
        return job.message
    key = held.request.key
    others = [each for each in services.trainings() if each.active and each.request.key != key]
    if others and job is not None and job.state == "queued":
        name = services.dataset_name(others[0].request.dataset.text)
        return f"Waits until another run is done ({name}): one is trained at a time."
    return _STARTING


def _curves(held: Training) -> None:
    if not held.history:
        if held.active:
            st.skeleton(height=230)
        return
    wanted = services.total_epochs(held.request.parameters)
    measures: tuple[Measure, ...] = ("accuracy", "loss")
    for place, measure in zip(st.columns(2, gap="large"), measures, strict=True):
        with place:
            st.markdown(f"**{measure.capitalize()}** by epoch")
            chart(
                curves(held.history, measure, mode=current_mode(), epochs=wanted),
                key=f"live/{measure}",
                alt=f"{measure} so far. {epoch_text(held.request, held.history)}",
            )


def _say(held: Training) -> None:
    job = held.job
    if job is not None and job.error is not None and job.state == "failed":
        st.error(escape(str(job.error)), icon=":material/error:")
    kept = f"{epoch_text(held.request, held.history)}." if held.kept else "Nothing was kept."
    st.markdown(escape(kept))
    for note in job.notes if job is not None else ():
        st.info(escape(note), icon=":material/restart_alt:")
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape(problem), icon=":material/error:")


def _choices(held: Training) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="training choices"):
        st.button(
            "Go on" if held.history else "Start again", type="primary", key="go on",
            icon=":material/play_arrow:", on_click=_resumed, args=(held,),
        )  # fmt: skip
        if (order := services.setup_of(held.request)) is not None:
            st.button(
                "Change the parameters", key="change order", icon=":material/tune:",
                on_click=page_choice.change, kwargs={"view": "new", "order": order},
            )  # fmt: skip
        with st.popover("Discard", icon=":material/delete:", key="discard"):
            st.markdown("This deletes the epochs that are done, for everybody.")
            st.button(
                "Discard them for good", key="discard for good", on_click=_discarded,
                icon=":material/delete_forever:", args=(held,),
            )  # fmt: skip


def _resumed(held: Training) -> None:
    try:
        services.resume(held.request)
    except PellucidError as error:
        st.session_state[_PROBLEM] = error_text(error)


def _discarded(held: Training) -> None:
    try:
        services.discard_training(held.request.key)
    except PellucidError as error:
        st.session_state[_PROBLEM] = error_text(error)
        return
    page_choice.change(view="list", run="")


# ---- all of them, above the list


def section() -> None:
    """Draw a card for each, and poll while one is under way."""
    held = services.trainings()
    if not held:
        return
    st.subheader("Under way" if any(each.active for each in held) else "Unfinished", anchor=False)
    every = _POLL_SECONDS if any(each.active for each in held) else None
    st.fragment(_cards, run_every=every, key="trainings")(tuple(_state(each) for each in held))


def _state(held: Training) -> tuple[str, bool]:
    return held.request.key, held.active


def _cards(seen: tuple[tuple[str, bool], ...]) -> None:
    with guarded():
        now = services.trainings()
        if tuple(_state(each) for each in now) != seen:
            st.rerun()
        for held in now:
            _card(held)


def _card(held: Training) -> None:
    request = held.request
    with st.container(border=True, key=f"card/{request.model_id}"):
        about, actions = st.columns([6.4, 1], gap="medium", vertical_alignment="center")
        with about:
            run_summary(_glance(held), mode=current_mode())
            if held.active and held.job is not None:
                words = (_doing(held), time_left(held.job.seconds_left))
                st.progress(held.job.fraction, text=escape(" · ".join(w for w in words if w)))
        with actions, st.container(key=f"actions/{request.model_id}", horizontal=True, gap="small"):
            st.button(
                "Open", key=f"open/{request.model_id}", width="stretch",
                icon=":material/open_in_full:", on_click=page_choice.change,
                kwargs={"view": "run", "run": request.model_id, "by": ""},
            )  # fmt: skip
            if held.active:
                st.button(
                    "Cancel", key=f"cancel/{request.key}", width="stretch",
                    icon=":material/close:", on_click=services.stop_training, args=(request.key,),
                )  # fmt: skip
            else:
                st.button(
                    "Go on" if held.history else "Start", key=f"go on/{request.key}",
                    width="stretch", icon=":material/play_arrow:", on_click=_resumed, args=(held,),
                )  # fmt: skip


def _glance(held: Training) -> RunSummary:
    last = held.history[-1].val_accuracy if held.history else None
    return RunSummary(
        title=services.dataset_name(held.request.dataset.text),
        badge=_badge(held),
        lines=[_about(held), epoch_text(held.request, held.history) if held.kept else ""],
        stand_in="no epoch yet" if last is None else f"{percent(last)} on validation pictures",
        curve=sparkline(held.history, mode=current_mode()),
        curve_text=sparkline_text(held.history),
    )


def _badge(held: Training) -> Badge:
    if held.active:
        return BADGES["running"]
    return BADGES["failed" if held.job and held.job.state == "failed" else "unfinished"]


def _about(held: Training) -> str:
    request = held.request
    recipe = services.recipes().get(request.recipe)
    words = [
        architecture_name(str(request.parameters.get("architecture", ""))),
        recipe.name.lower() if recipe else request.recipe,
        f"from {named(request.base.id)}" if request.base else "",
        changed_text(request.parameters, recipe.parameters) if recipe else "",
        f"seed {request.seed}" if request.seed else "",
    ]
    return " · ".join(word for word in words if word)
