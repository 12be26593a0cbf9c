"""Effective numbers: how many rows of equal weight would say as much as rows of unequal ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["effective_rows", "kish"]

Floats = npt.NDArray[np.float64]
_NOTHING = 1e-12
"""A share of the weights below this is rounding."""


def kish(total: Floats, squares: Floats) -> Floats:
    """Return (Σw)²/Σw² (Kish 1965); 0 for nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(squares > 0, total**2 / np.where(squares > 0, squares, 1), 0.0)


def effective_rows(k: Floats, of: Floats, k2: Floats, of2: Floats) -> Floats:
    """Return the effective numbers of rows behind weighted rates ``k / of``.

    Parameters
    ----------
    k, of : ndarray
        Sums of weights of the events, and of all rows.
    k2, of2 : ndarray
        Sums of their squares.

    Notes
    -----
    Kish's number supposes weights that have nothing to do with the outcome. Where they do, the
    linearised variance of the rate p, ((1 − p)² Σw² of events + p² Σw² of others) / (Σw)², may be
    larger; the number is then p(1 − p) by that variance, as Korn and Graubard 1998 take it for
    exact limits of weighted rates. It is never above Kish's, which is exactly the number of rows
    where all weights are 1; where p is 0 or 1 there is no variance, and Kish's stands.

    Areas, values made of several rates, and thresholds that are moved have no such squares: for
    them it is always Kish's, and their intervals may be too narrow where weights go with the
    outcome.

    Examples
    --------
    Ninety events and ten others, all of weight 1; then others of weight 3:

    >>> k, of, k2, of2 = np.array([[90, 90], [100, 120], [90, 90], [100, 180]], float)
    >>> effective_rows(k, of, k2, of2).round(3).tolist()
    [100.0, 48.0]
    """
    others = of - k
    mixed = (k > _NOTHING * of) & (others > _NOTHING * of)
    with np.errstate(invalid="ignore", divide="ignore"):
        # The linearised variance by Kish's, p(1 − p) Σw²/(Σw)², minus 1: exactly 0 where w is 1.
        excess = (of - 2 * k) * (k2 * of - k * of2) / (k * others * of2)
    return kish(of, of2) / (1 + np.where(mixed, np.maximum(excess, 0.0), 0.0))
