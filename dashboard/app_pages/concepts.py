"""Concepts: what a class looks like to the model, what parts it is made of, and what matters."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.contracts import Picture, Prediction
from dashboard import concepts_choice, services
from dashboard.app_pages import (
    concepts_look,
    concepts_parts,
    concepts_tcav,
)
from dashboard.app_pages.subject import subject_page, with_picture
from dashboard.concepts_choice import Study, Tab
from dashboard.desk import desk
from dashboard.guard import guarded
from dashboard.state import Choice

__all__ = ["page"]

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
    subject_page(concepts_choice, _one_tab, name="concepts problems")


def _fitting(choice: Choice, study: Study) -> Study:
    """Leave out a class that another model does not have."""
    if study.target is None or study.target < len(services.class_names(choice.model)):
        return study
    concepts_choice.change(target=None)
    return concepts_choice.current() or study


def _one_tab(choice: Choice, study: Study) -> None:
    study = _fitting(choice, study)
    st.segmented_control(
        "Question",
        list(_TABS),
        format_func=_TABS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **concepts_choice.bind("study/tab", "tab", study.tab),
    )

    def draw(shown: Picture) -> None:
        said = desk().ask(services.prediction_request(shown, choice)).result
        prediction = said if isinstance(said, Prediction) else None
        with guarded():
            _SECTIONS[study.tab](shown, choice, study, prediction)

    with_picture(choice, draw)
