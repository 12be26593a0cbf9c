"""Values of groups that can be held against each other: with limits at any z, and a null.

Two kinds: sums of rates (a rate, balanced accuracy, a rate within strata), whose null keeps all
margins of the counts, and areas under the curve, whose null is normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.fairness.counting.intervals import area_bounds, area_interval, area_variance
from core.fairness.groups.tails import normal_pairs, pairs_apart
from core.proportions import exact_limits

__all__ = ["Areas", "Comparable", "Rates"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_FEW = 10
_MOST_ROWS = 900_000_000
"""NumPy draws hypergeometric counts from fewer than 10⁹; larger tables are scaled down to this."""


class Comparable(Protocol):
    """Values of G groups."""

    @property
    def values(self) -> Floats:
        """Shape ``(G,)``, none of them NaN."""

    def limits(self, z: Floats) -> tuple[Floats, Floats]:
        """Return limits of each value at each z ``(A, 1)`` or ``(A, G)``: ``(A, G)``."""

    @property
    def rows(self) -> Floats:
        """The (effective) rows behind each value, shape ``(G,)``; of several kinds the fewest."""

    def of(self, groups: npt.NDArray[np.intp]) -> Comparable:
        """Return some of the groups, in that order."""

    def observed(self) -> Floats:
        """Return the deviations from the common value, each by its own standard error."""

    def null(self, rng: np.random.Generator, n_draws: int) -> Floats:
        """Draw such deviations for groups that do not differ, ``(n_draws, G)``."""

    def apart(self, distance: float, *, below: float = 1.0) -> float:
        """Return a bound on the chance that two such deviations lie so far apart.

        1 where it is not worth working out, since it would not get below ``below``.
        """

    def margins(self) -> bytes:
        """Return what the null depends on, whatever the order of the groups."""


@dataclass(frozen=True)
class Rates:
    """Σ weight · k/n for G groups over C components.

    Parameters
    ----------
    weights : ndarray of float64, shape (C,)
    rates, n : ndarray of float64, shape (C, G)
        Each component's rate and the (effective) number of rows behind it, at least 1.
    """

    weights: Floats
    rates: Floats
    n: Floats

    @property
    def values(self) -> Floats:
        """The sums."""
        return self.weights @ self.rates

    @property
    def rows(self) -> Floats:
        """The fewest of all components."""
        found: Floats = self.n.min(axis=0)
        return found

    def of(self, groups: npt.NDArray[np.intp]) -> Rates:
        """Return some of the groups."""
        return Rates(self.weights, self.rates[:, groups], self.n[:, groups])

    def limits(self, z: Floats) -> tuple[Floats, Floats]:
        """Exact limits; those of several rates are combined (MOVER, Zou and Donner 2008)."""
        rates = self.rates[:, None]
        low, high = self.single_limits(z)
        if len(self.weights) == 1:
            return low[0] * self.weights[0], high[0] * self.weights[0]
        weights = self.weights[:, None, None] ** 2
        below = np.sqrt((weights * (rates - low) ** 2).sum(axis=0))
        above = np.sqrt((weights * (high - rates) ** 2).sum(axis=0))
        return self.values - below, self.values + above

    def single_limits(self, z: Floats) -> tuple[Floats, Floats]:
        """Return each component's own limits ``(C, A, G)``."""
        n = self.n[:, None]
        return exact_limits(self.rates[:, None] * n, n, z)

    @cached_property
    def _margins(self) -> tuple[Integers, Integers]:
        """Whole counts k and n, shape ``(C, G)``: the margins that the null keeps."""
        scale = min(1.0, _MOST_ROWS / self.n.sum(axis=1).max())
        n = np.maximum(np.rint(self.n * scale), 1)
        return np.rint(self.rates * n).astype(np.int64), n.astype(np.int64)

    @cached_property
    def _common(self) -> tuple[float, Floats]:
        """The value of all groups together, and each group's standard error around it."""
        k, n = self._margins
        rate = k.sum(axis=1) / n.sum(axis=1)
        variance = (self.weights**2 * rate * (1 - rate)) @ (1 / n)
        return float(self.weights @ rate), np.sqrt(variance)

    def _deviations(self, values: Floats) -> Floats:
        common, error = self._common
        return np.divide(values - common, error, out=np.zeros_like(values), where=error > 0)

    def observed(self) -> Floats:
        """Return the deviations of the whole counts, so that ties with draws are ties."""
        k, n = self._margins
        return self._deviations(self.weights @ (k / n))

    def null(self, rng: np.random.Generator, n_draws: int) -> Floats:
        """Share each component's events out among its rows: multivariate hypergeometric."""
        k, n = self._margins
        order = np.lexsort((*k, *n))  # another order of the groups is the same draw
        values = np.zeros((n_draws, n.shape[1]))
        for weight, events, rows in zip(self.weights, k.sum(axis=1), n, strict=True):
            drawn = rng.multivariate_hypergeometric(
                rows[order], int(events), size=n_draws, method="marginals"
            )
            values[:, order] += weight * drawn / rows[order]
        return self._deviations(values)

    def apart(self, distance: float, *, below: float = 1.0) -> float:
        """From the exact counts of each pair of groups."""
        k, n = self._margins
        errors = self._common[1]
        return pairs_apart(self.weights, k.sum(axis=1), n, errors, distance, below=below)

    def margins(self) -> bytes:
        """Return whole counts and weights."""
        k, n = self._margins
        order = np.lexsort((*k, *n))
        return b"".join(part.tobytes() for part in (self.weights, k[:, order], n[:, order]))


@dataclass(frozen=True)
class Areas:
    """Areas under the ROC curve of G groups, each array ``(G,)``."""

    area: Floats
    variance: Floats
    positives: Floats
    negatives: Floats

    @property
    def values(self) -> Floats:
        """The areas."""
        return self.area

    @property
    def rows(self) -> Floats:
        """Positives or negatives, whichever are fewer."""
        found: Floats = np.minimum(self.positives, self.negatives)
        return found

    def of(self, groups: npt.NDArray[np.intp]) -> Areas:
        """Return some of the groups."""
        every = (self.area, self.variance, self.positives, self.negatives)
        return Areas(*(array[groups] for array in every))

    def limits(self, z: Floats) -> tuple[Floats, Floats]:
        """Newcombe's score interval; of few positives or negatives a bound that needs no model."""
        low, high = area_interval(self.area, self.variance, self.positives, self.negatives, z)
        few = self.rows < _FEW
        if few.any():
            sure = area_bounds(self.area, self.rows, z)
            low, high = np.where(few, sure[0], low), np.where(few, sure[1], high)
        return low, high

    @cached_property
    def _error(self) -> Floats:
        """Standard errors at the common area, DeLong's where they are larger."""
        model = area_variance(self.common, self.positives, self.negatives)
        return np.sqrt(np.fmax(model, self.variance))

    @cached_property
    def common(self) -> float:
        """The area of all groups together."""
        weights = 1 / (1 / self.positives + 1 / self.negatives)
        mean = float((weights * self.area).sum() / weights.sum())
        n = weights.sum()
        return (mean * n + 0.5) / (n + 1)  # never quite 0 or 1, where the variance would vanish

    def observed(self) -> Floats:
        """Return the deviations from the weighted mean."""
        precision = self._error**-2
        centre = (precision * self.area).sum() / precision.sum()
        return (self.area - centre) / self._error

    def null(self, rng: np.random.Generator, n_draws: int) -> Floats:
        """Draw normal areas and hold them against their own weighted mean."""
        order = np.lexsort((self.area, self._error))
        error, precision = self._error[order], self._error[order] ** -2
        drawn = rng.standard_normal((n_draws, len(order))) * error
        centre = (drawn @ precision / precision.sum())[:, None]
        deviations = np.empty_like(drawn)
        deviations[:, order] = (drawn - centre) / error
        return deviations

    def apart(self, distance: float, *, below: float = 1.0) -> float:
        """Of normal deviations; against their own mean they vary a little less."""
        return normal_pairs(len(self.area), distance)

    def margins(self) -> bytes:
        """Return areas and their errors."""
        order = np.lexsort((self.area, self._error))
        return self.area[order].tobytes() + self._error[order].tobytes()
