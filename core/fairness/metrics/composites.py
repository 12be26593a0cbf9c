"""Values made of several rates; their intervals are bootstrapped over the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.fairness.counting.grouped_counts import Column, GroupedCounts
from core.fairness.metrics.base import Composite, Metric

__all__ = ["COMPOSITES", "IMPACT_RATIO"]

Floats = npt.NDArray[np.float64]


def _divide(above: Floats, below: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(below == 0, np.nan, above / np.where(below == 0, 1, below))
    return found


def _diagonal(c: Floats) -> Floats:
    return np.diagonal(c, axis1=-2, axis2=-1)


def _true(c: Floats) -> Floats:
    """Return the rows of each true class; NumPy is slow at sums over an axis of two or three."""
    return sum((c[..., k] for k in range(1, c.shape[-1])), c[..., 0])


def _said(c: Floats) -> Floats:
    """Return the rows of each predicted class."""
    return sum((c[..., k, :] for k in range(1, c.shape[-2])), c[..., 0, :])


def _recalls(c: Floats) -> Floats:
    return _divide(_diagonal(c), _true(c))


def _precisions(c: Floats) -> Floats:
    return _divide(_diagonal(c), _said(c))


def _f1s(c: Floats) -> Floats:
    return _divide(2 * _diagonal(c), _true(c) + _said(c))


def _matthews(c: Floats) -> Floats:
    """Return the correlation of truth and prediction (Matthews 1975; Gorodkin 2004 beyond two)."""
    true, said = _true(c), _said(c)
    total = true.sum(axis=-1)
    above = np.trace(c, axis1=-2, axis2=-1) * total - (true * said).sum(axis=-1)
    spread = (total**2 - (true**2).sum(axis=-1)) * (total**2 - (said**2).sum(axis=-1))
    return _divide(above, np.sqrt(spread))


@dataclass(frozen=True, kw_only=True)
class _ImpactRatio(Metric):
    """A group's selection rate by the highest one."""

    def column(self, grouped: GroupedCounts) -> Column:
        """Return the ratios; the reference itself is 1 by definition."""
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = _selected(grouped.w)
            value = rate / (np.nan if grouped.reference is None else grouped.reference.rate)
            if grouped.reference is None:
                return grouped.whole(value, value, value)
            low, high = grouped.percentiles(
                value, _selected(grouped.draws) / grouped.reference.draws[:, None]
            )
        own = grouped.reference.index - grouped.first
        if 0 <= own < len(value):
            value[own] = low[own] = high[own] = 1.0
        return grouped.whole(value, low, high)


def _selected(c: Floats) -> Floats:
    return _divide(c[..., :, 1].sum(axis=-1), c.sum(axis=(-2, -1)))


IMPACT_RATIO = _ImpactRatio(
    id="impact_ratio",
    name="Impact ratio",
    summary="Selection rate by the highest selection rate of a group that is large enough.",
    undefined="no group that is large enough selects anybody",
    higher_is_better=True,
    needs_labels=False,
)
COMPOSITES = (
    Composite(
        id="balanced_accuracy",
        name="Balanced accuracy",
        summary="Mean over the classes of the share that is classified right (macro recall).",
        undefined="a class does not occur",
        higher_is_better=True,
        tasks="any",
        value=lambda c: _recalls(c).mean(axis=-1),
    ),
    Composite(
        id="f1",
        name="F1",
        summary="Harmonic mean of precision and true positive rate.",
        undefined="neither positives nor predicted positives",
        higher_is_better=True,
        value=lambda c: _f1s(c)[..., 1],
    ),
    Composite(
        id="mcc",
        name="Matthews correlation",
        summary="Correlation of truth and prediction, in [−1, 1].",
        undefined="labels or predictions are all alike",
        higher_is_better=True,
        tasks="any",
        value=_matthews,
    ),
    Composite(
        id="macro_precision",
        name="Macro precision",
        summary="Mean over the classes of precision.",
        undefined="a class is never predicted",
        higher_is_better=True,
        tasks="multiclass",
        value=lambda c: _precisions(c).mean(axis=-1),
    ),
    Composite(
        id="macro_f1",
        name="Macro F1",
        summary="Mean over the classes of F1.",
        undefined="a class neither occurs nor is predicted",
        higher_is_better=True,
        tasks="multiclass",
        value=lambda c: _f1s(c).mean(axis=-1),
    ),
    Composite(
        id="worst_class_recall",
        name="Worst class",
        summary="Share classified right of the class with the smallest one.",
        undefined="a class does not occur",
        higher_is_better=True,
        tasks="multiclass",
        value=lambda c: _recalls(c).min(axis=-1),
    ),
)
