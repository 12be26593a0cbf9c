"""How the cells of a table are read: which value means which class, which words mean none."""

from __future__ import annotations

import streamlit as st

from dashboard import fairness_choice, glossary
from dashboard.fairness_choice import Audit

__all__ = ["draw"]


def draw(audit: Audit) -> None:
    """Draw the controls, side by side."""
    left, right = st.columns(2)
    with left:
        _text("map", "Values that mean a class", audit.map, "class of a value", "yes=1, no=0")
    with right:
        _text(
            "missing", "Words that stand for no value", audit.missing, "no value",
            "empty cells alone",
        )  # fmt: skip
    key = "fairness values/drop_missing"
    st.session_state[key] = audit.drop_missing
    st.toggle(
        "Leave out rows without a class, score or weight", key=key,
        help=glossary.explain("no value"),
        on_change=lambda: fairness_choice.change(drop_missing=st.session_state[key]),
    )  # fmt: skip


def _text(name: str, title: str, value: str, term: str, shown: str) -> None:
    key = f"fairness values/{name}"
    st.session_state[key] = value
    st.text_input(
        title, key=key, max_chars=fairness_choice.LONGEST, placeholder=shown,
        help=glossary.explain(term),
        on_change=lambda: fairness_choice.change(
            **{name: st.session_state[key]}, by="", rate=""
        ),
    )  # fmt: skip
