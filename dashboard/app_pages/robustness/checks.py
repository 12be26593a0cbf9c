"""Whether the attacks can be believed: a row of marks, and what each check found."""

from __future__ import annotations

import streamlit as st

from core.contracts import AttackCheck, Robustness, Trust
from dashboard import glossary
from dashboard.formatting import escape
from dashboard.robustness_text import CHECKS, unsettled

__all__ = ["draw"]

_MEANS: dict[Trust, str] = {
    "believed": "None gave a reason to doubt the curve.",
    "not trusted": "A check failed, so the curve is likely too good: search harder before you "
    "report it.",
    "not shown": "Some could not be made here, so nothing shows that the curve is not too good.",
    "unchecked": "",
}


def draw(found: Robustness) -> None:
    """Draw the checks."""
    st.subheader("Was the attack honest?", anchor=False, help=glossary.explain("honesty check"))
    if not found.checks:
        st.caption(
            "The attacks were not checked: switch that on under Options before you believe the "
            "curve."
        )
        return
    st.markdown(
        "Weak attacks make any model look robust, so the attacks are examined as well. "
        + _MEANS[found.trust]
    )
    with st.container(horizontal=True, gap="small", key="honesty checks"):
        for check in found.checks:
            symbol, _, colour = CHECKS[check.passed]
            st.badge(f"{symbol} {escape(check.name)}", color=colour, help=_line(check))
    for check in unsettled(found.checks):
        st.markdown(_line(check))
    with st.expander("What each check found", icon=":material/fact_check:", key="check details"):
        st.markdown("\n\n".join(_line(check) for check in found.checks))


def _line(check: AttackCheck) -> str:
    symbol, word, _ = CHECKS[check.passed]
    return f"{symbol} **{escape(check.name)}**, {word}. {escape(check.detail)}"
