"""Groups of one attribute: their table, their gaps, and the intersections they take part in."""

from __future__ import annotations

import math

import streamlit as st

from core.contracts import (
    TIMES,
    UNKNOWN,
    Comparisons,
    FairnessReport,
    Gap,
    GroupTable,
    MetricName,
    attribute_name,
    group_name,
)
from dashboard import glossary, services
from dashboard.app_pages.fairness import page_choice
from dashboard.fairness_text import (
    STATUS,
    GroupStatus,
    confidence,
    count,
    estimate,
    gap_name,
    gap_of,
    left_out_text,
    metric_name,
    reference_text,
    span,
)
from dashboard.figures.gaps import GapRow, forest
from dashboard.formatting import better, escape
from dashboard.run_text import points
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.group_table import Cell, GroupRow, group_table, heat_table

__all__ = ["gaps", "intersections", "table"]

_SORTS = {
    "worst": "Most evidence first",
    "value": "Lowest value first",
    "size": "Largest group first",
    "name": "By name",
}
_MOST_ROWS = 40
_UNSHARED = ("mcc", "generalized_entropy", "theil")


def _is_share(metric: str) -> bool:
    return MetricName.parse(metric).base not in _UNSHARED


# ---- the table


def table(report: FairnessReport, by: str, rate: str) -> None:
    """Draw the groups of an attribute with one rate."""
    found, gap = report.table(by), gap_of(report, by, rate)
    card = services.fairness_metrics().get(MetricName.parse(rate).base)
    if card is not None:
        st.markdown(
            f"**{escape(metric_name(rate))}**: {escape(card.summary)} "
            f":gray[{better(card.higher_is_better)}]"
        )
    against = report.against(by, rate)
    rows = {group: _row(report, found, group, rate) for group in found.groups}
    order = _sorted(found, rate, against)
    overall = report.overall.rate(report.overall.groups[0], rate).value
    share = _is_share(rate)
    group_table(
        [rows[group] for group in order[:_MOST_ROWS]],
        head=("group", metric_name(rate), f"{confidence(report.rules.alpha)} interval, 0 to 100 %",
              "against the reference, points"),
        overall=overall if share else math.nan,
        kind="share" if share else "score",
        mode=current_mode(),
    )  # fmt: skip
    words = ["Thin mark: all rows together, " + estimate(
        report.overall.rate(report.overall.groups[0], rate), share=share) + "."]  # fmt: skip
    if against is not None:
        words.append(f"Held against {reference_text(against)}.")
    if gap is not None and gap.coverage:
        words.append(gap.coverage)
    if len(order) > _MOST_ROWS:
        words.append(f"{len(order) - _MOST_ROWS} more groups are in the downloads.")
    st.caption(escape(" ".join(words)))


def _row(report: FairnessReport, found: GroupTable, group: str, rate: str) -> GroupRow:
    own = found.rate(group, rate)
    n = int(found.n[found.groups.index(group)])
    value = estimate(own, share=_is_share(rate))
    counts = "" if math.isnan(own.k) else f"{count(own.k)} of {count(own.n)}"
    if report.weighted and counts:
        counts += f", effective n {count(round(own.n_effective, 1))}"
    status, note = _status(report, found.attribute, rate, group)
    return GroupRow(
        name=group_name(group),
        size=f"n = {count(n)}",
        value=value,
        counts=counts or own.reason,
        ends=(own.low, own.value, own.high),
        status=status,
        note=note or (own.reason if math.isnan(own.value) else ""),
    )


def _status(report: FairnessReport, by: str, rate: str, group: str) -> tuple[GroupStatus, str]:
    gap, against = gap_of(report, by, rate), report.against(by, rate)
    if gap is None:
        return "untested", ""
    pair = next((each for each in against or () if each.group == group), None)
    left_out = gap.excluded.get(group)
    note = "" if left_out is None else left_out.words
    if pair is not None:
        numbers = f"{points(pair.difference)} ({span(pair.low, pair.high, pair.tolerance)})"
        hidden = ", ".join(map(group_name, pair.excluded))
        words = (numbers, note, hidden and f"not covered: {hidden}")
        return pair.verdict, "; ".join(filter(None, words))
    if note:
        return "excluded", note
    if gap.verdict == "excluded":
        return "excluded", gap.why_excluded
    if against is not None and group == against.reference:
        return "reference", ""
    return "untested", ""


def _sorted(found: GroupTable, rate: str, against: Comparisons | None) -> list[str]:
    key = "fairness sort"
    chosen = st.segmented_control(
        "Order", list(_SORTS), format_func=_SORTS.__getitem__, default="worst", required=True,
        key=key, label_visibility="collapsed",
    )  # fmt: skip
    away = {pair.group: (pair.evidence, abs(pair.difference)) for pair in against or ()}

    def place(group: str) -> tuple[float, float]:
        value = found.rate(group, rate).value
        if chosen == "size":
            return -float(found.n[found.groups.index(group)]), 0.0
        if chosen == "value":
            return math.inf if math.isnan(value) else value, 0.0
        evidence, size = away.get(group, (-2.0, -1.0))
        return -evidence, -size

    groups = list(found.groups)
    return groups if chosen == "name" else sorted(groups, key=place)


# ---- gaps


def gaps(report: FairnessReport, by: str, rate: str) -> None:
    """Draw all gaps of an attribute, and each group against the reference."""
    own = [gap for gap in report.gaps if gap.attribute == by]
    if not own:
        return
    one = report.against(by, rate)
    pairs = sorted(one or (), key=lambda pair: (-pair.evidence, -abs(pair.difference)))
    st.subheader(
        f"Gaps by {escape(attribute_name(by))}", anchor=False, help=glossary.explain("gap")
    )
    places = st.columns(2, gap="large") if pairs else [st.container()]
    with places[0]:
        st.markdown("**Every gap that was tested**: the largest difference between groups")
        _forest(
            [GapRow(gap_name(g.metric), g.difference, g.low, g.high, g.verdict) for g in own],
            report, key="fairness gaps",
        )  # fmt: skip
    if one is not None and pairs:
        with places[1]:
            st.markdown(
                f"**{escape(metric_name(rate))}**: each group against "
                f"{escape(reference_text(one))}, the most evidence first"
            )
            _forest(
                [
                    GapRow(group_name(p.group), p.difference, p.low, p.high, p.verdict)
                    for p in pairs[:_MOST_ROWS]
                ],
                report, key="fairness pairs",
            )  # fmt: skip
            _reference(report, by)
            notes = (left_out_text(pairs[:_MOST_ROWS]), report.comparisons_note(by, rate))
            for note in filter(None, notes):
                st.caption(escape(note))
    st.caption(
        escape(
            f"Shaded: differences of up to {points(report.rules.tolerance)} points, which are "
            "tolerated. Flagged: the whole bar lies beyond; within tolerance: the whole bar lies "
            "inside, of every group that has rows. " + _screened(own)
        )
    )


_REFERENCES = {
    "largest": "the largest group", "best": "the best group", "rest": "all others together",
}  # fmt: skip


def _reference(report: FairnessReport, by: str) -> None:
    """Draw the choice of what groups are held against."""
    key, groups = "fairness reference", _namable(report, by)
    asked = report.rules.reference
    chosen = asked if asked in groups else asked.removeprefix("=")
    st.selectbox(
        "Held against", [*_REFERENCES, *groups], help=glossary.explain("reference"),
        format_func=lambda name: _REFERENCES.get(name) or _spoken(name),
        **page_choice.bind(
            key, "reference", chosen if chosen in (*_REFERENCES, *groups) else "largest"
        ),
    )  # fmt: skip


def _namable(report: FairnessReport, by: str) -> list[str]:
    """Return the groups as they are named as reference: one called "best" is "=best"."""
    groups = [group for group in report.table(by).groups if group != UNKNOWN]
    return [f"={group}" if group in _REFERENCES else group for group in groups]


def _spoken(name: str) -> str:
    own = name.removeprefix("=")
    return f"{group_name(own)}, the group" if own in _REFERENCES else group_name(name)


def _forest(rows: list[GapRow], report: FairnessReport, *, key: str) -> None:
    tolerance = report.rules.tolerance
    spoken = [f"{r.name}: {points(r.difference)} points, {span(r.low, r.high, tolerance)}, "
              f"{r.verdict}" for r in rows if not math.isnan(r.low)]  # fmt: skip
    chart(
        forest(rows, tolerance=tolerance, mode=current_mode()),
        key=key,
        alt="Gaps. " + "; ".join(spoken),
    )


def _screened(own: list[Gap]) -> str:
    below = [f"{gap_name(g.metric)} {g.ratio:.2f}" for g in own if g.below_four_fifths]
    if not below:
        return ""
    return (
        f"Ratio below four fifths: {', '.join(below)}. That is a screening line, never a verdict."
    )


# ---- intersections


def intersections(report: FairnessReport, by: str, rate: str) -> None:
    """Draw a heat table of the intersections of two attributes."""
    crossed = [t for t in report.tables if len(t.attributes) == 2 and rate in t.metrics]
    involved = [t for t in crossed if set(by.split(TIMES)) & set(t.attributes)] or crossed
    st.subheader("Intersections", anchor=False, help=glossary.explain("intersection"))
    if not involved:
        st.caption(
            "Two attributes are needed, and Intersections switched on under Options, to see "
            "whether a group fails only where two attributes meet."
        )
        return
    chosen = involved[0]
    if len(involved) > 1:
        name = st.selectbox(
            "Intersection", [t.attribute for t in involved], key="fairness crossed",
            format_func=attribute_name, label_visibility="collapsed",
        )  # fmt: skip
        chosen = report.table(name)
    rows, columns = (list(dict.fromkeys(parts)) for parts in zip(*chosen.parts, strict=True))
    rows, columns = (_in_order(report, a, g) for a, g in zip(chosen.attributes, (rows, columns),
                                                             strict=True))  # fmt: skip
    at = dict(zip(chosen.parts, chosen.groups, strict=True))
    cells = [[_cell(report, chosen, at.get((a, b)), rate) for b in columns] for a in rows]
    heat_table(
        [group_name(a) for a in rows], [group_name(b) for b in columns], cells,
        mode=current_mode(),
    )  # fmt: skip
    gap = gap_of(report, chosen.attribute, rate)
    status = "" if gap is None else " ".join(STATUS[gap.verdict][:2])
    words = [
        f"{metric_name(rate)} where {attribute_name(chosen.attributes[0])} (rows) meets "
        f"{attribute_name(chosen.attributes[1])} (columns), k of n below: the deeper the colour, "
        "the higher.",
        f"The largest gap among them: {status}, {points(gap.difference)} points "
        f"({span(gap.low, gap.high, gap.tolerance)})."
        if gap is not None and gap.verdict != "excluded" else "",
        f"Cells with fewer than {report.rules.min_n} in the denominator are not coloured; they are "
        "tested like the others.",
        "" if gap is None else gap.coverage,
    ]  # fmt: skip
    st.caption(escape(" ".join(word for word in words if word)))


def _in_order(report: FairnessReport, attribute: str, groups: list[str]) -> list[str]:
    known = [t.groups for t in report.tables if t.attribute == attribute]
    return [group for group in known[0] if group in groups] if known else groups


def _cell(report: FairnessReport, found: GroupTable, group: str | None, rate: str) -> Cell:
    if group is None:
        return Cell(math.nan, "–", "no rows")
    own = found.rate(group, rate)
    counts = f"n = {count(own.n)}" if math.isnan(own.k) else f"{count(own.k)} of {count(own.n)}"
    if math.isnan(own.value):
        return Cell(math.nan, "–", own.reason)
    if own.n_effective < report.rules.min_n:
        return Cell(math.nan, "too few", counts)
    return Cell(own.value, estimate(own, share=_is_share(rate)), counts)
