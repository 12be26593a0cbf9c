"""How unlikely it is that groups that do not differ lie very far apart: bounds, not draws.

Draws cannot tell 1e-7 from 1e-5, and a hundred thousand of them are needed to see that neither is
likely. Far out, the chance that any pair of groups lies so far apart is at most the sum over the
pairs, and of two groups the counts are known exactly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["normal_pairs", "pairs_apart"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_MOST_CELLS = 20_000_000
_SLACK = 20.0
"""So much rarer than normal counts may be: they are skewed, and cannot go beyond their rows."""
_STEPS = (0.42, 0.5, 0.58)
"""Of the distance: where Chernoff's bound is looked for; a normal pair has its best at one half."""


def pairs_apart(
    weights: Floats, events: Integers, rows: Integers, errors: Floats, distance: float, *,
    below: float = 1.0,
) -> float:  # fmt: skip
    """Return a bound on P(two of the groups lie at least ``distance`` apart), 1 if it is no help.

    Parameters
    ----------
    weights : ndarray, shape (C,)
        Of the components of a value.
    events : ndarray of int64, shape (C,)
        Events of each component, shared out among all rows.
    rows : ndarray of int64, shape (C, G)
    errors : ndarray, shape (G,)
        Deviations are values by these.
    distance : float
        In deviations.
    below : float
        It helps below this only: where normal counts would be far from it, nothing is summed.

    Notes
    -----
    Within two groups the events are jointly hypergeometric. One component is summed exactly; of
    several, Chernoff's bound of their sum is taken, the components being independent.
    """
    if len(errors) < 2 or not (errors > 0).all():
        return 1.0
    if normal_pairs(len(errors), distance) > _SLACK * below:
        return 1.0
    # Groups of equal sizes have equal chances: each kind of pair is worked out once.
    kinds, number = np.unique(np.vstack([rows, errors]).T, axis=0, return_counts=True)
    sizes = kinds[:, :-1].astype(np.int64) + 1
    if int((sizes.sum(axis=0) ** 2).sum()) > _MOST_CELLS:
        return 1.0
    tail = _exact if len(weights) == 1 else _chernoff
    chance = 0.0
    for i, one in enumerate(kinds):
        for j in range(i, len(kinds)):
            pairs = number[i] * number[j] if i != j else number[i] * (number[i] - 1) // 2
            if pairs:
                parts = [
                    _pair(weight, int(e), int(total), one[c], kinds[j][c], one[-1], kinds[j][-1])
                    for c, (weight, e, total) in enumerate(
                        zip(weights, events, rows.sum(axis=1), strict=True)
                    )
                ]
                chance += float(pairs) * tail(parts, distance)
    return min(chance, 1.0)


def normal_pairs(n_groups: int, distance: float) -> float:
    """Return the same bound where deviations are normal, with a variance of at most 1 each."""
    from scipy.stats import norm

    pairs = n_groups * (n_groups - 1) / 2
    return min(float(2 * pairs * norm.sf(distance / np.sqrt(2))), 1.0)


def _pair(
    weight: float, events: int, total: int, n_a: float, n_b: float, error_a: float, error_b: float
) -> tuple[Floats, Floats]:
    """Return the log chance of each pair of counts, and how far apart it puts the two groups."""
    a, b = int(n_a), int(n_b)
    log = _log_factorials(total)

    def choose(n: int, k: Integers) -> Floats:
        there = (k >= 0) & (k <= n)
        at = np.where(there, k, 0)
        found: Floats = np.where(there, log[n] - log[at] - log[n - at], -np.inf)
        return found

    i, j = np.arange(a + 1), np.arange(b + 1)
    left = choose(total - a - b, events - np.arange(a + b + 1))  # of the rest, by i + j
    others = np.lib.stride_tricks.sliding_window_view(left, b + 1)
    chance = choose(a, i)[:, None] + choose(b, j) + others - choose(total, np.array(events))
    rate = events / total
    apart = np.subtract.outer((i / a - rate) / error_a, (j / b - rate) / error_b)
    return chance.ravel(), weight * apart.ravel()


@lru_cache(maxsize=8)
def _log_factorials(n: int) -> Floats:
    from scipy.special import gammaln

    found: Floats = gammaln(np.arange(n + 1) + 1.0)
    return found


def _exact(parts: list[tuple[Floats, Floats]], distance: float) -> float:
    ((chance, apart),) = parts
    return float(np.exp(chance[np.abs(apart) >= distance]).sum())


def _chernoff(parts: list[tuple[Floats, Floats]], distance: float) -> float:
    found = 0.0
    for sign in (1.0, -1.0):
        bounds = []
        for step in _STEPS:
            t = step * distance
            with np.errstate(over="ignore"):  # infinity bounds nothing, and is no least one
                moments = [np.exp(chance + sign * t * apart).sum() for chance, apart in parts]
                bounds.append(float(np.exp(np.log(moments).sum() - t * distance)))
        found += min(bounds)
    return min(found, 1.0)
