"""Calibration under shift, and how well a score tells two sets of pictures apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["calibration_error", "separation"]

_BINS = 15
_PASS = 0.95


def calibration_error(confidence: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Return the expected calibration error over 15 bins of equal width (Guo et al. 2017).

    >>> round(calibration_error([0.9] * 10, [True] * 6 + [False] * 4), 6)
    0.3
    """
    sure, ok = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    bins = np.clip(np.ceil(sure * _BINS).astype(int) - 1, 0, _BINS - 1)
    apart = np.bincount(bins, ok, _BINS) - np.bincount(bins, sure, _BINS)
    return float(np.abs(apart).sum() / len(sure))


def separation(inside: npt.ArrayLike, outside: npt.ArrayLike) -> tuple[float, float]:
    """Return AUROC, and the false positive rate where 95 % of ``inside`` pass.

    >>> separation([3, 4, 5], [0, 1, 2])
    (1.0, 0.0)
    """
    from scipy.stats import rankdata

    a, b = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    ranks = rankdata(np.concatenate([a, b]))[: len(a)]
    auroc = (ranks.sum() - len(a) * (len(a) + 1) / 2) / (len(a) * len(b))
    threshold = np.quantile(a, 1 - _PASS, method="lower")
    return float(auroc), float((b >= threshold).mean())
