"""Gaps in plain language."""

from __future__ import annotations

import math

from core.contracts import (
    Comparisons,
    FairnessReport,
    Finding,
    Gap,
    GroupGap,
    GroupTable,
    MetricName,
    attribute_name,
    count_text,
    decimals_beside,
    group_name,
)
from core.fairness.gaps.specs import get_gap
from core.fairness.metrics.base import Proportion
from core.fairness.metrics.registry import METRICS

__all__ = ["comparisons", "findings"]

_ORDER = ("flag", "insufficient evidence", "pass", "excluded")


def findings(report: FairnessReport) -> tuple[Finding, ...]:
    """Return every gap as a sentence or two: flagged ones first, then by evidence, then by size."""
    ordered = sorted(
        report.gaps,
        key=lambda gap: (
            _ORDER.index(gap.verdict), -_or_zero(gap.low), -_or_zero(gap.difference),
        ),
    )  # fmt: skip
    return tuple(
        Finding(gap.attribute, gap.metric, gap.verdict, _text(gap, report)) for gap in ordered
    )


def comparisons(report: FairnessReport) -> tuple[Finding, ...]:
    """Return each group against the reference that was asked for, the most evidence first."""
    kept = {(block.attribute, block.metric, block.kind) for block in _chosen(report)}
    return tuple(
        Finding(pair.attribute, pair.metric, pair.verdict, _comparison(pair, report))
        for pair in report.pairs
        if (pair.attribute, pair.metric, pair.kind) in kept
    )


def _n_pairs(report: FairnessReport) -> int:
    return sum(len(block.groups) for block in report.comparisons)


def _chosen(report: FairnessReport) -> list[Comparisons]:
    gaps = dict.fromkeys((block.attribute, block.metric) for block in report.comparisons)
    found = (report.against(*gap) for gap in gaps)
    return [block for block in found if block is not None]


_KINDS = {"largest": " (the largest group)", "best": " (the best group)", "rest": "", "named": ""}


def _comparison(pair: GroupGap, report: FairnessReport) -> str:
    table, metric = report.table(pair.attribute), pair.metric
    other = "all others together" if pair.kind == "rest" else _who(table, pair.reference)
    own = ""
    if metric in table.metrics and not math.isnan(table.rate(pair.group, metric).k):
        rate = table.rate(pair.group, metric)
        own = f", {rate.k:.10g} of {rate.n:.10g} ({rate.value:.0%})"
    low, high = (_signed(end, beside=pair.tolerance) for end in (pair.low, pair.high))
    return (
        f"{_name(metric)}: {_who(table, pair.group, named=True)}{own}, against {other}"
        f"{_KINDS[pair.kind]}: {_signed(pair.difference)} points, {1 - pair.alpha:.0%} interval "
        f"{low} to {high} ({pair.p_text}), adjusted over "
        f"{count_text(_n_pairs(report), 'comparison')}."
        + (f" {pair.coverage}" if pair.excluded else "")
    )


def _signed(difference: float, *, beside: float = math.inf) -> str:
    points = 100 * difference
    if abs(points) < 0.05:
        return "0"
    decimals = decimals_beside(points, 100 * beside, least=0 if abs(points) >= 1.5 else 1)
    return f"{points:+.{decimals}f}".replace("-", "−")


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _text(gap: Gap, report: FairnessReport) -> str:
    name = _name(gap.metric)
    if gap.verdict == "excluded":
        by = attribute_name(gap.attribute)
        return f"{name} by {by} was not compared. {gap.why_excluded}"
    tested = count_text(sum(not math.isnan(each.p) for each in report.gaps), "gap")
    sentences = [
        _sizes(gap, report.table(gap.attribute), name),
        _gap(gap),
        f"{gap.conclusion.rstrip('.')} ({gap.p_text}, adjusted over {tested}).",
        gap.coverage,
        _needed(gap, weighted=report.weighted),
    ]
    if gap.below_four_fifths:
        sentences.append(
            f"The ratio, {gap.ratio:.2f}, is below four fifths: a screening line, not a finding."
        )
    return " ".join(sentence for sentence in sentences if sentence)


def _pair(gap: Gap) -> tuple[str, str]:
    """Return the two groups to speak of: those with the most evidence where the gap is flagged."""
    if gap.verdict == "flag" and gap.strongest is not None:
        return gap.strongest.lower, gap.strongest.higher
    return gap.lowest, gap.highest


def _gap(gap: Gap) -> str:
    interval = f"{1 - gap.alpha:.0%} interval {_span(gap.low, gap.high, gap.tolerance)}"
    lower, higher = _pair(gap)
    if gap.difference == 0:
        return f"There is no gap in these rows, {interval}."
    if gap.strongest is None or {lower, higher} == {gap.lowest, gap.highest}:
        return f"The gap is {_points(gap.difference)}, {interval}."
    own = gap.strongest
    return (
        f"They are {_points(own.difference)} apart, {1 - gap.alpha:.0%} interval "
        f"{_span(own.low, own.high, gap.tolerance)}; the largest gap, between "
        f"{group_name(gap.highest)} and {group_name(gap.lowest)}, is "
        f"{_points(gap.difference)}, {interval}."
    )


def _span(low: float, high: float, tolerance: float) -> str:
    """Return an interval in whole points, with decimals where they say which side an end is on."""
    ends = (100 * low, 100 * high)
    return " to ".join(f"{e:.{decimals_beside(e, 100 * tolerance, least=0)}f}" for e in ends)


def _name(metric: str) -> str:
    asked = MetricName.parse(metric)
    if asked.given:
        return f"Conditional parity given {attribute_name(asked.given)}"
    name = get_gap(asked.base).name
    return f"{name} of “{asked.of}”" if asked.of else name


def _sizes(gap: Gap, table: GroupTable, name: str) -> str:
    """Say how the two ends of the gap come about, as counts where it is a rate's."""
    metric = gap.part or gap.metric
    by, pair = attribute_name(gap.attribute), _pair(gap)
    lowest, highest = (group_name(group) for group in pair)
    rate = METRICS.get(MetricName.parse(metric).base)
    if metric not in table.metrics or not isinstance(rate, Proportion):
        return f"{name} by {by}: largest in {highest}, smallest in {lowest}."
    ends = [table.rate(group, metric) for group in pair]
    counts = [f"{end.k:.10g} of {end.n:.10g} ({end.value:.0%})" for end in ends]
    of = f" ({rate.name[0].lower()}{rate.name[1:]})" if gap.part else ""
    return (
        f"{name}{of}: of the {rate.noun} with {_who(table, pair[0], named=True)}, {counts[0]} "
        f"{rate.event}; with {_who(table, pair[1])}, {counts[1]}."
    )


def _who(table: GroupTable, group: str, *, named: bool = False) -> str:
    """Return a group, its attributes named or not; where they meet, one after the other."""
    values = zip(table.attributes, table.parts[table.groups.index(group)], strict=True)
    return " and ".join(
        f"{attribute_name(name)} {group_name(part)}" if named else group_name(part)
        for name, part in values
    )


def _nouns(gap: Gap) -> list[str]:
    """Return what is counted below the line of a gap; of several rates, of each."""
    if gap.name.given:
        return [f"rows of each value of {attribute_name(gap.name.given)}"]
    rates = [METRICS.get(part) for part in get_gap(gap.name.base).parts]
    known = [rate.noun for rate in rates if isinstance(rate, Proportion)]
    return list(dict.fromkeys(known)) or ["rows of each class"]


def _points(difference: float) -> str:
    points = 100 * difference
    return f"{points:.0f} points" if points >= 1.5 else f"{points:.1f} points"


def _needed(gap: Gap, *, weighted: bool) -> str:
    if gap.too_near:
        return (
            "As many rows are enough for groups that do not differ; the nearer a gap lies to the "
            "tolerance, the more it takes."
        )
    if gap.needed_n is None:
        return ""
    nouns = [f"effective {noun}" if weighted else noun for noun in _nouns(gap)]
    kinds = " and as many ".join(nouns)
    return f"About {gap.needed_n} {kinds} in each group would be enough, if they do not differ."
