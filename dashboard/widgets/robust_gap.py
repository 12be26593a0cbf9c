"""Whether some groups are easier to break, or less is proven of them: badge and sentences."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.contracts import RobustCurve, RobustGap
from dashboard.formatting import escape
from dashboard.robustness_text import UNDER_ATTACK, GapPhrases, gap_chosen, gap_spread, gap_text

__all__ = ["robust_gap"]


def robust_gap(
    curves: Sequence[RobustCurve], gaps: Sequence[RobustGap], said: GapPhrases = UNDER_ATTACK
) -> None:
    """Draw the gap to speak of with its verdict, or that none was tested.

    Parameters
    ----------
    curves : sequence of RobustCurve
        Of one attack (the worst case) or one certificate, a group each.
    gaps : sequence of RobustGap
        The groups that differ most, at each ε.
    said : GapPhrases
        How it is told.
    """
    gap = gap_chosen(gaps)
    if gap is None:
        st.markdown(
            "○ No gap was tested: at least two groups of 10 pictures that differ are needed. Take "
            "more pictures."
        )
        return
    if gap.beyond_chance:
        st.badge("✗ a real gap", color="red")
    else:
        st.badge("△ not beyond chance", color="orange")
    st.markdown(escape(gap_text(curves, gap, said)))
    if more := gap_spread(curves, gaps, gap, said):
        st.markdown(escape(more))
