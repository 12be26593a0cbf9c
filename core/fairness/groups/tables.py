"""Metrics of all groups of an attribute, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessRules, GroupTable, MetricName
from core.fairness.counting.grouped_counts import Column, GroupedCounts
from core.fairness.groups.grouping import Grouping
from core.fairness.metrics.base import Metric, Proportion, against_rest
from core.fairness.metrics.registry import METRICS

__all__ = ["Offered", "group_table", "offered"]

Floats = npt.NDArray[np.float64]
_FIELDS = ("k", "of", "n_effective", "value", "low", "high")


@dataclass(frozen=True, slots=True)
class Offered:
    """A metric of a table: of all classes, or (``one`` is its number) of one against the rest."""

    name: str
    metric: Metric
    one: int | None = None


def offered(
    classes: tuple[str, ...], *, binary: bool, labels: bool, scores: bool
) -> tuple[Offered, ...]:
    """Return the metrics that a table can have; rates of several classes by class."""
    has = {"labels": labels, "scores": scores}
    whole = [
        Offered(id, metric) for id, metric in METRICS.items() if metric.serves(binary=binary, **has)
    ]
    each = [
        Offered(MetricName(id, of=label).text, metric, one)
        for one, label in enumerate(classes if not binary else ())
        for id, metric in METRICS.items()
        if isinstance(metric, Proportion)
        and metric.tasks == "binary"
        and metric.serves(binary=True, **has)
    ]
    return (*whole, *each)


def group_table(
    grouping: Grouping, chosen: tuple[Offered, ...], rules: FairnessRules, *, seed: int
) -> GroupTable:
    """Return every chosen metric of every group, with its interval."""
    cells = grouping.cells
    columns = [_columns(part, chosen) for part in _grouped(grouping, rules, seed).chunks()]
    joined = {
        field: np.concatenate(
            [np.stack([getattr(c, field) for c in part], axis=1) for part in columns]
        )
        for field in _FIELDS
    }
    return GroupTable(
        attribute=cells.attribute,
        attributes=cells.attributes,
        groups=cells.groups,
        parts=cells.parts,
        metrics=tuple(each.name for each in chosen),
        n=cells.n.sum(axis=(1, 2)),
        undefined=tuple(f"Not estimable: {each.metric.undefined}." for each in chosen),
        **joined,
    )


def _grouped(grouping: Grouping, rules: FairnessRules, seed: int) -> GroupedCounts:
    cells = grouping.cells
    grouped = GroupedCounts(
        w=cells.w, w2=cells.w2, scores=grouping.scores,
        alpha=rules.alpha, n_boot=rules.n_boot, seed=seed,
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = cells.w[:, :, 1].sum(axis=1) / cells.w.sum(axis=(1, 2))
    large = grouped.n_effective >= rules.min_n
    return grouped.with_reference(rates, large & ~cells.unknown)


def _columns(grouped: GroupedCounts, chosen: tuple[Offered, ...]) -> list[Column]:
    def against(one: int) -> GroupedCounts:
        return GroupedCounts(
            w=against_rest(grouped.w, one), w2=against_rest(grouped.w2, one),
            scores=None, alpha=grouped.alpha, n_boot=grouped.n_boot, seed=grouped.seed,
        )  # fmt: skip

    alone = {each.one: against(each.one) for each in chosen if each.one is not None}
    return [each.metric.column(grouped if each.one is None else alone[each.one]) for each in chosen]
