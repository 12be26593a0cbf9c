"""Thresholds for each group, from counts by score: their effect, and what parity costs.

Nothing here sees rows, so a slider can ask at every step.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessRules, ParityCost, ScoreCurves, ThresholdEffect
from core.errors import InputError
from core.fairness.counting.counted import Cells
from core.fairness.groups.grouping import Grouping
from core.fairness.groups.tables import Offered, group_table
from core.fairness.metrics.rates import RATES
from core.fairness.metrics.registry import get_rate

__all__ = ["parity_cost", "threshold_effect"]

Floats = npt.NDArray[np.float64]
_ALLOWED = np.linspace(0, 0.5, 51)
_STARTS = 400
_MONOTONE = ("selection_rate", "tpr", "fpr")
_SLACK = 1e-12


def threshold_effect(
    curves: ScoreCurves, thresholds: Mapping[str, float], *, rules: FairnessRules
) -> ThresholdEffect:
    """Return what a threshold for each group leads to.

    Parameters
    ----------
    thresholds : mapping
        From group to score; groups that are left out keep 0.5.

    Raises
    ------
    InputError
        For a group that there is not.
    """
    unknown = [group for group in thresholds if group not in curves.groups]
    if unknown:
        raise InputError(
            f"{curves.attribute} has no group {unknown[0]!r}. It has: {', '.join(curves.groups)}."
        )
    wanted = np.array([thresholds.get(group, 0.5) for group in curves.groups])
    steps = np.searchsorted(curves.thresholds, wanted)
    cells = _cells(curves)[np.arange(len(wanted)), steps]
    known = np.append(curves.thresholds, np.inf)
    chosen = tuple(Offered(rate.id, rate) for rate in RATES)

    def table(own: Floats, squares: Floats, names: tuple[str, ...]) -> Grouping:
        return Grouping(
            Cells(
                attributes=(curves.attribute,) if names != ("all",) else (),
                codes=np.arange(len(own))[:, None],
                parts=tuple((name,) for name in names),
                n=np.rint(own).astype(np.int64),
                w=own,
                w2=squares,
            ),
            None,
            None,
            ("negative", "positive"),
        )

    squares = cells * curves.thinning[:, None, None]
    groups = group_table(table(cells, squares, curves.groups), chosen, rules, seed=0)
    overall = group_table(
        table(cells.sum(axis=0)[None], squares.sum(axis=0)[None], ("all",)), chosen, rules, seed=0
    )
    spans = {}
    for m, metric in enumerate(groups.metrics):
        values = groups.value[:, m][~np.isnan(groups.value[:, m])]
        spans[metric] = float(np.ptp(values)) if len(values) else np.nan
    return ThresholdEffect(
        thresholds=dict(zip(curves.groups, known[steps].tolist(), strict=True)),
        table=groups,
        overall=overall,
        differences=spans,
    )


def _cells(curves: ScoreCurves) -> Floats:
    """Return the cells at each threshold, and (last) where nobody is selected: (G, T + 1, 2, 2)."""
    nobody = np.zeros((len(curves.groups), 1))
    hits = np.concatenate([curves.true_positives, nobody], axis=1)
    alarms = np.concatenate([curves.false_positives, nobody], axis=1)
    cells = [curves.negatives[:, None] - alarms, alarms, curves.positives[:, None] - hits, hits]
    return np.stack(cells, axis=-1).reshape(*hits.shape, 2, 2)


def parity_cost(
    curves: ScoreCurves, constraint: str, *, allowed: npt.ArrayLike = _ALLOWED
) -> ParityCost:
    """Return the best accuracy under each bound of a gap.

    Parameters
    ----------
    constraint : str
        ``"selection_rate"``, ``"tpr"`` or ``"fpr"``.
    allowed : array_like
        Bounds, in [0, 1].

    Raises
    ------
    InputError
        For another constraint.

    Notes
    -----
    A gap of at most ε means that some interval [r, r + ε] holds the rates of all groups. For each r
    every group takes its best threshold within; the best r wins. Groups without a rate (no
    positives for TPR) are not bound and take their best threshold.
    """
    if constraint not in _MONOTONE:
        raise InputError(
            f"Parity costs are computed for {', '.join(_MONOTONE)}, which a threshold moves one "
            f"way. Received: {constraint!r}."
        )
    rate, cells = get_rate(constraint), _cells(curves)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = rate.numerator(cells) / rate.denominator(cells)
    right = cells[..., 0, 0] + cells[..., 1, 1]
    bounds = np.sort(np.asarray(allowed, np.float64))
    steps = _best_steps(rates, right, bounds)
    groups = np.arange(len(curves.groups))
    known = np.append(curves.thresholds, np.inf)
    bound_rates = np.ma.masked_invalid(rates[groups, steps])
    total = float(cells[:, 0].sum())
    return ParityCost(
        attribute=curves.attribute,
        constraint=constraint,
        groups=curves.groups,
        allowed=bounds,
        accuracy=right[groups, steps].sum(axis=1) / total,
        gap=np.ma.filled(np.ma.ptp(bound_rates, axis=1), 0.0),
        thresholds=known[steps],
        best_accuracy=float(right.max(axis=1).sum() / total),
    )


def _best_steps(rates: Floats, right: Floats, bounds: Floats) -> npt.NDArray[np.int64]:
    """Return for each bound every group's best threshold ``(P, G)``.

    There always is one: who selects everybody has no gap.
    """
    starts = np.unique(rates[~np.isnan(rates)])
    if len(starts) > _STARTS:
        starts = np.unique(np.quantile(starts, np.linspace(0, 1, _STARTS), method="nearest"))
    shape = (len(bounds), max(len(starts), 1))
    total = np.zeros(shape)
    chosen = np.zeros((*shape, len(rates)), np.int64)
    for g, (own, hits) in enumerate(zip(rates, right, strict=True)):
        if np.isnan(own).all():
            chosen[..., g] = hits.argmax()
            continue
        rising = own[::-1]
        first = np.searchsorted(rising, starts - _SLACK)
        last = np.searchsorted(rising, starts + bounds[:, None] + _SLACK, side="right")
        best = _largest_within(hits[::-1], np.broadcast_to(first, shape), last)
        chosen[..., g] = len(own) - 1 - best
        total += np.where(last > first, hits[::-1][best], -np.inf)
    return chosen[np.arange(len(bounds)), total.argmax(axis=1)]


def _largest_within(
    values: Floats, first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return where the largest of ``values[first:last]`` is, for many ranges (a sparse table)."""
    table = [np.arange(len(values))]
    while 2 ** len(table) <= len(values):
        reach = 2 ** (len(table) - 1)
        left, right = table[-1][:-reach], table[-1][reach:]
        table.append(np.where(values[left] >= values[right], left, right))
    length = np.maximum(last - first, 1)
    level = np.frexp(length)[1] - 1
    found = np.zeros(first.shape, np.int64)
    for i, row in enumerate(table):
        here = level == i
        left = row[np.minimum(first[here], len(row) - 1)]
        right = row[np.maximum(first[here] + length[here] - 2**i, 0).clip(max=len(row) - 1)]
        found[here] = np.where(values[left] >= values[right], left, right)
    return found
