"""Metrics of scores: ranking, calibration, and the scoring rate of Local Law 144."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.fairness.counting.effective import effective_rows
from core.fairness.counting.grouped_counts import Column, GroupedCounts, redrawn
from core.fairness.counting.intervals import area_interval
from core.fairness.counting.scores import Scores, class_sizes
from core.fairness.metrics.base import Metric
from core.proportions import wilson_limits

__all__ = ["OF_SCORES"]

Floats = npt.NDArray[np.float64]


def _given(grouped: GroupedCounts) -> Scores:
    assert grouped.scores is not None, "offered only where there are scores"
    return grouped.scores


@dataclass(frozen=True, kw_only=True)
class _Area(Metric):
    needs_scores: bool = True

    def column(self, grouped: GroupedCounts) -> Column:
        """Return the areas with Newcombe's score interval, widened to DeLong's where need be."""
        scores = _given(grouped)
        sizes = class_sizes(grouped.w, grouped.w2)
        low, high = area_interval(scores.auc, scores.auc_variance, *sizes, grouped.z)
        return grouped.whole(scores.auc, low, high)


@dataclass(frozen=True, kw_only=True)
class _Brier(Metric):
    needs_scores: bool = True

    def column(self, grouped: GroupedCounts) -> Column:
        """Return mean squares with Wilson's interval at the number of yes-or-no rows as unsure.

        A pseudo-row of the largest variance keeps a group of equal squares from looking certain.
        """
        scores, n = _given(grouped), grouped.n_effective
        with np.errstate(invalid="ignore", divide="ignore"):
            total = scores.positives + scores.negatives
            mean = scores.squares / total
            most = mean * (1 - mean)
            variance = (n * np.maximum(scores.fourths / total - mean**2, 0) + most) / (n + 1)
            like = np.where(variance > 0, n * most / np.where(variance > 0, variance, 1), n)
        return grouped.whole(mean, *wilson_limits(mean, like, grouped.z))


@dataclass(frozen=True, kw_only=True)
class _CalibrationError(Metric):
    needs_scores: bool = True

    def column(self, grouped: GroupedCounts) -> Column:
        """Return Σ |events − scores| / n over the bins, bootstrapped over bins and outcomes."""
        scores = _given(grouped)
        cells = np.stack([scores.bin_n - scores.bin_events, scores.bin_events], axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = scores.bin_scores / scores.bin_n
            empty = np.isnan(mean)
            mean[empty] = 0.0
            value = _error(cells, mean)
            cells[empty] = np.nan  # no draws for a bin that holds nothing
            drawn = redrawn(
                cells.reshape(len(cells), -1), grouped.n_effective,
                n_boot=grouped.n_boot, seed=grouped.seed,
            )  # fmt: skip
            low, high = grouped.percentiles(
                value, _error(drawn.reshape(grouped.n_boot, *cells.shape), mean)
            )
        return grouped.whole(value, low, high)


def _error(cells: Floats, mean: Floats) -> Floats:
    """Return the error of bins ``(…, B, 2)`` whose rows score ``mean`` on average."""
    n = cells[..., 0] + cells[..., 1]
    gaps = np.abs(cells[..., 1] - n * mean)
    found: Floats = gaps.sum(axis=-1) / n.sum(axis=-1)
    return found


@dataclass(frozen=True, kw_only=True)
class _ScoringRate(Metric):
    needs_scores: bool = True

    def column(self, grouped: GroupedCounts) -> Column:
        """Return the rates with Wilson's intervals."""
        scores = _given(grouped)
        of = grouped.w.sum(axis=(-2, -1))
        squares = scores.above2, grouped.w2.sum(axis=(-2, -1))
        effective = effective_rows(scores.above, of, *squares)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = scores.above / of
        return Column(scores.above, of, effective, rate, *wilson_limits(rate, effective, grouped.z))


OF_SCORES: tuple[Metric, ...] = (
    _Area(
        id="auc",
        name="Area under the ROC curve",
        summary="Chance that a positive scores above a negative, ties counting half.",
        undefined="no positives or no negatives",
        higher_is_better=True,
    ),
    _CalibrationError(
        id="ece",
        name="Expected calibration error",
        summary="Mean distance of score and outcome over bins; grows as groups shrink.",
        undefined="no rows",
        higher_is_better=False,
        tasks="any",
    ),
    _Brier(
        id="brier",
        name="Brier score",
        summary="Mean squared difference of score and outcome.",
        undefined="no rows",
        higher_is_better=False,
        tasks="any",
    ),
    _ScoringRate(
        id="scoring_rate",
        name="Scoring rate",
        summary="Rows that score above the median of all rows (Local Law 144).",
        undefined="no rows",
        higher_is_better=None,
        tasks="any",
        needs_labels=False,
    ),
)
