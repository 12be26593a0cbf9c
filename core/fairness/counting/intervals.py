"""Intervals of areas under the curve.

Those of rates are in :mod:`core.proportions`, of differences in :mod:`core.differences`. Every
function takes ``z``, a number of standard normal deviations, so that the same formula gives one
interval at 95 % and many that hold at once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = [
    "area_bounds", "area_interval", "area_variance", "normal_quantile",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
_BISECTIONS = 50


@lru_cache(maxsize=64)
def normal_quantile(level: float) -> float:
    """Return z of a two-sided interval.

    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))


def area_variance(area: npt.ArrayLike, positives: Floats, negatives: Floats) -> Floats:
    """Return the variance of an area under the curve as Hanley and McNeil 1982 model it."""
    a = np.asarray(area, np.float64)
    pairs = (positives + negatives) / 2 - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (a * (1 - a) * (1 + pairs * (1 - a) / (2 - a) + pairs * a / (1 + a))) / (
            positives * negatives
        )
    return found


def area_interval(
    area: Floats, variance: Floats, positives: Floats, negatives: Floats, z: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Return score intervals of areas under the curve (Newcombe 2006, method 5).

    Parameters
    ----------
    variance : ndarray
        DeLong's estimate; where it exceeds the model's, the interval is widened as much.

    Notes
    -----
    The limits solve (θ − area)² = z² V(θ), so a perfect area has no perfect interval.
    """
    widened = _widening(area, variance, positives, negatives)

    def outside(theta: Floats) -> npt.NDArray[np.bool_]:
        room = np.square(z) * widened * area_variance(theta, positives, negatives)
        beyond: npt.NDArray[np.bool_] = (theta - area) ** 2 > room
        return beyond

    low = _limit(area, np.zeros_like(area), outside)
    high = _limit(area, np.ones_like(area), outside)
    return low, high


def area_bounds(area: Floats, rarer: Floats, z: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return limits of areas that hold whatever the scores are like.

    Parameters
    ----------
    rarer : ndarray
        The smaller one of the numbers of positives and negatives.

    Notes
    -----
    An area is a mean of means of so many independent pairs, so that Chernoff's bound of a
    proportion holds for it (Hoeffding 1963): KL(area, θ) · rarer ≤ −log Φ(−z).
    """
    from scipy.special import log_ndtr, rel_entr

    most = -log_ndtr(-np.asarray(z, np.float64))

    def outside(theta: Floats) -> npt.NDArray[np.bool_]:
        apart = rel_entr(area, theta) + rel_entr(1 - area, 1 - theta)
        beyond: npt.NDArray[np.bool_] = rarer * apart > most
        return beyond

    return _limit(area, np.zeros_like(area), outside), _limit(area, np.ones_like(area), outside)


def _widening(area: Floats, variance: Floats, positives: Floats, negatives: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = variance / area_variance(area, positives, negatives)
    return np.maximum(np.where(np.isfinite(ratio), ratio, 1.0), 1.0)


def _limit(inside: Floats, end: Floats, outside) -> Floats:  # type: ignore[no-untyped-def]
    """Bisect between a value inside the interval and the end of the range."""
    near, far = inside.astype(np.float64), end.copy()
    for _ in range(_BISECTIONS):
        middle = (near + far) / 2
        out = outside(middle)
        near, far = np.where(out, near, middle), np.where(out, middle, far)
    return np.where(np.isnan(inside), np.nan, (near + far) / 2)
