"""Robustness: how little it takes to break the model, for whom, and whether the attack held."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import page as frame
from dashboard import services, slice_choice
from dashboard.app_pages.models import actions as models_actions
from dashboard.app_pages.robustness import (
    certificates,
    corruptions,
    curves,
    defences,
    page_choice,
    picture,
    source,
)
from dashboard.app_pages.robustness.page_choice import RobustnessChoice, Section
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.formatting import said_of
from dashboard.guard import guarded

__all__ = ["page"]

_NAME = "robustness problems"
_SECTIONS: dict[Section, tuple[str, Callable[[RobustnessChoice, AttackedData], None]]] = {
    "curves": ("Curves", curves.curves_section),
    "picture": ("One picture", picture.picture_section),
    "corruptions": ("Corruptions", corruptions.corruptions_section),
    "defences": ("Defences", defences.defences_section),
    "certificates": ("Certificates", certificates.certificates_section),
}


def page() -> None:
    """Draw the page."""
    trial = page_choice.current()
    if trial is None:
        query = frame.address()
        trial, problems = page_choice.read(query)
        frame.first_view(_NAME, trial, problems + slice_choice.arrive(query))
        page_choice.begin(trial)
    with guarded():
        models_actions.leave()
        st.title("Robustness", anchor=False)
        st.markdown(
            "How little it takes to break the model, for whom, and whether the attack was strong "
            "enough to be believed."
        )
        frame.say_problems(_NAME, trial)
        with frame.with_session_jobs():
            _sections(trial)
    frame.publish(page_choice.now().to_query(), slice_choice.to_query())


def _sections(trial: RobustnessChoice) -> None:
    attacked = source.choose(trial)
    if attacked is None:
        return
    kind = services.kind_of(attacked.model)
    st.segmented_control(
        "What is looked at", list(_SECTIONS), required=True,
        format_func=lambda name: said_of(_SECTIONS[name][0], kind), label_visibility="collapsed",
        **page_choice.bind("robustness section", "section", trial.section),
    )  # fmt: skip
    _SECTIONS[trial.section][1](trial, attacked)
