"""Intervals of a proportion (Wilson's, exact ones), and of the difference of two (Newcombe's).

Two ways in, one formula: counts at 95 % (:func:`wilson`, :func:`newcombe`), and arrays of rates at
any number of standard normal deviations (:func:`wilson_limits`, :func:`newcombe_limits`), so that
the same formula gives one interval and many that hold at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["exact_limits", "newcombe", "newcombe_limits", "wilson", "wilson_limits"]

Floats = npt.NDArray[np.float64]
Limits = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]

_Z = 1.959963984540054
"""Φ⁻¹(0.975)."""


def wilson_limits(rate: npt.ArrayLike, n: npt.ArrayLike, z: float) -> tuple[Floats, Floats]:
    """Return Wilson's score interval (Wilson 1927) of rates; NaN where ``n`` is 0.

    Parameters
    ----------
    n : array_like
        Rows behind each rate; may be an effective number.
    z : float
        Standard normal deviations.

    Examples
    --------
    >>> low, high = wilson_limits(0.8, 10, 1.96)
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


def exact_limits(k: npt.ArrayLike, n: npt.ArrayLike, z: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return exact limits of rates (Clopper and Pearson 1934), each missed in at most Φ(−z).

    Parameters
    ----------
    k, n : array_like
        Events and rows; may be effective numbers. Of no rows nothing is known: 0 and 1.
    z : array_like
        Standard normal deviations, at least 0; all three are broadcast.

    Examples
    --------
    >>> low, high = exact_limits(8, 10, 1.959964)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4439, 0.9748)
    """
    from scipy.special import betaincinv, ndtr

    events, rows = np.asarray(k, np.float64), np.asarray(n, np.float64)
    rest = np.maximum(rows - events, 0.0)
    beyond = ndtr(-np.asarray(z, np.float64))
    some, others = events > 0, rest > 0
    low = np.where(some, betaincinv(np.where(some, events, 1.0), rest + 1, beyond), 0.0)
    high = np.where(others, 1 - betaincinv(np.where(others, rest, 1.0), events + 1, beyond), 1.0)
    return low, high


def newcombe_limits(a: Limits, b: Limits) -> tuple[Floats, Floats]:
    """Return the interval of a − b from each one's (value, low, high).

    Newcombe 1998, Statistics in Medicine 17:873 (method 10), where those are Wilson's; the same
    principle carries other limits (Zou and Donner 2008).

    Examples
    --------
    >>> low, high = newcombe_limits((56 / 70, *wilson_limits(56 / 70, 70, 1.96)),
    ...                             (48 / 80, *wilson_limits(48 / 80, 80, 1.96)))
    >>> round(float(low), 4), round(float(high), 4)
    (0.0524, 0.3339)
    """
    (p, p_low, p_high), (q, q_low, q_high) = (map(np.asarray, each) for each in (a, b))
    difference = p - q
    low = difference - np.sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = difference + np.sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return low, high


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of ``k`` of ``n``.

    Parameters
    ----------
    k : int
        How many of them.
    n : int
        How many there are.

    Returns
    -------
    tuple of two float
        Lower and upper limit.

    Raises
    ------
    ValueError
        If ``n`` is 0: nothing can be said then.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"Expected 0 ≤ k ≤ n and n > 0. Received: {k} of {n}.")
    low, high = wilson_limits(k / n, n, _Z)
    return float(low), float(high)


def newcombe(k_a: int, n_a: int, k_b: int, n_b: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two independent proportions, a − b.

    Parameters
    ----------
    k_a, n_a : int
        How many of how many in the first group.
    k_b, n_b : int
        How many of how many in the second one.

    Returns
    -------
    tuple of two float
        Lower and upper limit.

    Examples
    --------
    >>> [round(end, 4) for end in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    a, b = k_a / n_a, k_b / n_b
    low, high = newcombe_limits((a, *wilson(k_a, n_a)), (b, *wilson(k_b, n_b)))
    return float(low), float(high)
