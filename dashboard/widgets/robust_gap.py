"""Whether some groups are easier to break, or less is proven of them: badge and sentences."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.contracts import RobustCurve, RobustGap
from dashboard import services
from dashboard.formatting import escape, said_of
from dashboard.robustness_text import UNDER_ATTACK, GapPhrases, gap_chosen, gap_spread, gap_text

__all__ = ["robust_gap"]


def robust_gap(
    curves: Sequence[RobustCurve], gaps: Sequence[RobustGap], said: GapPhrases = UNDER_ATTACK,
    *, model: str,
) -> None:  # fmt: skip
    """Draw the gap to speak of with its verdict, or that none was tested.

    Parameters
    ----------
    curves : sequence of RobustCurve
        Of one attack (the worst case) or one certificate, a group each.
    gaps : sequence of RobustGap
        The groups that differ most, at each ε.
    said : GapPhrases
        How it is told.
    model : str
        Whose gap it is.
    """
    kind = services.kind_of(model)
    gap = gap_chosen(gaps)
    if gap is None:
        st.markdown(
            said_of(
                "○ No gap was tested: at least two groups of 10 pictures that differ are needed. "
                "Take more pictures.",
                kind,
            )
        )
        return
    if gap.beyond_chance:
        st.badge("✗ a real gap", color="red")
    else:
        st.badge("△ not beyond chance", color="orange")
    st.markdown(escape(said_of(gap_text(curves, gap, said), kind)))
    if more := gap_spread(curves, gaps, gap, said):
        st.markdown(escape(said_of(more, kind)))
