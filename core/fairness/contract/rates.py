"""Rates by group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.values.codec import Stored

__all__ = ["GroupRate", "GroupTable"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One metric of one group.

    Parameters
    ----------
    k, n : float
        Numerator and denominator of a rate (sums of weights where rows have weights); ``k`` is NaN
        for metrics that are no rates.
    n_effective : float
        Effective number behind ``n``: Kish's; of a rate, fewer where weights go with the outcome
        (Korn and Graubard 1998). Equal to ``n`` without weights.
    value, low, high : float
        NaN where not estimable; ``reason`` says why.
    """

    metric: str
    k: float
    n: float
    n_effective: float
    value: float
    low: float
    high: float
    reason: str


@dataclass(frozen=True)
class GroupTable(Stored):
    """Metrics of the groups of one attribute or intersection, G groups by M metrics.

    Parameters
    ----------
    attribute : str
        Such as ``"sex"`` or ``"sex×age"``; ``""`` for all rows together.
    groups : tuple of str
        In a stable order, ``"Unknown"`` last.
    parts : tuple of tuple of str
        Each group's value of each attribute.
    n : ndarray of int64, shape (G,)
        Rows.
    k, of, n_effective, value, low, high : ndarray of float64, shape (G, M)
        As in :class:`GroupRate` (``of`` is its ``n``).
    undefined : tuple of str
        For each metric why its value may be NaN.
    """

    attribute: str
    attributes: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    metrics: tuple[str, ...]
    n: Integers
    k: Floats
    of: Floats
    n_effective: Floats
    value: Floats
    low: Floats
    high: Floats
    undefined: tuple[str, ...]

    def rate(self, group: str, metric: str) -> GroupRate:
        """Return one metric of one group."""
        g, m = self.groups.index(group), self.metrics.index(metric)
        value = float(self.value[g, m])
        return GroupRate(
            metric=metric,
            k=float(self.k[g, m]),
            n=float(self.of[g, m]),
            n_effective=float(self.n_effective[g, m]),
            value=value,
            low=float(self.low[g, m]),
            high=float(self.high[g, m]),
            reason=self.undefined[m] if math.isnan(value) else "",
        )
