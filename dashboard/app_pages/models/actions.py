"""What can be done with a run: look at it in Inspect, compare it, delete it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.contracts import DEFAULT_METHOD, Run
from core.errors import PellucidError
from dashboard import services, state
from dashboard.app_pages.inspect import page as inspect
from dashboard.app_pages.models import compression, page_choice
from dashboard.app_pages.models.page_choice import MOST_COMPARED
from dashboard.dataset_pictures import dataset_picture_id
from dashboard.formatting import error_text, escape
from dashboard.state import Choice

__all__ = ["back", "inspect_later", "leave", "look_at", "row"]

_LEAVING = "models to inspect"
_PROBLEM = "models problem"


def back() -> None:
    """Draw the way back to the list, and what went wrong with the last action."""
    st.button(
        "All models", key="all models", icon=":material/arrow_back:", type="tertiary",
        on_click=page_choice.change, kwargs={"view": "list"},
    )  # fmt: skip
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape(problem), icon=":material/error:")


def row(run: Run) -> None:
    """Draw the buttons."""
    shown = page_choice.current()
    compared = shown.compared if shown is not None else ()
    with st.container(horizontal=True, vertical_alignment="center", key="run actions"):
        if run.model in services.models():
            st.button(
                "Open in Inspect", type="primary", icon=":material/center_focus_strong:",
                key="to inspect", on_click=inspect_later, args=(run, 0),
            )  # fmt: skip
        st.button(
            "Compare with …", icon=":material/compare_arrows:", key="to compare",
            disabled=run.model not in compared and len(compared) >= MOST_COMPARED,
            on_click=_compare, args=(run,),
        )  # fmt: skip
        compression.twin(run)
        order = services.setup_of(run) if run.origin == "run" else None
        if order is not None:
            st.button(
                "Train with changes", icon=":material/tune:", key="train with changes",
                on_click=page_choice.change, kwargs={"view": "new", "order": order},
            )  # fmt: skip
        if not services.is_shipped(run.model):
            _delete(run)


def _compare(run: Run) -> None:
    shown = page_choice.now()
    others = tuple(id for id in shown.compared if id != run.model)
    page_choice.change(view="list", compared=(*others, run.model))


def _delete(run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:", key="delete"):
        st.markdown(
            "This deletes the weights, the curves and the card, for everybody. The command below "
            "trains it again."
        )
        st.button(
            "Delete it for good", key="delete for good", icon=":material/delete_forever:",
            on_click=_deleted, args=(run,),
        )  # fmt: skip


def _deleted(run: Run) -> None:
    try:
        services.delete_run(run)
    except PellucidError as error:
        st.session_state[_PROBLEM] = error_text(error)
        return
    shown = page_choice.now()
    page_choice.change(
        view="list", run="", compared=tuple(id for id in shown.compared if id != run.model)
    )


# ---- to Inspect


def inspect_later(run: Run, index: int) -> None:
    """Remember, in a callback, that Inspect is to open with this model and a test picture."""
    st.session_state[_LEAVING] = (run, index)


def leave() -> None:
    """Go to Inspect if a callback has asked for it."""
    leaving = st.session_state.pop(_LEAVING, None)
    if leaving is None:
        return
    look_at(*leaving)
    st.switch_page(st.Page(inspect.page, title="Inspect", url_path="inspect", default=True))


def look_at(run: Run, index: int) -> None:
    """Let the session look at a test picture with this model."""
    offered = services.offered(services.models()[run.model])
    choice = Choice(
        model=run.model,
        method=DEFAULT_METHOD if DEFAULT_METHOD in offered else next(iter(offered)),
    )
    if data := services.models()[run.model].trained_on:
        choice = replace(choice, picture=dataset_picture_id(data, "test", index))
    state.begin(choice)
