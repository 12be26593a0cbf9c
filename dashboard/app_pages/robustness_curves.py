"""The section Curves of the Robustness page."""

from __future__ import annotations

import streamlit as st

from dashboard.app_pages.robustness_source import Subject
from dashboard.robustness_choice import Trial

__all__ = ["curves_section"]


def curves_section(trial: Trial, subject: Subject) -> None:
    """Draw the section."""
    st.subheader("Curves", anchor=False)
