"""Accuracy by group: one run's, or several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.contracts import GroupCount, Run
from dashboard import glossary, services
from dashboard.app_pages.models import page_choice
from dashboard.app_pages.models.page_choice import ModelsChoice
from dashboard.figures.rates import group_rates
from dashboard.run_text import attribute_name, group_name, rate_text
from dashboard.services import Rate
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart

__all__ = ["one", "several"]

_KEY = "models by"


def one(run: Run, shown: ModelsChoice) -> None:
    """Draw one run's accuracy by the groups of an attribute."""
    st.subheader("Whom it fails", anchor=False, help=glossary.explain("group"))
    several({run.model: run}, shown, names={run.model: ""})


def several(runs: Mapping[str, Run], shown: ModelsChoice, *, names: Mapping[str, str]) -> None:
    """Draw the choice of an attribute, and a row for each of its groups.

    Parameters
    ----------
    runs : mapping
        By their model's id; the first in the accent.
    shown : Shown
    names : mapping
        What each is called in the legend.
    """
    counted = {id: run.test.groups for id, run in runs.items() if run.test is not None}
    attributes = list(dict.fromkeys(g.attribute for groups in counted.values() for g in groups))
    if not attributes:
        st.caption("The test pictures come without groups.")
        return
    by = shown.by if shown.by in attributes else _proposal(runs, attributes)
    st.selectbox(
        "Groups by",
        attributes,
        format_func=lambda name: attribute_name(name).capitalize(),
        label_visibility="collapsed",
        **page_choice.bind(_KEY, "by", by),
    )
    of_attribute = {id: _of(groups, by) for id, groups in counted.items()}
    groups = list(dict.fromkeys(name for found in of_attribute.values() for name in found))
    series: dict[str, list[Rate | None]] = {
        names[id] or id: [_rate(found.get(name)) for name in groups]
        for id, found in of_attribute.items()
    }
    chart(
        group_rates([group_name(name) for name in groups], series, mode=current_mode()),
        key="groups",
        alt=_alt(groups, series),
    )
    st.caption(
        "Point: share classified right. Bar: Wilson's 95 % interval. Groups are few here and many "
        "are compared: this is a look, the Fairness page audits."
    )


def _proposal(runs: Mapping[str, Run], attributes: Sequence[str]) -> str:
    """Return the attribute of the widest gap of any run, the first one if there is none."""
    gaps = [gap for run in runs.values() if (gap := services.largest_gap(run)) is not None]
    widest = max(gaps, key=lambda gap: (gap.beyond_chance, gap.difference), default=None)
    return attributes[0] if widest is None else widest.attribute


def _of(groups: Sequence[GroupCount], attribute: str) -> dict[str, GroupCount]:
    return {group.group: group for group in groups if group.attribute == attribute}


def _rate(group: GroupCount | None) -> Rate | None:
    return None if group is None or not group.n else services.correct(group)


def _alt(groups: Sequence[str], series: Mapping[str, Sequence[Rate | None]]) -> str:
    parts = [
        f"{name}, {group_name(group)}: {'not measured' if rate is None else rate_text(rate)}"
        for name, rates in series.items()
        for group, rate in zip(groups, rates, strict=True)
    ]
    return "Accuracy by group. " + "; ".join(parts)
