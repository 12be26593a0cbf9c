"""Concepts: what a class looks like to the model, what parts it is made of, and what matters."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.contracts import Picture, Prediction
from dashboard import services
from dashboard.app_pages.concepts import class_concepts, page_choice, tcav, visualisation
from dashboard.app_pages.concepts.page_choice import ConceptsChoice, Tab
from dashboard.app_pages.picture.frame import picture_page, unserved, with_picture
from dashboard.guard import guarded
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.views import registry as views

__all__ = ["page"]

_TABS: dict[Tab, str] = {
    "look": "What does this class look like",
    "parts": "Concepts of a class",
    "test": "Test a concept (TCAV)",
}
_WHY = "Concepts are parts of pictures, read from a convolutional layer."
Section = Callable[[Picture, Choice, ConceptsChoice, Prediction | None], None]
_SECTIONS: dict[Tab, Section] = {
    "look": visualisation.section,
    "parts": class_concepts.section,
    "test": tcav.section,
}


def page() -> None:
    """Draw the page."""
    picture_page(page_choice.session, _one_tab, name="concepts problems")


def _fitting(choice: Choice, study: ConceptsChoice) -> ConceptsChoice:
    """Leave out a class that another model does not have."""
    if study.target is None or study.target < len(services.class_names(choice.model)):
        return study
    page_choice.change(target=None)
    return page_choice.current() or study


def _one_tab(choice: Choice, study: ConceptsChoice) -> None:
    if "concepts" not in views.of_model(choice.model).serves:
        unserved(choice.model, _WHY)
        return
    study = _fitting(choice, study)
    st.segmented_control(
        "Question",
        list(_TABS),
        format_func=_TABS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **page_choice.bind("study/tab", "tab", study.tab),
    )

    def draw(shown: Picture) -> None:
        said = session_jobs().ask(services.prediction_request(shown, choice)).result
        prediction = said if isinstance(said, Prediction) else None
        with guarded():
            _SECTIONS[study.tab](shown, choice, study, prediction)

    with_picture(choice, draw, part="concepts", why=_WHY)
