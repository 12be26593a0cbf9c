"""Audit tables in the layout of New York City's Local Law 144."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from core.contracts import UNKNOWN, FairnessReport, GroupTable, LocalLaw144Row
from core.errors import InputError
from core.fairness.export import csv_bytes

__all__ = ["Basis", "local_law_144", "local_law_144_csv"]

Basis = Literal["selection", "scoring"]
_RATE_OF: dict[Basis, str] = {"selection": "selection_rate", "scoring": "scoring_rate"}
_SMALL = 0.02


def local_law_144(
    report: FairnessReport, *, basis: Basis = "selection"
) -> tuple[LocalLaw144Row, ...]:
    """Return the audit tables in the layout of New York City's Local Law 144 (6 RCNY § 5-301).

    Parameters
    ----------
    basis : {"selection", "scoring"}
        Whether people are selected, or scored: then those above the median of all are counted.

    Notes
    -----
    People of unknown category are counted in a line of their own and enter no rate. A category of
    less than 2 % of the others may be left out of impact ratios, which is done here and said.

    Raises
    ------
    InputError
        If the report has no such rate.
    """
    metric = _RATE_OF[basis]
    if metric not in report.overall.metrics:
        raise InputError(
            f"This audit has no {metric}: the table needs "
            + ("two classes." if basis == "selection" else "a column of scores.")
        )
    return tuple(row for table in report.tables for row in _lines(table, metric))


def _lines(table: GroupTable, metric: str) -> Iterator[LocalLaw144Row]:
    m = table.metrics.index(metric)
    unknown = [UNKNOWN in parts for parts in table.parts]
    known = [g for g, missing in enumerate(unknown) if not missing]
    people = sum(int(table.n[g]) for g in known)
    large = [g for g in known if table.n[g] >= _SMALL * people]
    best = max((float(table.value[g, m]) for g in large), default=math.nan)
    for g in known:
        small = g not in large
        yield LocalLaw144Row(
            attribute=table.attribute,
            category=table.groups[g],
            n=int(table.n[g]),
            selected=round(float(table.k[g, m])),
            rate=float(table.value[g, m]),
            impact_ratio=math.nan if small or not best > 0 else float(table.value[g, m]) / best,
            note="under 2 % of the data: left out of impact ratios" if small else "",
        )
    missing = sum(int(n) for n, gone in zip(table.n, unknown, strict=True) if gone)
    yield LocalLaw144Row(
        table.attribute, UNKNOWN, missing, 0, math.nan, math.nan,
        "category unknown: counted, in no rate",
    )  # fmt: skip


def local_law_144_csv(rows: Sequence[LocalLaw144Row], *, basis: Basis = "selection") -> bytes:
    """Return the audit tables as CSV, as the rules name their columns."""
    selected, rate = (
        ("# selected", "Selection rate")
        if basis == "selection"
        else ("# above median", "Scoring rate")
    )
    header = ("Attribute", "Category", "# of applicants", selected, rate, "Impact ratio", "Note")

    def shown(value: float, digits: int) -> str:
        return "" if math.isnan(value) else f"{value:.{digits}f}"

    return csv_bytes(
        header,
        (
            (
                row.attribute,
                row.category,
                row.n,
                "" if math.isnan(row.rate) else row.selected,
                shown(row.rate, 3),
                shown(row.impact_ratio, 2),
                row.note,
            )
            for row in rows
        ),
    )
