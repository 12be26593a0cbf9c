"""The section One picture of the Robustness page."""

from __future__ import annotations

import streamlit as st

from dashboard.app_pages.robustness_source import Subject
from dashboard.robustness_choice import Trial

__all__ = ["picture_section"]


def picture_section(trial: Trial, subject: Subject) -> None:
    """Draw the section."""
    st.subheader("One picture", anchor=False)
