"""Robustness: how little it takes to break the model, for whom, and whether the attack held."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import robustness_choice, slice_choice
from dashboard.app_pages import (
    models_actions,
    robustness_certificates,
    robustness_corruptions,
    robustness_curves,
    robustness_defences,
    robustness_picture,
    robustness_source,
)
from dashboard.app_pages.robustness_source import Subject
from dashboard.desk import desk
from dashboard.guard import guarded
from dashboard.robustness_choice import Section, Trial
from dashboard.theme import current_mode
from dashboard.widgets import run_card
from dashboard.words import escape

__all__ = ["page"]

_PROBLEMS = "robustness problems"
_SECTIONS: dict[Section, tuple[str, Callable[[Trial, Subject], None]]] = {
    "curves": ("Curves", robustness_curves.curves_section),
    "picture": ("One picture", robustness_picture.picture_section),
    "corruptions": ("Corruptions", robustness_corruptions.corruptions_section),
    "defences": ("Defences", robustness_defences.defences_section),
    "certificates": ("Certificates", robustness_certificates.certificates_section),
}


def page() -> None:
    """Draw the page."""
    trial = robustness_choice.current()
    if trial is None:
        query = st.query_params.to_dict()
        trial, problems = robustness_choice.read(query)
        problems += slice_choice.arrive(query)
        robustness_choice.begin(trial)
        st.session_state[_PROBLEMS] = (trial, problems)
    with guarded():
        models_actions.leave()
        run_card.style(current_mode())
        st.title("Robustness", anchor=False)
        st.markdown(
            "How little it takes to break the model, for whom, and whether the attack was strong "
            "enough to be believed."
        )
        seen, problems = st.session_state.get(_PROBLEMS, (trial, []))
        for problem in problems if seen == trial else []:
            st.warning(escape(problem), icon=":material/link_off:")
        desk().open()
        try:
            _sections(trial)
        finally:
            desk().close()
    robustness_choice.publish(robustness_choice.current() or trial)


def _sections(trial: Trial) -> None:
    subject = robustness_source.choose(trial)
    if subject is None:
        return
    key = "robustness section"
    st.session_state[key] = trial.section
    st.segmented_control(
        "What is looked at", list(_SECTIONS), key=key, required=True,
        format_func=lambda name: _SECTIONS[name][0], label_visibility="collapsed",
        on_change=lambda: robustness_choice.change(section=st.session_state[key]),
    )  # fmt: skip
    _SECTIONS[trial.section][1](trial, subject)
