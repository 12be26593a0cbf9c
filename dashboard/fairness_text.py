"""Fairness in words: names of metrics and gaps, verdicts, differences. Plain text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from core.contracts import (
    TIMES,
    Comparisons,
    FairnessReport,
    FairnessVerdict,
    Finding,
    Gap,
    GroupGap,
    GroupRate,
    MetricName,
    attribute_name,
    decimals_beside,
    group_name,
)
from dashboard import services
from dashboard.formatting import number, percent
from dashboard.run_text import points

__all__ = [
    "STATUS", "GroupStatus", "chosen_findings", "confidence", "count", "counted", "estimate",
    "gap_name", "gap_of", "left_out_text", "metric_name", "rates_of", "reference_text", "span",
    "largest_gap",
]  # fmt: skip

GroupStatus = Literal["flag", "pass", "insufficient evidence", "excluded", "reference", "untested"]
Tone = Literal["bad", "good", "unsure", "muted"]
STATUS: dict[GroupStatus, tuple[str, str, Tone]] = {
    "flag": ("✗", "flagged", "bad"),
    "pass": ("✓", "within tolerance", "good"),
    "insufficient evidence": ("△", "not enough evidence", "unsure"),
    "excluded": ("○", "excluded", "muted"),
    "reference": ("◇", "reference", "muted"),
    "untested": ("·", "not tested", "muted"),
}
"""Symbol, word and tone of each verdict: never a colour alone."""
_RANK: tuple[FairnessVerdict, ...] = ("flag", "insufficient evidence", "pass", "excluded")


def metric_name(metric: str) -> str:
    """Return what a metric of groups is called."""
    asked = MetricName.parse(metric)
    card = services.fairness_metrics().get(asked.base)
    return _named(asked, asked.base.replace("_", " ") if card is None else card.name)


def gap_name(metric: str) -> str:
    """Return what a gap is called."""
    asked = MetricName.parse(metric)
    if asked.given:
        return f"Conditional parity given {attribute_name(asked.given)}"
    card = services.fairness_gaps().get(asked.base)
    return _named(asked, asked.base.replace("_", " ") if card is None else card.name)


def _named(asked: MetricName, name: str) -> str:
    return f"{name} of “{asked.of}”" if asked.of else name


def count(value: float) -> str:
    """Return a count, or a sum of weights.

    Examples
    --------
    >>> count(600.0), count(12.345)
    ('600', '12.3')
    """
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}") if float(
        value
    ).is_integer() else number(value)  # fmt: skip


def counted(n: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def estimate(rate: GroupRate, *, share: bool) -> str:
    """Return a metric's value."""
    if math.isnan(rate.value):
        return "not estimable"
    return percent(rate.value) if share else number(rate.value)


def confidence(alpha: float) -> str:
    """Return the confidence of intervals.

    Examples
    --------
    >>> confidence(0.05).split()
    ['95', '%']
    """
    return f"{100 * (1 - alpha):g}\N{NO-BREAK SPACE}%"


def span(low: float, high: float, tolerance: float) -> str:
    """Return an interval of a difference in points, each end on its side of the tolerance.

    Examples
    --------
    >>> span(-0.31, 0.0, 0.1), span(-0.104, 0.0998, 0.1)
    ('−31 to 0', '−10.4 to 9.98')
    """
    return f"{_end(low, tolerance)} to {_end(high, tolerance)}"


def _end(end: float, tolerance: float) -> str:
    text = points(end)
    shown = len(text.partition(".")[2])
    decimals = decimals_beside(100 * end, 100 * tolerance, least=shown)
    return text if decimals == shown else f"{100 * end:.{decimals}f}".replace("-", "−")


def reference_text(against: Comparisons) -> str:
    """Return what groups are held against.

    Examples
    --------
    >>> import numpy as np
    >>> none = (np.empty(0),) * 6
    >>> reference_text(Comparisons("g", "tpr", "rest", "rest", (), *none, 0.05, 0.1, ()))
    'all other groups together'
    """
    if against.kind == "rest":
        return "all other groups together"
    named = group_name(against.reference)
    return f"{named}, the {against.kind} group" if against.kind != "named" else named


def left_out_text(pairs: Iterable[GroupGap]) -> str:
    """Return what comparisons leave out: once where it is the same of all, else by group."""
    said = {group_name(pair.group): pair.coverage for pair in pairs}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return " ".join(f"{name}: {coverage}" for name, coverage in said.items() if coverage)


def rates_of(report: FairnessReport, attribute: str) -> list[str]:
    """Return the metrics that a table may be looked at by: those whose gaps are tested first."""
    there = report.table(attribute).metrics
    gaps = [g.metric for g in report.gaps if g.attribute == attribute and g.metric in there]
    return list(dict.fromkeys([*gaps, *there]))


def largest_gap(report: FairnessReport, *, attribute: str = "", single: bool = False) -> Gap | None:
    """Return the gap to begin with: the worst verdict, then counted rates, then most evidence.

    Parameters
    ----------
    attribute : str
        Only its gaps; ``""`` for those of all.
    single : bool
        Leaves intersections out.
    """
    found = [
        gap
        for gap in report.gaps
        if gap.metric in report.table(gap.attribute).metrics
        and attribute in ("", gap.attribute)
        and not (single and TIMES in gap.attribute)
    ]
    return min(found, key=lambda gap: _order(gap, report), default=None)


def gap_of(report: FairnessReport, attribute: str, metric: str) -> Gap | None:
    """Return a gap if it was asked for."""
    same = (g for g in report.gaps if (g.attribute, g.metric) == (attribute, metric))
    return next(same, None)


def _order(gap: Gap, report: FairnessReport) -> tuple[int, bool, float, float]:
    whole = report.overall
    counted = not math.isnan(whole.rate(whole.groups[0], gap.metric).k)
    low, size = (0.0 if math.isnan(each) else each for each in (gap.low, gap.difference))
    return _RANK.index(gap.verdict), not counted, -low, -size


def chosen_findings(findings: Sequence[Finding], most: int = 3) -> list[Finding]:
    """Return the headlines: each attribute's first finding, worst verdicts and single ones first.

    Parameters
    ----------
    findings : sequence of Finding
        Worst first, as they come.
    """
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.attribute, finding)
    ordered = sorted(
        first.values(), key=lambda f: (_RANK.index(f.verdict), f.attribute.count(TIMES))
    )
    return ordered[:most]
