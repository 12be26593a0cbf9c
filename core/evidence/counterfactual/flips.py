"""The search for few regions whose removal changes a decision; what it proves on the way.

Every single region is tried, then they are removed greedily until the decision changes, then put
back while it stays changed. Sets of two are all tried as well, unless they are too many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

__all__ = ["MOST_PAIRS", "Flip", "Margins", "find_flip"]

MOST_PAIRS = 1300
"""Pairs that are worth a pass each: those of 51 regions."""

_PAIRS_AT_ONCE = 64

Regions = tuple[int, ...]
Margins = Callable[[Sequence[Regions]], npt.NDArray[np.float64]]
"""From sets of removed regions to how far the decision stands; below 0 it has changed."""


@dataclass(frozen=True, slots=True)
class Flip:
    """What the search found; see :class:`core.contracts.Counterfactual`."""

    regions: Regions
    flipped: bool
    size_at_least: int
    irreducible: bool


def find_flip(n: int, margins: Margins, *, most_pairs: int = MOST_PAIRS) -> Flip:
    """Return few regions of ``n`` whose removal changes the decision.

    Parameters
    ----------
    n : int
    margins : callable
        Called with sets of regions, many at a time.
    most_pairs : int
        Pairs are left untried where there are more.
    """
    singles = margins([(region,) for region in range(n)])
    best = int(singles.argmin())
    if singles[best] < 0:
        return Flip((best,), True, 1, True)
    chosen, flipped = _greedy(n, margins, best)
    if flipped:
        chosen = _put_back(chosen, margins)
    if flipped and len(chosen) == 2:
        return Flip(chosen, True, 2, True)
    if n * (n - 1) // 2 > most_pairs:
        return Flip(chosen, flipped, 2, flipped)
    pair = _pair(n, margins, singles)
    if pair is not None:
        return Flip(pair, True, 2, True)
    return Flip(chosen, flipped, 3, flipped)


def _greedy(n: int, margins: Margins, first: int) -> tuple[Regions, bool]:
    """Remove what helps most until the decision changes, or nothing is left."""
    chosen: Regions = (first,)
    while len(chosen) < n:
        rest = [region for region in range(n) if region not in chosen]
        tried = margins([(*chosen, region) for region in rest])
        chosen = (*chosen, rest[int(tried.argmin())])
        if tried.min() < 0:
            return chosen, True
    return chosen, False


def _put_back(chosen: Regions, margins: Margins) -> Regions:
    """Put regions back one by one, as long as the decision stays changed without them."""
    while len(chosen) > 1:
        fewer = [chosen[:i] + chosen[i + 1 :] for i in range(len(chosen))]
        tried = margins(fewer)
        if tried.min() >= 0:
            break
        chosen = fewer[int(tried.argmin())]
    return chosen


def _pair(n: int, margins: Margins, singles: npt.NDArray[np.float64]) -> Regions | None:
    """Return a pair that changes the decision, the likeliest ones tried first."""
    order = sorted(combinations(range(n), 2), key=lambda pair: singles[pair[0]] + singles[pair[1]])
    for start in range(0, len(order), _PAIRS_AT_ONCE):
        some = order[start : start + _PAIRS_AT_ONCE]
        tried = margins(some)
        if tried.min() < 0:
            a, b = some[int(tried.argmin())]
            return (a, b) if singles[a] <= singles[b] else (b, a)
    return None
