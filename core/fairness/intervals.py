"""Intervals of rates, of their differences, and of areas under the curve.

Every function takes ``z``, a number of standard normal deviations, so that the same formula gives
one interval at 95 % and many that hold at once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = [
    "area_interval", "area_variance", "newcombe", "normal_quantile", "simultaneous_z", "wilson",
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


@lru_cache(maxsize=256)
def simultaneous_z(n_groups: int, level: float) -> float:
    """Return z for the differences of all pairs of groups at once.

    The quantile of the largest studentised difference (max-T): exact for groups of equal size
    (Tukey), on the safe side for others (Hayter 1984).

    >>> round(simultaneous_z(2, 0.95), 3), round(simultaneous_z(5, 0.95), 3)
    (1.96, 2.728)
    """
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(level, n_groups, np.inf) / np.sqrt(2))


def wilson(rate: npt.ArrayLike, n: npt.ArrayLike, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's score interval (Wilson 1927) of rates; NaN where ``n`` is 0.

    ``n`` may be an effective number.

    >>> low, high = wilson(0.8, 10, 1.96)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4902, 0.9433)
    """
    p, size = np.asarray(rate, np.float64), np.asarray(n, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        shrink = 1 / (1 + z * z / size)
        centre = (p + z * z / (2 * size)) * shrink
        half = z * shrink * np.sqrt(p * (1 - p) / size + z * z / (4 * size * size))
        low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    # Exactly at the ends, where rounding would leave 1e-17.
    low = np.where(p == 0, np.where(np.isnan(low), low, 0.0), low)
    high = np.where(p == 1, np.where(np.isnan(high), high, 1.0), high)
    return low, high


def newcombe(
    a: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    b: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
) -> tuple[Floats, Floats]:
    """Return the interval of a − b from each one's (value, low, high).

    Newcombe 1998 (method 10) where those are Wilson's; the same principle carries other limits
    (Zou and Donner 2008).

    >>> low, high = newcombe((56 / 70, *wilson(56 / 70, 70, 1.96)),
    ...                      (48 / 80, *wilson(48 / 80, 80, 1.96)))
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    (p, p_low, p_high), (q, q_low, q_high) = (map(np.asarray, each) for each in (a, b))
    difference = p - q
    low = difference - np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = difference + np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return low, high


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
    area: Floats, variance: Floats, positives: Floats, negatives: Floats, z: float
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
        room = z * z * widened * area_variance(theta, positives, negatives)
        beyond: npt.NDArray[np.bool_] = (theta - area) ** 2 > room
        return beyond

    low = _limit(area, np.zeros_like(area), outside)
    high = _limit(area, np.ones_like(area), outside)
    return low, high


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
