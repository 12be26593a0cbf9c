"""How unequally errors benefit people: generalized entropy and Theil, between and within groups."""

from __future__ import annotations

import streamlit as st

from core.contracts import FairnessReport, Inequality, attribute_name
from dashboard import glossary
from dashboard.fairness_text import confidence
from dashboard.formatting import escape, number, percent
from dashboard.widgets.side_table import Row, side_table

__all__ = ["draw"]

_Found = dict[tuple[str, str, str], Inequality]
_INDICES = {"generalized_entropy": "Generalized entropy (α = 2)", "theil": "Theil"}


def draw(report: FairnessReport) -> None:
    """Draw the indices, folded; nothing where there are none."""
    if not report.inequality:
        return
    fold = st.expander(
        "How unequal are its errors, between groups and within?", icon=":material/balance:",
        key="fairness inequality", on_change="rerun",
    )  # fmt: skip
    if not fold.open:
        return
    with fold:
        st.markdown(
            "A wrong yes is a gain, a miss a loss: how unequally are they spread over all people, "
            "and how much of that lies between groups?",
            help=glossary.explain("inequality"),
        )
        found: _Found = {
            (each.index, each.attribute, each.part): each for each in report.inequality
        }
        attributes = [t.attribute for t in report.tables if len(t.attributes) == 1]
        columns = ["All rows", *(f"By {attribute_name(name)}" for name in attributes)]
        rows = [
            Row(
                title,
                [_value(found[index, "", "total"]),
                 *(_share(found, index, name) for name in attributes)],
                [_interval(found[index, "", "total"]),
                 *(_parts(found, index, name) for name in attributes)],
            )
            for index, title in _INDICES.items()
        ]  # fmt: skip
        side_table(columns, rows)
        st.caption(
            escape(
                f"0 is equality. By an attribute: the part that lies between its groups. Intervals "
                f"are {confidence(report.rules.alpha)} percentiles of {report.rules.n_boot} "
                "bootstrap replicates. Small numbers are usual: most of it lies within groups, "
                "where nobody looks."
            )
        )


def _value(each: Inequality) -> str:
    return number(each.value) if each.value == each.value else "not estimable"


def _interval(each: Inequality) -> str:
    return f"{number(each.low)} to {number(each.high)}" if each.value == each.value else ""


def _share(found: _Found, index: str, attribute: str) -> str:
    between, total = found[index, attribute, "between"], found[index, "", "total"]
    if not total.value > 0:
        return _value(between)
    return f"{_value(between)} ({percent(between.value / total.value)})"


def _parts(found: _Found, index: str, attribute: str) -> str:
    between, within = found[index, attribute, "between"], found[index, attribute, "within"]
    return f"{_interval(between)}; within groups {_value(within)}"
