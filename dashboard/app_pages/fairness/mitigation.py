"""Deciding anew so that groups are treated more alike: before and after, on rows held out."""

from __future__ import annotations

import math

import streamlit as st

from core.contracts import (
    CONSTRAINTS,
    MITIGATORS,
    FairnessReport,
    Mitigation,
    attribute_name,
    exactly,
    group_name,
)
from dashboard import glossary, services
from dashboard.app_pages.fairness import rows as rows_part
from dashboard.app_pages.fairness.source import AuditedData
from dashboard.fairness_text import STATUS, count, counted, estimate, gap_name, metric_name, span
from dashboard.formatting import escape, percent
from dashboard.guard import guarded
from dashboard.run_text import points
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress
from dashboard.widgets.side_table import Row, side_table

__all__ = ["draw"]

_ASKED = "fairness mitigation asked"
_RULES = {
    "group_thresholds": "A threshold for each group",
    "threshold_optimizer": "Fairlearn's ThresholdOptimizer",
}
_RATES = ("selection_rate", "tpr", "fpr", "accuracy")


def draw(report: FairnessReport, audited: AuditedData, by: str) -> None:
    """Draw it, folded."""
    fold = st.expander(
        "Would other decisions be fairer? Before and after", icon=":material/compare_arrows:",
        key="fairness mitigation", on_change="rerun",
    )  # fmt: skip
    if not fold.open:
        return
    with fold:
        why = _why_not(report, by)
        if why:
            st.markdown(why)
            return
        _ask_and_draw(audited, by)


def confirm(audited: AuditedData) -> None:
    """Draw other decisions for the confirming half, folded: in place of its audit."""
    options = audited.options
    if not audited.groups or not (audited.model or (options["score"] and options["label"])):
        return
    fold = st.expander(
        "Or judge other decisions there, in place of the gaps", icon=":material/compare_arrows:",
        key="confirm mitigation", on_change="rerun",
    )  # fmt: skip
    if fold.open:
        with fold:
            by = st.selectbox(
                "Groups", audited.groups, key="mitigation attribute", format_func=attribute_name
            )
            _ask_and_draw(audited, by)


def _why_not(report: FairnessReport, by: str) -> str:
    if not report.calibrations:
        return "Decisions are made anew from scores and true classes: map a score column above."
    if report.task == "multiclass":
        return "Decisions between two are made anew: choose the positive class under Options."
    if by not in report.columns.groups:
        return f"{escape(attribute_name(by))} is an intersection; choose a single attribute above."
    return ""


@guarded()
def _ask_and_draw(audited: AuditedData, by: str) -> None:
    judged = (
        "Made from the validation pictures, judged on the test pictures."
        if audited.model
        else "Made from the exploring half, judged on the confirming half."
        if audited.options["rows"] == "confirm"
        else "Made from one half of the rows, judged on the other."
    )
    st.markdown(f"Scores stay as they are, decisions change. {judged}")
    left, right = st.columns(2)
    constraint = left.selectbox(
        "What shall be alike", CONSTRAINTS, index=CONSTRAINTS.index("tpr"),
        key="mitigation constraint", format_func=gap_name, help=glossary.explain("gap"),
    )  # fmt: skip
    mitigator = right.selectbox(
        "Decided by", MITIGATORS, key="mitigation rule", format_func=_RULES.__getitem__
    )
    asked = {"attribute": by, "constraint": constraint, "mitigator": mitigator}
    request = services.mitigation_request(
        {**audited.options, **asked}, table=audited.table, model=audited.model
    )
    icon = ":material/compare_arrows:"
    if not progress.asked_for(
        request.key, "Decide anew", place=_ASKED, button="mitigate", icon=icon
    ):
        return
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, Mitigation):
        rows_part.said(request, answer.result.before.taken)
        _found(services.public_report(answer.result, table=audited.table, model=audited.model))
    else:
        progress.unfinished(answer, "Deciding anew", place="mitigation")


# ---- before and after


def _found(found: Mitigation) -> None:
    before, after = found.before, found.after
    side_table(
        ["Before", "After"],
        [
            _gap_row(found, before, after),
            *(_overall(metric, before, after) for metric in ("accuracy", "selection_rate")),
            *_groups(found, before, after),
        ],
    )
    thresholds = ", ".join(
        f"{group_name(group)} from {exactly(value)}" if math.isfinite(value)
        else f"{group_name(group)} never, since {found.never[group]}"
        for group, value in found.thresholds.items()
    )  # fmt: skip
    words = [
        f"{found.rule.rstrip('.')}.",
        f"Selected are: {thresholds}." if thresholds else "",
        _coverage(found),
        f"Decided from {counted(found.n_fit, 'row')}, judged on {counted(after.n, 'other')}. "
        "Different rules for different groups may not be lawful.",
    ]
    st.caption(escape(" ".join(word for word in words if word)))
    st.code(found.command, language=None, wrap_lines=True)


def _coverage(found: Mitigation) -> str:
    """Say whom the verdict on the decisions as they would be does not cover."""
    same = ((found.attribute, found.constraint),)
    gaps = [g for g in found.after.gaps if (g.attribute, g.metric) in same]
    return " ".join(gap.coverage for gap in gaps if gap.coverage)


def _gap_row(found: Mitigation, before: FairnessReport, after: FairnessReport) -> Row:
    values, notes = [], []
    for report in (before, after):
        gap = next(
            (
                g
                for g in report.gaps
                if (g.attribute, g.metric) == (found.attribute, found.constraint)
            ),
            None,
        )
        if gap is None or gap.verdict == "excluded":
            values.append("not compared")
            notes.append("" if gap is None else gap.why_excluded)
            continue
        symbol, word, _ = STATUS[gap.verdict]
        values.append(f"{points(gap.difference)} points")
        notes.append(f"{span(gap.low, gap.high, gap.tolerance)} · {symbol} {word}")
    return Row(f"Gap: {gap_name(found.constraint)}", values, notes, strong=True)


def _overall(metric: str, before: FairnessReport, after: FairnessReport) -> Row:
    rates = [report.overall.rate(report.overall.groups[0], metric) for report in (before, after)]
    return Row(
        f"{metric_name(metric)}, all",
        [estimate(rate, share=True) for rate in rates],
        [f"{percent(rate.low)} to {percent(rate.high)}" for rate in rates],
    )


def _groups(found: Mitigation, before: FairnessReport, after: FairnessReport) -> list[Row]:
    """Return the rate that shall be alike, group by group."""
    metric = found.constraint if found.constraint in _RATES else "tpr"
    tables = [report.table(found.attribute) for report in (before, after)]
    rows = []
    for group in tables[0].groups:
        rates = [table.rate(group, metric) for table in tables if group in table.groups]
        rows.append(
            Row(
                f"{metric_name(metric)}, {group_name(group)}",
                [estimate(rate, share=True) for rate in rates],
                [f"{count(rate.k)} of {count(rate.n)}" for rate in rates],
            )
        )
    return rows
