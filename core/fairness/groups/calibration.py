"""Curves of scores and indices of inequality, for all rows and for single attributes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import Calibration, FairnessRules, Inequality, ScoreCurves
from core.fairness.counting.counted import Cells, Counted
from core.fairness.counting.effective import kish
from core.fairness.counting.grouped_counts import redrawn
from core.fairness.counting.intervals import normal_quantile
from core.fairness.counting.scores import curves
from core.fairness.groups.grouping import Grouping
from core.fairness.metrics.inequality import INDICES, between
from core.proportions import wilson_limits

__all__ = ["calibrations", "inequality", "score_curves"]

Floats = npt.NDArray[np.float64]


def calibrations(groupings: Sequence[Grouping], rules: FairnessRules) -> tuple[Calibration, ...]:
    """Return the calibration curve of each group."""
    z = normal_quantile(1 - rules.alpha)
    return tuple(
        _calibration(grouping, g, name, z)
        for grouping in groupings
        for g, name in enumerate(grouping.cells.groups)
    )


def _calibration(grouping: Grouping, group: int, name: str, z: float) -> Calibration:
    scores, cells = grouping.scores, grouping.cells
    assert scores is not None, "asked only where there are scores"
    n = scores.bin_n[group]
    there = n > 0
    rate = scores.bin_events[group][there] / n[there]
    # Weights thin out the rows of a bin as they do those of the whole group.
    total = cells.w[group].sum()
    thinned = kish(total, cells.w2[group].sum()) / total if total > 0 else 0.0
    low, high = wilson_limits(rate, n[there] * thinned, z)
    mean = scores.bin_scores[group][there] / n[there]
    return Calibration(cells.attribute, name, mean, rate, low, high, n[there])


def score_curves(counted: Counted, groupings: Sequence[Grouping]) -> tuple[ScoreCurves, ...]:
    """Return what each threshold leads to in each group; of binary tasks only."""
    if not counted.classes.binary or not groupings:
        return ()
    held = [grouping.cells for grouping in groupings]
    return tuple(
        ScoreCurves(
            attribute=cells.attribute,
            groups=cells.groups,
            thresholds=reached.thresholds,
            true_positives=reached.true_positives,
            false_positives=reached.false_positives,
            positives=cells.w[:, 1].sum(axis=1),
            negatives=cells.w[:, 0].sum(axis=1),
            thinning=_thinning(cells),
        )
        for cells, reached in zip(held, curves(counted, held), strict=True)
    )


def inequality(
    groupings: Sequence[Grouping], rules: FairnessRules, *, seed: int
) -> tuple[Inequality, ...]:
    """Return the indices over all rows, and their parts between and within groups.

    Parameters
    ----------
    groupings : sequence of Grouping
        All rows as one group first, then the attributes.

    Notes
    -----
    Intervals are percentiles of replicates in which the cells of every group are drawn anew.
    """
    if len(groupings[0].classes) != 2:
        return ()
    found = []
    for grouping in groupings:
        w, w2 = grouping.cells.w, grouping.cells.w2
        flat = w.reshape(len(w), 4)
        n = kish(flat.sum(axis=1), w2.reshape(len(w), 4).sum(axis=1))
        drawn = redrawn(flat, n, n_boot=rules.n_boot, seed=seed).reshape(-1, *w.shape)
        # Each group's draws are scaled to the rows that it stands for.
        drawn *= (flat.sum(axis=1) / np.maximum(np.rint(n), 1))[:, None, None]
        for index in INDICES:
            found += _parts(grouping.cells.attribute, index, w, drawn, rules.alpha)
    return tuple(found)


def _parts(attribute: str, index: str, w: Floats, drawn: Floats, alpha: float) -> list[Inequality]:
    def total(cells: Floats) -> Floats:
        return between(index, _rows_as_groups(cells.sum(axis=-3)))

    if not attribute:
        return [_estimate(index, "", "total", total(w), total(drawn), alpha)]
    across, drawn_across = between(index, w), between(index, drawn)
    within, drawn_within = total(w) - across, total(drawn) - drawn_across
    return [
        _estimate(index, attribute, "between", across, drawn_across, alpha),
        _estimate(index, attribute, "within", within, drawn_within, alpha),
    ]


def _rows_as_groups(cells: Floats) -> Floats:
    """Return cells ``(…, 2, 2)`` as four groups of one cell each: the index is then the total."""
    flat = cells.reshape(*cells.shape[:-2], 4)
    return (flat[..., :, None] * np.eye(4)).reshape(*flat.shape, 2, 2)


def _estimate(
    index: str, attribute: str, part: str, value: Floats, drawn: Floats, alpha: float
) -> Inequality:
    low, high = np.nanquantile(drawn, (alpha / 2, 1 - alpha / 2))
    at = float(value)
    return Inequality(index, attribute, part, at, min(float(low), at), max(float(high), at))  # type: ignore[arg-type]


def _thinning(cells: Cells) -> Floats:
    """Return Σw²/Σw of each group; 0 where no row has a weight."""
    total, squares = cells.w.sum(axis=(1, 2)), cells.w2.sum(axis=(1, 2))
    return np.divide(squares, total, out=np.zeros_like(total), where=total > 0)
