"""95 % intervals of a proportion, and of the difference of two: from counts alone."""

from __future__ import annotations

import math

__all__ = ["newcombe", "wilson"]

_Z = 1.959963984540054
"""Φ⁻¹(0.975)."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """Return Wilson's score interval (Wilson 1927) of ``k`` of ``n``.

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
    rate, square = k / n, _Z * _Z
    centre = (rate + square / (2 * n)) / (1 + square / n)
    half = _Z / (1 + square / n) * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    # At the ends the two terms are equal up to rounding.
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def newcombe(k_a: int, n_a: int, k_b: int, n_b: int) -> tuple[float, float]:
    """Return the interval of the difference of two independent proportions, a − b.

    Newcombe 1998, Statistics in Medicine 17:873, method 10: the Wilson intervals combined.

    Examples
    --------
    >>> [round(end, 4) for end in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    a, b = k_a / n_a, k_b / n_b
    (low_a, high_a), (low_b, high_b) = wilson(k_a, n_a), wilson(k_b, n_b)
    return (
        a - b - math.hypot(a - low_a, high_b - b),
        a - b + math.hypot(high_a - a, b - low_b),
    )
