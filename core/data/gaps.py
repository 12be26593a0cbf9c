"""The widest gap in accuracy between subgroups, and whether chance alone would make it.

A look at one number, from counts. What an audit needs beyond it is in :mod:`core.fairness`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.contracts import GroupCount
from core.differences import range_interval
from core.multiplicity import holm

__all__ = ["Gap", "gaps_by_attribute", "largest_gap"]

_LEAST = 10
"""Groups of fewer pictures are not looked at."""
_DRAWS = 4999
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Gap:
    """The groups of one attribute that differ most.

    Parameters
    ----------
    best, worst : GroupCount
    difference : float
        Accuracy of the best minus that of the worst.
    low, high : float
        95 % interval of the largest true gap between any two groups of this attribute. It allows
        for how many pairs the widest was picked from, and for how many attributes: those of all of
        them hold at once (:func:`core.differences.range_interval`).
    p : float
        Share of random assignments of the mistakes to pictures (margins fixed) that make a gap
        as wide between any two groups of this attribute, Holm-adjusted over the attributes.
    n_attributes : int
        How many attributes were looked at.
    """

    best: GroupCount
    worst: GroupCount
    difference: float
    low: float
    high: float
    p: float
    n_attributes: int

    @property
    def attribute(self) -> str:
        """By what the groups are formed."""
        return self.best.attribute

    @property
    def beyond_chance(self) -> bool:
        """Whether chance makes a gap as wide in fewer than 5 % of cases, Holm-adjusted."""
        return self.p < _ALPHA


def largest_gap(
    groups: Sequence[GroupCount], *, seed: int = 0, level: float = _ALPHA
) -> Gap | None:
    """Return the widest gap that is beyond chance; if none is, the widest.

    ``None`` where no attribute has two groups of 10 pictures. ``level`` is what is left of 5 % for
    the intervals where gaps of several ε or corruptions are looked at together.

    Parameters
    ----------
    groups : sequence of GroupCount
        Counts of right answers by attribute and group.
    seed : int
        Of the Monte Carlo test.
    level : float
        What is beyond chance.

    Returns
    -------
    Gap or None
        ``None`` where no attribute has two groups that are large enough.
    """
    found = gaps_by_attribute(groups, seed=seed, level=level)
    return max(found, key=lambda gap: (gap.beyond_chance, gap.difference), default=None)


def gaps_by_attribute(
    groups: Sequence[GroupCount], *, seed: int = 0, level: float = _ALPHA
) -> tuple[Gap, ...]:
    """Return the widest gap of each attribute that has two groups of 10 pictures."""
    rng = np.random.default_rng(seed)
    by_attribute: dict[str, list[GroupCount]] = {}
    for group in groups:
        if group.n >= _LEAST:
            by_attribute.setdefault(group.attribute, []).append(group)
    members = [found for found in by_attribute.values() if len(found) > 1]
    n = len(members)
    adjusted = holm([_p(found, rng) for found in members])
    return tuple(
        _gap(found, float(p), n, level / n) for found, p in zip(members, adjusted, strict=True)
    )


def _rate(group: GroupCount) -> float:
    return group.correct / group.n


def _gap(groups: Sequence[GroupCount], p: float, n_attributes: int, level: float) -> Gap:
    best, worst = max(groups, key=_rate), min(groups, key=_rate)
    low, high = range_interval([g.correct for g in groups], [g.n for g in groups], level=level)
    return Gap(best, worst, _rate(best) - _rate(worst), low, high, p, n_attributes)


def _p(groups: Sequence[GroupCount], rng: np.random.Generator) -> float:
    """Return the p-value of the range of the groups' accuracies by Monte Carlo."""
    n = np.array([group.n for group in groups])
    correct = np.array([group.correct for group in groups])
    seen = np.ptp(correct / n)
    drawn = rng.multivariate_hypergeometric(n, correct.sum(), size=_DRAWS, method="marginals")
    as_wide = np.ptp(drawn / n, axis=1) >= seen - 1e-12
    return float((1 + as_wide.sum()) / (1 + _DRAWS))
