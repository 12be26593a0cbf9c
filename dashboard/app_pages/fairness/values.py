"""How the cells of a table are read: which value means which class, which words mean none."""

from __future__ import annotations

import streamlit as st

from dashboard import glossary
from dashboard.app_pages.fairness import page_choice
from dashboard.app_pages.fairness.page_choice import FairnessChoice

__all__ = ["draw"]


def draw(audit: FairnessChoice) -> None:
    """Draw the controls, side by side."""
    left, right = st.columns(2)
    with left:
        _text("map", "Values that mean a class", audit.map, "class of a value", "yes=1, no=0")
    with right:
        _text(
            "missing", "Words that stand for no value", audit.missing, "no value",
            "empty cells alone",
        )  # fmt: skip
    st.toggle(
        "Leave out rows without a class, score or weight", help=glossary.explain("no value"),
        **page_choice.bind("fairness values/drop_missing", "drop_missing", audit.drop_missing),
    )  # fmt: skip


def _text(name: str, title: str, value: str, term: str, shown: str) -> None:
    st.text_input(
        title, max_chars=page_choice.LONGEST, placeholder=shown, help=glossary.explain(term),
        **page_choice.bind(f"fairness values/{name}", name, value, by="", rate=""),
    )  # fmt: skip
