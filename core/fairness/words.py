"""Gaps in plain language."""

from __future__ import annotations

import math

from core.contracts import (
    TIMES,
    FairnessReport,
    Finding,
    Gap,
    GroupTable,
    attribute_words,
    group_words,
)
from core.fairness.gap_specs import get_gap
from core.fairness.metrics.base import Proportion
from core.fairness.metrics.registry import METRICS

__all__ = ["findings"]

_ORDER = ("flag", "insufficient evidence", "pass", "excluded")


def findings(report: FairnessReport) -> tuple[Finding, ...]:
    """Return every gap as a sentence or two, those that are flagged first, larger gaps first."""
    ordered = sorted(
        report.gaps,
        key=lambda gap: (_ORDER.index(gap.verdict), -_or_zero(gap.difference)),
    )
    return tuple(
        Finding(gap.attribute, gap.metric, gap.verdict, _text(gap, report)) for gap in ordered
    )


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _text(gap: Gap, report: FairnessReport) -> str:
    name = _name(gap.metric)
    if gap.verdict == "excluded":
        by = attribute_words(gap.attribute)
        return f"{name} by {by} was not compared. {gap.why_excluded}"
    n_tests = sum(not math.isnan(each.p) for each in report.gaps)
    sentences = [
        f"{_sizes(gap, report.table(gap.attribute), name)} The gap is {_points(gap.difference)}, "
        f"{1 - gap.alpha:.0%} interval {100 * gap.low:.0f} to {100 * gap.high:.0f}; p "
        f"{_p(gap.p_adjusted)}, adjusted over {n_tests} gaps."
    ]
    sentences.append(_conclusion(gap))
    if gap.below_four_fifths:
        sentences.append(
            f"The ratio, {gap.ratio:.2f}, is below four fifths: a screening line, not a finding."
        )
    return " ".join(sentences)


def _name(metric: str) -> str:
    base, bar, condition = metric.partition("|")
    if bar:
        return f"Conditional parity given {attribute_words(condition)}"
    base, bracket, rest = base.partition("[")
    name = get_gap(base).name
    return f"{name} of “{rest[:-1]}”" if bracket else name


def _sizes(gap: Gap, table: GroupTable, name: str) -> str:
    """Say how the two ends of the gap come about, as counts where it is a rate's."""
    metric = gap.part or gap.metric
    by, lowest, highest = (
        attribute_words(gap.attribute), group_words(gap.lowest), group_words(gap.highest),
    )  # fmt: skip
    rate = METRICS.get(metric.split("[")[0])
    if metric not in table.metrics or not isinstance(rate, Proportion):
        return f"{name} by {by}: largest in {highest}, smallest in {lowest}."
    ends = [table.rate(group, metric) for group in (gap.lowest, gap.highest)]
    counts = [f"{end.k:.10g} of {end.n:.10g} ({end.value:.0%})" for end in ends]
    of = f" ({rate.name[0].lower()}{rate.name[1:]})" if gap.part else ""
    return (
        f"{name}{of}: of the {rate.noun} with {_who(gap.attribute, gap.lowest)}, {counts[0]} "
        f"{rate.event}; with {_who('', gap.highest)}, {counts[1]}."
    )


def _who(attribute: str, group: str) -> str:
    """Return a group with its attributes, or alone; where attributes meet, one after the other."""
    names, parts = attribute.split(TIMES), group.split(TIMES)
    if not attribute:
        return " and ".join(map(group_words, parts))
    if len(names) != len(parts):
        return f"{attribute_words(attribute)} {group_words(group)}"
    return " and ".join(
        f"{attribute_words(name)} {group_words(part)}"
        for name, part in zip(names, parts, strict=True)
    )


def _noun(gap: Gap) -> str:
    rate = METRICS.get((gap.part or gap.metric).split("[")[0])
    return rate.noun if isinstance(rate, Proportion) else "rows of each class"


def _points(difference: float) -> str:
    points = 100 * difference
    return f"{points:.0f} points" if points >= 1.5 else f"{points:.1f} points"


def _p(value: float) -> str:
    return "below .001" if value < 0.001 else f"{value:.3f}".replace("0.", ".", 1)


def _conclusion(gap: Gap) -> str:
    tolerated = f"{100 * gap.tolerance:.0f} points"
    if gap.verdict == "flag":
        return f"It is larger than the {tolerated} that are tolerated."
    if gap.verdict == "pass":
        return f"It is within the {tolerated} that are tolerated."
    if gap.needed_n is None:
        return "That is not enough to tell."
    return (
        f"That is not enough to tell whether it exceeds {tolerated}; about {gap.needed_n} "
        f"{_noun(gap)} in each group would be."
    )
