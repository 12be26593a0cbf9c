"""How far two maps agree: the numbers above the stages, the difference map below them."""

from __future__ import annotations

import streamlit as st

from core.contracts import (
    Agreement,
    DifferenceUnit,
    Explanation,
    Input,
    MapComparison,
    OpenedSource,
    Score,
)
from dashboard import glossary, services
from dashboard.formatting import escape, number, percent
from dashboard.views import registry as views

__all__ = ["HEIGHT", "difference", "numbers"]

HEIGHT = 112
_VERDICTS: dict[Agreement, str] = {
    "agree": ":material/check_circle: the maps largely agree",
    "partly": ":material/contrast: the maps agree in part",
    "disagree": ":material/cancel: the maps disagree",
    "unknown": ":material/help: not defined",
}
_NAMES = {
    "spearman": "Rank correlation",
    "overlap": "Strongest tenth shared",
    "ssim": "Structural similarity",
    "pearson": "Linear correlation",
}
_SHARES = ("overlap",)
_UNITS: dict[DifferenceUnit, str] = {
    "raw": "Raw difference: both maps have the same unit.",
    "mean": "The maps have different units, so each was first divided by its mean |value|.",
    "": "",
}
_LIMITS = (
    "**What this can't show:** likeness is not truth. Two maps may agree and both be wrong; which "
    "of them to trust is the question of the evidence card on Inspect. Smooth maps correlate more "
    "easily than fine ones, and neighbouring {site}s resemble each other, so no p-value is given."
)


def numbers(result: MapComparison) -> None:
    """Draw the verdict in words and the figures behind it."""
    if not result.scores:
        st.info(escape(result.words), icon=":material/info:")
        return
    with st.container(horizontal=True, gap="large", key="likeness"):
        for score in result.scores[:3]:
            _metric(score, result.agreement)


def _metric(score: Score, agreement: Agreement) -> None:
    with st.container(width="content", gap=None):
        st.metric(
            _NAMES[score.metric],
            _value(score),
            help=glossary.explain(_NAMES[score.metric].lower()),
            width="content",
        )
        if score.metric == "spearman":
            st.markdown(_VERDICTS[agreement])
        elif score.metric == "overlap":
            st.caption("5 % by chance")


def _value(score: Score) -> str:
    if score.value is None:
        return "–"
    return percent(score.value) if score.metric in _SHARES else number(score.value)


def difference(a: Explanation, b: Explanation, source: OpenedSource, given: Input) -> None:
    """Draw left − right, what its colours mean, and how everything was measured."""
    result = services.comparison(a, b)
    if result.difference is None:
        return
    st.subheader("Where they differ", anchor=False)
    stage, words = st.columns(2, gap="medium")
    with stage:
        views.view(given.modality).difference(source, given, a, b, note=_unit(result))
    with words:
        st.markdown(
            f"{escape(result.words)} Blue: more weight on the left. Orange: more on the right. "
            "Transparent: no difference."
        )
        site = services.modalities()[given.modality].site
        st.markdown(_LIMITS.format(site=escape(site)))
        with st.expander("How this is measured", icon=":material/straighten:"):
            st.markdown("\n".join(_line(score) for score in result.scores))
            st.caption(
                "Agreement is read off the rank correlation: from 0.7 the maps largely agree, from "
                "0.3 in part, below that they disagree. The thresholds are a convention."
            )


def _unit(result: MapComparison) -> str:
    return _UNITS[result.unit] + " Scale: 99th percentile of |difference|."


def _line(score: Score) -> str:
    value = "not defined" if score.value is None else number(score.value)
    reason = f" {score.reason}" if score.reason else ""
    return f"- **{_NAMES[score.metric]}** {value}: {escape(score.protocol + '.' + reason)}"
