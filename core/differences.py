"""How far groups lie apart: limits of differences and of the largest gap, and their tails.

A difference is judged from exact limits of its two values (Clopper and Pearson 1934 for rates): the
pair of limits is moved along the circle z₁² + z₂² = z², and the farthest difference counts. Where
values are normal that is the usual interval of a difference (Zou and Donner 2008); where they are
not (small groups, rates near 0 or 1, levels of one in thousands) it keeps its level: over all
tables of 1 to 600 rows a group that were enumerated, a test at level α rejects in at most α of
them, Newcombe's interval in up to 60 times as many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from core.proportions import exact_limits

__all__ = [
    "MAX_Z", "LimitsAt", "Span", "difference_limits", "highest_z", "normal_tail", "normal_z",
    "on_circle", "range_high", "range_interval", "range_interval_of", "range_low", "range_tail",
    "range_z",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
LimitsAt = Callable[[Floats], tuple[Floats, Floats]]
"""From z ``(A, 1)`` to the lower and the upper limits of G values at each, ``(A, G)``."""

MAX_Z = 15.0
"""As far as anything is told apart: a chance of 7e-51."""
_STEPS = 9
_ANGLES = np.linspace(0.0, np.pi / 2, _STEPS)
_SHARES = np.cos(_ANGLES)[:, None] / np.cos(_ANGLES[1] / 2)
"""What each value takes of z at each step; between two steps the circle bulges by so much."""
_PAIRS = 2_000_000
_NODES = 400


@dataclass(frozen=True, slots=True)
class Span:
    """The pair of groups with the most evidence of a gap: numbers of both, and its lower limit."""

    higher: int
    lower: int
    low: float


def normal_tail(z: float) -> float:
    """Return the chance that one difference lies z standard errors off, on either side.

    >>> round(normal_tail(1.959964), 6)
    0.05
    """
    from scipy.special import ndtr

    return float(2 * ndtr(-z))


def normal_z(level: float) -> float:
    """Return z of a chance: the inverse of :func:`normal_tail`."""
    from scipy.special import ndtri

    return min(float(-ndtri(level / 2)), MAX_Z) if level > 0 else MAX_Z


def range_tail(z: float, n_groups: int) -> float:
    """Return the chance that any two of the groups lie z standard errors apart, if none differ.

    The largest studentised difference (max-T): exact for groups of equal size (Tukey), on the safe
    side for others (Hayter 1984). Accurate far out, where SciPy's ``studentized_range`` is not.

    >>> round(range_tail(1.959964, 2), 5), round(range_tail(2.7278, 5), 5)
    (0.05, 0.05)
    """
    from scipy.special import log_ndtr, ndtr

    x, weight = _nodes(z)
    below = ndtr(x)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        share = np.exp(np.minimum(log_ndtr(x - z * np.sqrt(2)) - log_ndtr(x), 0.0))
        missed = -np.expm1((n_groups - 1) * np.log1p(-share))
        found = n_groups * (weight * below ** (n_groups - 1) * missed).sum()
    return float(min(found, 1.0))


def _nodes(z: float) -> tuple[Floats, Floats]:
    """Return places and weights that integrate over the standard normal density.

    Up to beyond z/√2: of a far tail, what counts is near there.
    """
    at, weight = _legendre()
    half = 8 + z / np.sqrt(8)
    x = half * (1 + at) - 8
    density: Floats = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return x, half * weight * density


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)


@lru_cache(maxsize=1024)
def range_z(n_groups: int, level: float) -> float:
    """Return z for the differences of all pairs of groups at once, as 1 − ``level`` asks.

    >>> round(range_z(2, 0.05), 3), round(range_z(5, 0.05), 3)
    (1.96, 2.728)
    """
    return highest_z(lambda z: range_tail(z, n_groups) - level)


def highest_z(rest: Callable[[float], float]) -> float:
    """Return where a falling function of z passes 0: 0 if it never is above, else at most MAX_Z."""
    from scipy.optimize import brentq

    if rest(0.0) <= 0:
        return 0.0
    if rest(MAX_Z) > 0:
        return MAX_Z
    return float(brentq(rest, 0.0, MAX_Z, xtol=1e-4, rtol=1e-6))


def on_circle(limits: LimitsAt, z: float) -> tuple[Floats, Floats]:
    """Return limits of G values at each step along the circle, ``(A, G)``."""
    return limits(z * _SHARES)


def difference_limits(a: LimitsAt, b: LimitsAt, z: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return limits of a − b for N pairs, each at its own z ``(N,)``.

    Examples
    --------
    >>> from functools import partial
    >>> a, b = partial(exact_limits, [56], [70]), partial(exact_limits, [48], [80])
    >>> low, high = difference_limits(a, b, 1.96)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.04, 0.351)
    """
    at = np.asarray(z, np.float64) * _SHARES
    a_low, a_high = a(at)
    b_low, b_high = b(at)
    return (a_low - b_high[::-1]).min(axis=0), (a_high - b_low[::-1]).max(axis=0)


def range_high(low: Floats, high: Floats) -> float:
    """Return the largest upper limit over all pairs of groups, from :func:`on_circle`.

    The largest true gap belongs to one pair, whose limit alone has to hold: nothing is paid for
    the number of pairs (an intersection–union test).
    """
    u, v = high, low[::-1]
    top, bottom = u.argmax(axis=1), v.argmin(axis=1)
    rows = np.arange(len(u))
    if (top != bottom).all():
        return float((u[rows, top] - v[rows, bottom]).max())
    second_u = np.sort(u, axis=1)[:, -2]
    second_v = np.sort(v, axis=1)[:, 1]
    apart = np.where(
        top != bottom,
        u[rows, top] - v[rows, bottom],
        np.maximum(second_u - v[rows, bottom], u[rows, top] - second_v),
    )
    return float(apart.max())


def range_low(low: Floats, high: Floats) -> Span:
    """Return the pair of groups with the largest lower limit, from :func:`on_circle`."""
    middle = _STEPS // 2
    own, other = low[middle], high[middle]
    j = int(other.argmin())
    i = int(np.where(np.arange(len(own)) == j, -np.inf, own).argmax())
    best = Span(i, j, float((low[:, i] - high[::-1, j]).min()))
    # No pair lies above what one step alone leaves it: few have to be looked at.
    left = np.flatnonzero(own - other.min() > best.low)
    right = np.flatnonzero(own.max() - other > best.low)
    step = max(1, _PAIRS // max(1, len(right)))
    for start in range(0, len(left), step):
        part = left[start : start + step]
        least = np.full((len(part), len(right)), np.inf)
        for a in range(_STEPS):
            np.minimum(least, low[a, part, None] - high[_STEPS - 1 - a, right], out=least)
        least[part[:, None] == right] = -np.inf
        if least.size and least.max() > best.low:
            at = np.unravel_index(int(least.argmax()), least.shape)
            best = Span(int(part[at[0]]), int(right[at[1]]), float(least[at]))
    return best


def range_interval(
    k: npt.ArrayLike, n: npt.ArrayLike, *, level: float = 0.05
) -> tuple[float, float]:
    """Return an interval of the largest difference between the true rates of groups.

    Parameters
    ----------
    k, n : array_like, shape (G,)
        Events and rows of each of at least two groups.
    level : float
        The chance that is put up with of a true value below ``low`` or above ``high``; ``low``
        allows for the number of pairs of which the widest was picked.

    Examples
    --------
    >>> low, high = range_interval([30, 24, 27], [40, 40, 40])
    >>> round(low, 2), round(high, 2)
    (0.0, 0.37)
    """
    counts, rows = np.asarray(k, np.float64), np.asarray(n, np.float64)
    return range_interval_of(partial(exact_limits, counts, rows), len(rows), level=level)


def range_interval_of(limits: LimitsAt, n_groups: int, *, level: float) -> tuple[float, float]:
    """Return the interval of :func:`range_interval` from the limits of values in [0, 1]."""
    found = range_low(*on_circle(limits, range_z(n_groups, level)))
    high = range_high(*on_circle(limits, normal_z(level)))
    return max(found.low, 0.0), min(high, 1.0)
