"""What the three sections of the Concepts page share: the class, the button, the folder's hint."""

from __future__ import annotations

import streamlit as st

from core.contracts import Prediction, count_text
from dashboard.app_pages.concepts import page_choice
from dashboard.app_pages.concepts.page_choice import ConceptsChoice
from dashboard.app_pages.picture import controls as picture_controls
from dashboard.app_pages.picture.controls import likely_classes
from dashboard.formatting import escape
from dashboard.state import Choice

__all__ = ["HOW_TO_SET", "class_box", "left_out", "run_button"]

HOW_TO_SET = (
    "No reference folder is set on this server. Start it with `PELLUCID_GALLERY=/path/to/folder`: "
    "one folder for each label with pictures in it, or pictures with a `metadata.csv` "
    "(`file_name,label`)."
)


def class_box(choice: Choice, study: ConceptsChoice, prediction: Prediction | None) -> int | None:
    """Draw the choice of a class and return it; ``None`` while the prediction is on its way."""
    if prediction is None:
        st.skeleton(height=68)
        return study.target
    chosen = likely_classes(prediction)[0] if study.target is None else study.target
    picture_controls.class_box(
        "study/class", "Class", chosen, prediction, _change,
        first="the classes that the model sees in the chosen picture come first",
    )  # fmt: skip
    return chosen


def _change(index: int) -> None:
    page_choice.change(target=index)


def run_button(
    words: str, study: ConceptsChoice, target: int | None, *, ready: bool = True
) -> None:
    """Draw the button that starts the tab's work; what was chosen for it is fixed by then."""

    def clicked() -> None:
        if target != study.target:
            page_choice.change(target=target)
        page_choice.ask()

    st.button(
        words,
        key=f"study/run/{study.tab}",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not ready or target is None or study.tab in study.asked,
        on_click=clicked,
    )


def left_out(unreadable: tuple[str, ...], n: int) -> None:
    """Say which files of a folder could not be read."""
    if n:
        with st.expander(
            f"{count_text(n, 'file')} could not be read", icon=":material/broken_image:"
        ):
            st.markdown("\n".join(f"- {escape(told)}" for told in unreadable))
