"""A finished audit, the headline first: findings, groups, gaps, intersections, calibration."""

from __future__ import annotations

import math

import streamlit as st

from core.contracts import TIMES, UNKNOWN, FairnessReport, GroupTable, attribute_name, group_name
from dashboard import fairness_text, glossary, services
from dashboard.app_pages.fairness import (
    exports,
    groups,
    inequality,
    mitigation,
    page_choice,
    pictures,
    rows,
    slices,
    thresholds,
)
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.app_pages.fairness.source import AuditedData
from dashboard.fairness_text import STATUS, count, counted, estimate, metric_name, rates_of
from dashboard.figures.by_score import MOST_LINES, calibration
from dashboard.formatting import escape, percent, tenths
from dashboard.theme import current_mode
from dashboard.widgets.group_table import Share, shares

__all__ = ["draw"]

_BADGES = {"bad": "red", "good": "green", "unsure": "orange", "muted": "gray"}
_MOST_SHOWN = 12


def draw(report: FairnessReport, audit: FairnessChoice, audited: AuditedData) -> None:
    """Draw the report."""
    _headline(report)
    _distribution(report)
    by, rate = _looked_at(report, audit)
    groups.table(report, by, rate)
    groups.gaps(report, by, rate)
    groups.intersections(report, by, rate)
    _calibration(report, by)
    if services.run(audited.model) is not None:
        pictures.mistakes(audited, by)
    inequality.draw(report)
    thresholds.draw(report, by)
    mitigation.draw(report, audited, by)
    slices.draw(report, audited, rate)
    _limits()
    exports.draw(report)


def _headline(report: FairnessReport) -> None:
    st.subheader("What was found", anchor=False, help=glossary.explain("verdict"))
    for finding in fairness_text.chosen_findings(services.fairness_findings(report)):
        symbol, word, tone = STATUS[finding.verdict]
        with st.container(key=f"finding/{finding.attribute}/{finding.metric}", gap="xsmall"):
            word += rows.exploratory(report.taken)
            st.badge(f"{symbol} {word}", color=_BADGES[tone])  # type: ignore[arg-type]
            st.markdown(escape(finding.text))
    tested = [gap for gap in report.gaps if gap.verdict != "excluded"]
    flagged = sum(gap.verdict == "flag" for gap in tested)
    facts = [counted(report.n, "row"), f"{flagged} of {len(tested)} gaps flagged", report.family]
    if report.weighted:
        facts.insert(1, f"effective number {count(round(report.n_effective, 1))}")
    st.caption(escape(" · ".join(fact.rstrip(".") for fact in facts if fact) + "."))
    for note in report.notes:
        st.info(escape(note), icon=":material/info:")


# ---- who is in the data


def _distribution(report: FairnessReport) -> None:
    st.subheader("Who is in the data", anchor=False, help=glossary.explain("attribute"))
    singles = [table for table in report.tables if TIMES not in table.attribute]
    places = st.columns(min(3, len(singles)), gap="large")
    for i, table in enumerate(singles):
        with places[i % len(places)]:
            shares(attribute_name(table.attribute).capitalize(), _shares(table, report.n))
    missing = {name: n for name, n in report.unknown.items() if n}
    words = ", ".join(f"{attribute_name(name)}: {count(n)}" for name, n in missing.items())
    st.caption(
        escape(f"Without a value, counted as {UNKNOWN}: {words}.")
        if words
        else "Every row has a value of every attribute."
    )


def _shares(table: GroupTable, n: int) -> list[Share]:
    entries = [
        Share(
            group_name(group),
            own / n,
            f"{count(own)} · {percent(own / n)}",
            missing=group == UNKNOWN,
        )
        for group, own in zip(table.groups, table.n.tolist(), strict=True)
    ]
    if len(entries) <= _MOST_SHOWN:
        return entries
    large = sorted(entries, key=lambda entry: -entry.share)
    rest = sum(entry.share for entry in large[_MOST_SHOWN:])
    name = f"{len(entries) - _MOST_SHOWN} smaller ones"
    return [*large[:_MOST_SHOWN], Share(name, rest, f"{count(round(rest * n))} · {percent(rest)}")]


# ---- what is looked at


def _looked_at(report: FairnessReport, audit: FairnessChoice) -> tuple[str, str]:
    """Draw the choice of attribute and rate, and return both."""
    st.subheader("Group by group", anchor=False, help=glossary.explain("gap"))
    attributes = [table.attribute for table in report.tables]
    first = fairness_text.largest_gap(report, single=True)
    by = audit.by if audit.by in attributes else first.attribute if first else attributes[0]
    rates = rates_of(report, by)
    worst = fairness_text.largest_gap(report, attribute=by)
    rate = audit.rate if audit.rate in rates else worst.metric if worst else rates[0]
    st.session_state["fairness by"], st.session_state["fairness rate"] = by, rate
    left, right = st.columns(2)
    left.selectbox(
        "Attribute", attributes, key="fairness by", format_func=attribute_name,
        on_change=lambda: page_choice.change(by=st.session_state["fairness by"]),
    )  # fmt: skip
    right.selectbox(
        "Rate", rates, key="fairness rate", format_func=metric_name,
        on_change=lambda: page_choice.change(rate=st.session_state["fairness rate"]),
    )  # fmt: skip
    return by, rate


# ---- scores


def _calibration(report: FairnessReport, by: str) -> None:
    found = [curve for curve in report.calibrations if curve.attribute == by and len(curve.n)]
    if not found:
        return
    st.subheader("Are its scores right?", anchor=False, help=glossary.explain("calibration"))
    event = "share that is positive" if report.task == "binary" else "share that is right"
    picture, beside = st.columns([1.5, 1], gap="large", vertical_alignment="center")
    picture.plotly_chart(
        calibration(found, event=event, mode=current_mode()),
        theme=None, key="fairness calibration", config={"displayModeBar": False},
        alt="Calibration by group: "
        + "; ".join(f"{c.group}, {len(c.n)} bins of scores" for c in found),
    )  # fmt: skip
    with beside:
        _errors(report, by)
        left = len(found) - MOST_LINES
        words = [
            "Dotted: what scores promise. Bars: Wilson's intervals. Larger marks hold more rows.",
            f"{report.score_bins}.",
            f"{left} more groups are in the downloads." if left > 0 else "",
        ]
        st.caption(escape(" ".join(word for word in words if word)))


def _errors(report: FairnessReport, by: str) -> None:
    table = report.table(by)
    if "ece" not in table.metrics:
        return
    st.markdown("**Expected calibration error**: how far scores are off, on average")
    errors = {group: table.rate(group, "ece") for group in table.groups[:MOST_LINES]}
    shares(
        "",
        [
            Share(
                group_name(group),
                0.0 if math.isnan(error.value) else error.value,
                estimate(error, share=True)
                + (
                    ""
                    if math.isnan(error.low)
                    else f" ({tenths(error.low)} to {tenths(error.high)})"
                ),
            )
            for group, error in errors.items()
        ],
    )


def _limits() -> None:
    st.markdown(
        "**What it can't show:** why a gap is there, or what to do about it. It speaks of these "
        "rows alone: other people, other pictures or another time may differ. A gap that nobody "
        "asked for is not tested, labels are taken for the truth although they may be biased "
        "themselves, and *not enough evidence* is no sign of fairness. It is statistics, no legal "
        "advice."
    )
