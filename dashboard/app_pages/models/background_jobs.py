"""Orders on their way: what is checked in the background, and models in the making."""

from __future__ import annotations

from concurrent.futures import Future, TimeoutError
from typing import Any

import streamlit as st

from core.errors import PellucidError
from dashboard import services
from dashboard.formatting import error_text, escape, time_left
from dashboard.guard import guarded
from dashboard.services import ModelJob

__all__ = ["begin", "followed", "is_on_its_way", "making_bar"]

_PATIENCE_SECONDS = 2.0
_POLL_SECONDS = 0.5
_STARTING = "A worker is starting: it takes up to 20 s the first time."


def begin(place: str, future: Future[Any]) -> None:
    """Take an order, in a callback: wait for it a little, so that most need no second look."""
    st.session_state[place] = future
    try:
        future.exception(timeout=_PATIENCE_SECONDS)
    except TimeoutError:
        return  # a dataset that is opened for the first time: followed() says so and waits


def is_on_its_way(place: str) -> bool:
    """Whether an order of this place has not been answered yet."""
    return place in st.session_state


def followed(place: str) -> Any:
    """Return the request of an order, once; ``None`` while there is none.

    Says that the data are being read, or what is wrong with the order.
    """
    future = st.session_state.get(place)
    if future is None:
        return None
    if not future.done():
        st.fragment(_reading, run_every=_POLL_SECONDS, key=f"reading/{place}")(place)
        return None
    del st.session_state[place]
    try:
        return future.result()
    except PellucidError as error:
        st.error(escape(error_text(error)), icon=":material/error:")
        return None


def _reading(place: str) -> None:
    with guarded():
        future = st.session_state.get(place)
        if future is None or future.done():
            st.rerun()
        st.progress(0.0, text="Reading the data. The first time this can take a while.")


def making_bar(held: ModelJob, *, name: str) -> None:
    """Draw how far a model in the making is, and rerun the page when it ends; or why it failed."""
    key = held.request.key
    if held.active:
        st.fragment(_bar, run_every=_POLL_SECONDS, key=f"making/{key}")(key, name)
        return
    st.error(escape(f"{name}: {held.job.error}"), icon=":material/error:")
    st.button(
        "Put it away", key=f"forget/{key}", icon=":material/close:",
        on_click=services.forget_model_job, args=(key,),
    )  # fmt: skip


def _bar(key: str, name: str) -> None:
    with guarded():
        held = services.model_job(key)
        if held is None or not held.active:
            st.rerun()
        job = held.job
        words = (job.message or _STARTING, time_left(job.seconds_left))
        text = f"**{escape(name)}** · " + " · ".join(escape(w) for w in words if w)
        with st.container(horizontal=True, vertical_alignment="center", key=f"bar/{key}"):
            st.progress(job.fraction, text=text)
            st.button(
                "Cancel", key=f"cancel/{key}", icon=":material/close:",
                on_click=services.stop_model_job, args=(key,),
            )  # fmt: skip
