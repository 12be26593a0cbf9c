"""What the three sections of the Concepts page share: the class, the button, the folder's hint."""

from __future__ import annotations

import streamlit as st

from core.contracts import Prediction
from core.errors import InputError
from dashboard import concepts_choice, services
from dashboard.app_pages.inspect_controls import likely_classes
from dashboard.concepts_choice import Study
from dashboard.state import Choice
from dashboard.words import error_words, escape

__all__ = ["HOW_TO_SET", "class_box", "left_out", "run_button"]

HOW_TO_SET = (
    "No reference folder is set on this server. Start it with `PELLUCID_GALLERY=/path/to/folder`: "
    "one folder for each label with pictures in it, or pictures with a `metadata.csv` "
    "(`file_name,label`)."
)


def class_box(choice: Choice, study: Study, prediction: Prediction | None) -> int | None:
    """Draw the choice of a class and return it; ``None`` while the prediction is on its way."""
    if prediction is None:
        st.skeleton(height=68)
        return study.target
    options = likely_classes(prediction)
    chosen = options[0] if study.target is None else study.target
    names = services.class_names(choice.model)
    problem = st.session_state.pop("study/class/problem", None)
    st.session_state["study/class"] = chosen
    st.selectbox(
        "Class",
        options,
        format_func=lambda index: names[index] if isinstance(index, int) else str(index),
        key="study/class",
        accept_new_options=True,
        help="Type a name, a synonym, an index or a WordNet id; the classes that the model sees "
        "in the chosen picture come first.",
        on_change=_class_chosen,
        args=(choice.model,),
    )
    if problem:
        st.warning(escape(problem), icon=":material/search_off:")
    return chosen


def _class_chosen(model: str) -> None:
    value = st.session_state["study/class"]
    try:
        index = value if isinstance(value, int) else services.find_class(model, str(value)).index
    except InputError as error:
        st.session_state["study/class/problem"] = error_words(error)
        return
    concepts_choice.change(target=index)


def run_button(words: str, study: Study, target: int | None, *, ready: bool = True) -> None:
    """Draw the button that starts the tab's work; what was chosen for it is fixed by then."""

    def clicked() -> None:
        if target != study.target:
            concepts_choice.change(target=target)
        concepts_choice.ask()

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
        with st.expander(f"{n} files could not be read", icon=":material/broken_image:"):
            st.markdown("\n".join(f"- {escape(told)}" for told in unreadable))
