"""What a metric is: a name, a meaning, and one verb, ``column``, from counts to values by group.

Counts are arrays ``(…, K, K)``: true class by predicted class; of a binary task, 1 is positive.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.fairness.counting.effective import effective_rows
from core.fairness.counting.grouped_counts import Column, GroupedCounts
from core.proportions import wilson_limits

__all__ = ["Composite", "Metric", "Proportion", "Tasks", "against_rest"]

Floats = npt.NDArray[np.float64]
OfCells = Callable[[Floats], Floats]
Tasks = Literal["any", "binary", "multiclass"]


@dataclass(frozen=True, kw_only=True)
class Metric(ABC):
    """What every metric declares.

    Parameters
    ----------
    undefined : str
        Why its value may be not estimable.
    higher_is_better : bool or None
        ``None`` where neither end is better.
    tasks : {"any", "binary", "multiclass"}
        A binary rate also serves each class of several against the rest.
    needs_labels, needs_scores : bool
    """

    id: str
    name: str
    summary: str
    undefined: str
    higher_is_better: bool | None
    tasks: Tasks = "binary"
    needs_labels: bool = True
    needs_scores: bool = False

    @abstractmethod
    def column(self, grouped: GroupedCounts) -> Column:
        """Return value and interval for each group."""

    def serves(self, *, binary: bool, labels: bool, scores: bool) -> bool:
        """Tell whether a table has what the metric needs."""
        fits = self.tasks == "any" or binary == (self.tasks == "binary")
        return fits and (labels or not self.needs_labels) and (scores or not self.needs_scores)


@dataclass(frozen=True, kw_only=True)
class Proportion(Metric):
    """A rate k/n: both are sums of cells.

    Parameters
    ----------
    noun : str
        What is counted below the line ("positives").
    event : str
        What happens to those above it, for sentences ("are found").
    """

    numerator: OfCells
    denominator: OfCells
    noun: str
    event: str

    def column(self, grouped: GroupedCounts) -> Column:
        """Return the rates with Wilson's intervals, at their effective numbers."""
        k, of = self.numerator(grouped.w), self.denominator(grouped.w)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = k / of
        squares = self.numerator(grouped.w2), self.denominator(grouped.w2)
        effective = effective_rows(k, of, *squares)
        low, high = wilson_limits(value, effective, grouped.z)
        return Column(k, of, effective, value, low, high)


@dataclass(frozen=True, kw_only=True)
class Composite(Metric):
    """A value made of several rates; its interval is bootstrapped over the cells."""

    value: OfCells

    def column(self, grouped: GroupedCounts) -> Column:
        """Return the values with percentile intervals."""
        value = self.value(grouped.w)
        low, high = grouped.percentiles(value, self.value(grouped.draws))
        return grouped.whole(value, low, high)


def against_rest(cells: Floats, index: int) -> Floats:
    """Return the binary cells ``(…, 2, 2)`` of one class against all others.

    >>> against_rest(np.array([[5, 1, 0], [2, 6, 1], [0, 0, 7]]), 0).tolist()
    [[14, 2], [1, 5]]
    """
    total = cells.sum(axis=(-2, -1))
    hit = cells[..., index, index]
    true, said = cells[..., index, :].sum(axis=-1), cells[..., :, index].sum(axis=-1)
    rest = total - true - said + hit
    return np.stack([rest, said - hit, true - hit, hit], axis=-1).reshape(*hit.shape, 2, 2)
