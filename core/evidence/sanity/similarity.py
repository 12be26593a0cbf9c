"""How alike two maps are: rank correlation and structural similarity."""

from __future__ import annotations

import numpy as np

from core.contracts import Array

__all__ = ["spearman", "ssim"]


def spearman(a: Array, b: Array) -> float:
    """Return Spearman's rank correlation of the magnitudes of two maps, in [−1, 1].

    Sign flips are not counted as a change (the left panel of figure 4 in Adebayo et al. 2018). A
    constant map holds no ranks: 0 against any other map.
    """
    from scipy.stats import spearmanr

    left, right = np.abs(a).ravel(), np.abs(b).ravel()
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return float(spearmanr(left, right).statistic)


def ssim(a: Array, b: Array) -> float:
    """Return the structural similarity of two maps, each divided by its largest magnitude.

    Windows of 7 × 7 pixels (Wang et al. 2004), range 2 if a map has negative values, else 1.
    """
    from skimage.metrics import structural_similarity

    signed = bool(min(a.min(), b.min()) < 0)
    left, right = _unit(a), _unit(b)
    return float(structural_similarity(left, right, data_range=2.0 if signed else 1.0))


def _unit(values: Array) -> Array:
    top = np.abs(values).max()
    return values / top if top > 0 else values
