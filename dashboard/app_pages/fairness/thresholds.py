"""What other thresholds would do: ROC curves by group, a slider each, and what parity costs."""

from __future__ import annotations

import math

import streamlit as st

from core.contracts import (
    FairnessReport,
    ScoreCurves,
    ThresholdEffect,
    attribute_name,
    count_text,
    group_name,
)
from dashboard import glossary, services
from dashboard.fairness_text import count, estimate, metric_name
from dashboard.figures.by_score import cost, roc
from dashboard.formatting import escape, percent
from dashboard.run_text import points
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.side_table import Row, side_table

__all__ = ["draw"]

_SHOWN = ("selection_rate", "tpr", "fpr", "accuracy")
_CONSTRAINTS = ("tpr", "selection_rate", "fpr")
_MOST_SLIDERS = 8


def draw(report: FairnessReport, by: str) -> None:
    """Draw the explorer, folded."""
    fold = st.expander(
        "What would other thresholds do?", icon=":material/tune:", key="fairness thresholds",
        on_change="rerun",
    )  # fmt: skip
    if not fold.open:
        return
    with fold:
        curves = next((each for each in report.curves if each.attribute == by), None)
        if curves is None:
            st.markdown(_why_not(report, by))
        elif len(curves.groups) > _MOST_SLIDERS:
            st.markdown(
                f"{escape(attribute_name(by))} has {count_text(len(curves.groups), 'group')}; up "
                f"to {_MOST_SLIDERS} can be moved here. Choose an attribute with fewer."
            )
        else:
            _explore(report, curves)


def _why_not(report: FairnessReport, by: str) -> str:
    if not report.calibrations:
        return "Thresholds need scores and true classes: map a score column above."
    if report.task == "multiclass":
        return "Thresholds need one positive class: choose it under Options."
    return f"{escape(attribute_name(by))} is an intersection; choose a single attribute above."


def _explore(report: FairnessReport, curves: ScoreCurves) -> None:
    st.markdown(
        "Who scores at least the threshold is selected. Move each group's threshold: the counts "
        "are exact, nothing is trained again."
    )
    sliders, picture = st.columns([1, 1.4], gap="large")
    with sliders:
        wanted = {
            group: st.slider(
                escape(group_name(group)), 0.0, 1.0, report.columns.threshold, 0.01,
                key=f"fairness slider/{curves.attribute}/{group}",
            )
            for group in curves.groups
        }  # fmt: skip
    effect = services.threshold_effect(report, curves, wanted)
    with picture:
        chart(
            roc(curves, effect.thresholds, mode=current_mode()),
            key="fairness roc",
            alt="ROC curves by group, a mark at each threshold",
        )
        st.caption("Marks: where the thresholds are now.", help=glossary.explain("roc curve"))
    _effect(effect)
    _parity(report, curves)
    st.caption(
        "Looked at on the rows that are audited, so it flatters what is chosen here: "
        "`python -m core mitigate` makes such decisions on one part of the data and judges them "
        "on another. Different thresholds for different groups may not be lawful."
    )


def _effect(effect: ThresholdEffect) -> None:
    overall = effect.overall.groups[0]
    columns = [*map(group_name, effect.table.groups), "All", "Largest gap"]
    rows = []
    for metric in _SHOWN:
        own = [effect.table.rate(group, metric) for group in effect.table.groups]
        own.append(effect.overall.rate(overall, metric))
        gap = effect.differences[metric]
        rows.append(
            Row(
                metric_name(metric),
                [
                    *(estimate(rate, share=True) for rate in own),
                    "not estimable" if math.isnan(gap) else f"{points(gap)} points",
                ],
                [f"{count(rate.k)} of {count(rate.n)}" for rate in own],
            )
        )
    side_table(columns, rows)


def _parity(report: FairnessReport, curves: ScoreCurves) -> None:
    st.markdown("**What parity costs**: the best accuracy, if the gap may be only so large")
    constraint = st.segmented_control(
        "Parity of", _CONSTRAINTS, format_func=metric_name, default="tpr", required=True,
        key="fairness constraint", label_visibility="collapsed",
    )  # fmt: skip
    found = services.parity_cost(report, curves, constraint or "tpr")
    chart(
        cost(found, mode=current_mode()),
        key="fairness cost",
        alt="Best accuracy against the gap that is allowed",
    )
    words = f"Dotted: without any bound, {percent(found.best_accuracy)}."
    none = found.accuracy[0]
    if not math.isnan(none):
        words += f" Without any gap: {percent(float(none))}."
    st.caption(escape(words))
