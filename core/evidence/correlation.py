"""Rank correlation of maps."""

from __future__ import annotations

import numpy as np

from core.contracts import Array

__all__ = ["interval", "rank_correlation"]


def rank_correlation(a: Array, b: Array) -> float:
    """Return Spearman's correlation of two maps, ties at their mean rank.

    Where a map is constant its ranks say nothing: 1 if both are equal, else 0.
    """
    from scipy.stats import rankdata

    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.array_equal(a, b))
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def interval(values: Array) -> tuple[float, float]:
    """Return the 95 % t-interval of the mean of at least two values."""
    from scipy.stats import t

    n = len(values)
    half = float(t.ppf(0.975, n - 1)) * float(np.std(values, ddof=1)) / n**0.5
    return float(np.mean(values)) - half, float(np.mean(values)) + half
