"""Concepts: what a class looks like to the model, what parts it is made of, and what matters."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.contracts import Picture, Prediction
from dashboard import address, concepts_choice, services, state, uploads
from dashboard.app_pages import (
    concepts_look,
    concepts_parts,
    concepts_tcav,
    inspect_controls,
    inspect_strip,
)
from dashboard.concepts_choice import Study, Tab
from dashboard.desk import desk
from dashboard.guard import guarded
from dashboard.state import Choice
from dashboard.words import escape

__all__ = ["page"]

_PROBLEMS = "study problems"
_TABS: dict[Tab, str] = {
    "look": "What does this class look like",
    "parts": "Concepts of a class",
    "test": "Test a concept (TCAV)",
}
Section = Callable[[Picture, Choice, Study, Prediction | None], None]
_SECTIONS: dict[Tab, Section] = {
    "look": concepts_look.section,
    "parts": concepts_parts.section,
    "test": concepts_tcav.section,
}


def page() -> None:
    """Draw the page."""
    choice, study = _asked_for()
    with guarded():
        inspect_controls.sidebar(choice)
        _say_problems(choice, study)
        inspect_strip.strip(choice)
    with guarded():
        _one_tab(choice, study)
    concepts_choice.publish(choice, study)


def _asked_for() -> tuple[Choice, Study]:
    choice, study = state.current(), concepts_choice.current()
    query = st.query_params.to_dict()
    problems: list[str] = []
    if choice is None:
        mine = {name: query[name] for name in concepts_choice.FROM_CHOICE if name in query}
        choice, problems = address.read(mine)
        state.begin(choice)
    if study is None:
        study, more = concepts_choice.read(query, choice)
        problems += more
        concepts_choice.begin(study)
    if study.target is not None and study.target >= len(services.class_names(choice.model)):
        concepts_choice.change(target=None)  # another model was chosen, which has fewer classes
        study = concepts_choice.current() or study
    if problems:
        st.session_state[_PROBLEMS] = (choice, study, problems)
    return choice, study


def _say_problems(choice: Choice, study: Study) -> None:
    held = st.session_state.get(_PROBLEMS)
    if held and held[:2] == (choice, study):
        for problem in held[2]:
            st.warning(escape(problem), icon=":material/link_off:")


def _one_tab(choice: Choice, study: Study) -> None:
    st.session_state["study/tab"] = study.tab
    st.segmented_control(
        "Question",
        list(_TABS),
        format_func=_TABS.__getitem__,
        required=True,
        key="study/tab",
        label_visibility="collapsed",
        on_change=lambda: concepts_choice.change(tab=st.session_state["study/tab"]),
    )
    item = uploads.find(choice.picture)
    if item is None:
        st.info(
            "The picture of this link is not here any more: uploads stay in memory for a while and "
            "are never written to disk. Drop the same file again, or choose an example.",
            icon=":material/hide_image:",
        )
        return
    shown = uploads.picture(item)
    desk().open()
    try:
        said = desk().ask(services.prediction_request(shown, choice)).result
        prediction = said if isinstance(said, Prediction) else None
        with guarded():
            _SECTIONS[study.tab](shown, choice, study, prediction)
    finally:
        desk().close()
