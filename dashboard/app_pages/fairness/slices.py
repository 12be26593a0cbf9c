"""The worst slices: combinations of up to three attributes, each with a name and an address."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from core.contracts import FairnessReport, MetricName, SliceFinding, SliceReport
from dashboard import glossary, services, slice_choice
from dashboard.app_pages.fairness import rows, slice
from dashboard.app_pages.fairness.source import AuditedData
from dashboard.fairness_text import STATUS, count, metric_name, span
from dashboard.formatting import escape, percent
from dashboard.guard import guarded
from dashboard.run_text import points
from dashboard.session_jobs import session_jobs
from dashboard.widgets import progress

__all__ = ["draw"]

_SHOWN = 8
_ASKED, _METRIC = "fairness slices asked", "fairness slices metric"
_COLOURS = {"bad": "red", "good": "green", "unsure": "orange", "muted": "gray"}


def draw(report: FairnessReport, audited: AuditedData, rate: str) -> None:
    """Draw the search, folded unless a slice is looked at."""
    chosen = slice_choice.current()
    fold = st.expander(
        "Where is it worst?", icon=":material/search:", key="fairness slices",
        expanded=bool(chosen.conditions), on_change="rerun",
    )  # fmt: skip
    if not fold.open:
        return
    with fold:
        slice.saved(audited)
        if chosen.conditions:
            slice.one(chosen, audited)
        _search(report, audited, rate)


def _metric(report: FairnessReport, rate: str) -> str:
    """Return the rate that slices are searched for: the one looked at, if it is counted."""
    whole = report.overall
    counted = [
        metric
        for metric in (rate, "accuracy", *whole.metrics)
        if metric in whole.metrics and not math.isnan(whole.rate(whole.groups[0], metric).k)
    ]
    return counted[0]


# ---- the search


def _search(report: FairnessReport, audited: AuditedData, rate: str) -> None:
    metric = _metric(report, rate)
    groups = _groups(audited)
    st.markdown(
        f"Every combination of up to three values of {len(groups)} attributes, against all other "
        f"rows, by **{escape(metric_name(metric))}**.",
        help=glossary.explain("slice"),
    )
    st.session_state[_METRIC] = metric
    _asked({**audited.options, "groups": groups}, metric, audited, "Search for the worst slices")


def _groups(audited: AuditedData) -> tuple[str, ...]:
    return audited.attributes if audited.model else audited.groups


def confirm(audited: AuditedData) -> None:
    """Draw the test of the slice that is looked at, alone, on the confirming half."""
    chosen = slice_choice.current()
    if not chosen.conditions:
        return
    metric = st.session_state.get(_METRIC, "accuracy")
    st.markdown(
        f"Or confirm the slice **{escape(slice_choice.words(chosen))}** alone, by "
        f"**{escape(metric_name(metric))}**, in place of the gaps."
    )
    options = {**audited.options, "groups": _groups(audited), "only": (chosen,)}
    _asked(options, metric, audited, "Confirm this slice, once")


@guarded()
def _asked(options: dict[str, Any], metric: str, audited: AuditedData, label: str) -> None:
    """Draw the click that asks for slices, and what was found."""
    request = services.fairness_slices_request(
        options, metric=metric, table=audited.table, model=audited.model
    )
    if not progress.asked_for(
        request.key, label, place=_ASKED, button="search slices", icon=":material/search:"
    ):
        return
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, SliceReport):
        rows.said(request, answer.result.taken)
        _found(answer.result)
    else:
        progress.unfinished(answer, "Slices", place="slices", ended="The search")


def _found(found: SliceReport) -> None:
    shown = [finding for finding in found.findings if _is_worse(finding, found.metric)][:_SHOWN]
    if not shown:
        st.markdown("No slice that is large enough to be looked at does worse than the rest.")
    for finding in shown:
        chosen = finding.slice == slice_choice.current()
        _finding(finding, rows.exploratory(found.taken), selected=chosen)
    words = (
        f"{count(found.n_slices)} slices were tested, {count(found.n_small)} more were too small; "
        "those that do better than the rest are not listed. "
        f"All rows: {percent(found.overall)}. {found.family.rstrip('.')}."
    )
    st.caption(escape(words))


def _is_worse(finding: SliceFinding, metric: str) -> bool:
    """Whether the slice does worse than the rest; any difference, where neither end is better."""
    card = services.fairness_metrics().get(MetricName.parse(metric).base)
    if card is None or card.higher_is_better is None:
        return True
    return (finding.difference < 0) == card.higher_is_better


def _finding(finding: SliceFinding, suffix: str, *, selected: bool) -> None:
    symbol, word, tone = STATUS[finding.verdict]
    word += suffix
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"slice/{finding.slice.text}"
    ):
        st.badge(f"{symbol} {word}", color=_COLOURS[tone], width="content")  # type: ignore[arg-type]
        st.markdown(
            f"**{escape(slice_choice.words(finding.slice))}** · {percent(finding.value)} "
            f"({count(finding.k)} of {count(finding.of)}), elsewhere {percent(finding.rest)} · "
            f"{points(finding.difference)} points ("
            f"{span(finding.low, finding.high, finding.tolerance)})"
            + (" · :gray[a wider slice explains it as well]" if finding.within else ""),
            width="stretch",
        )
        st.button(
            "Shown above" if selected else "Open", key=f"open slice/{finding.slice.text}",
            type="tertiary", icon=":material/open_in_new:", disabled=selected,
            on_click=slice_choice.change, args=(finding.slice.text,),
        )  # fmt: skip
