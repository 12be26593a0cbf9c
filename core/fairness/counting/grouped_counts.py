"""What metrics look at: the counts of some groups, and draws of what they might have been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.fairness.counting.effective import kish
from core.fairness.counting.intervals import normal_quantile
from core.fairness.counting.scores import Scores

__all__ = ["Column", "Reference", "GroupedCounts", "redrawn"]

Floats = npt.NDArray[np.float64]
_PRIOR = 2.0
"""Pseudo-rows: ½ for each of four cells (Dirichlet ½), spread evenly where there are more."""
_MOST_DRAWN = 8_000_000
_MOST_SEED = 2.0**63


@dataclass(frozen=True)
class Column:
    """One metric of G groups, arrays ``(G,)``; ``k`` is NaN for metrics that are no rates."""

    k: Floats
    of: Floats
    n_effective: Floats
    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Reference:
    """The group that impact ratios divide by: its number, its rate, and draws of that ``(B,)``."""

    index: int
    rate: float
    draws: Floats


@dataclass(frozen=True)
class GroupedCounts:
    """G groups as metrics see them.

    Parameters
    ----------
    w, w2 : ndarray of float64, shape (G, K, K)
        Sums of weights and of their squares, by true and predicted class.
    scores : Scores or None
    alpha : float
        Intervals have confidence 1 − alpha.
    n_boot, seed : int
    reference : Reference or None
        ``None`` where there is no group to compare selection rates with.
    first : int
        Number of the first of these groups among all of the attribute's.
    """

    w: Floats
    w2: Floats
    scores: Scores | None
    alpha: float
    n_boot: int
    seed: int
    reference: Reference | None = None
    first: int = 0

    @property
    def z(self) -> float:
        """Standard normal deviations of the intervals."""
        return normal_quantile(1 - self.alpha)

    @cached_property
    def n_effective(self) -> Floats:
        """Kish's effective number of rows of each group."""
        return kish(self.w.sum(axis=(-2, -1)), self.w2.sum(axis=(-2, -1)))

    @cached_property
    def draws(self) -> Floats:
        """What the cells might have been, ``(B, G, K, K)``; made once for all metrics."""
        flat = self.w.reshape(len(self.w), -1)
        drawn = redrawn(flat, self.n_effective, n_boot=self.n_boot, seed=self.seed)
        return drawn.reshape(self.n_boot, *self.w.shape)

    def percentiles(self, value: Floats, draws: Floats) -> tuple[Floats, Floats]:
        """Return the percentile interval of draws ``(B, G)``; it always holds ``value``."""
        ends = (self.alpha / 2, 1 - self.alpha / 2)
        low, high = _quantiles(draws, ends)
        return np.fmin(low, value) + 0 * value, np.fmax(high, value) + 0 * value

    def whole(self, value: Floats, low: Floats, high: Floats) -> Column:
        """Return the column of a metric that speaks of all rows and is no rate."""
        return Column(
            np.full(len(value), np.nan),
            self.w.sum(axis=(-2, -1)),
            self.n_effective,
            value,
            low,
            high,
        )

    def chunks(self) -> Iterator[GroupedCounts]:
        """Cut the groups into parts whose draws fit into memory."""
        step = max(1, _MOST_DRAWN // (self.n_boot * self.w.shape[-1] ** 2))
        for start in range(0, len(self.w), step):
            own = slice(start, start + step)
            scores = self.scores and self.scores.part(own)
            yield replace(self, w=self.w[own], w2=self.w2[own], scores=scores, first=start)

    def with_reference(self, rates: Floats, eligible: npt.NDArray[np.bool_]) -> GroupedCounts:
        """Return the groups with the one of the highest selection rate as reference.

        Parameters
        ----------
        rates : ndarray of float64, shape (G,)
            Selection rates.
        eligible : ndarray of bool, shape (G,)
            Which groups are large and known enough to serve.
        """
        if not eligible.any() or not np.nanmax(np.where(eligible, rates, -1)) > 0:
            return self
        best = int(np.nanargmax(np.where(eligible, rates, -1)))
        n = self.n_effective[best : best + 1]
        cells = np.array([[rates[best], 1 - rates[best]]]) * n
        draws = redrawn(cells, n, n_boot=self.n_boot, seed=self.seed + 1)[:, 0, 0] / np.rint(n[0])
        return replace(self, reference=Reference(best, float(rates[best]), draws))


def _quantiles(draws: Floats, ends: tuple[float, float]) -> list[Floats]:
    """Return what ``np.nanquantile`` does over the first axis, for all columns at once."""
    ordered = np.sort(draws, axis=0)  # NaN last
    last = np.maximum((~np.isnan(draws)).sum(axis=0) - 1, 0)
    columns = np.arange(draws.shape[1])
    found = []
    for end in ends:
        at = end * last
        below = np.floor(at).astype(np.intp)
        low, high = ordered[below, columns], ordered[np.minimum(below + 1, last), columns]
        found.append(low + (at - below) * (high - low))
    return found


def redrawn(cells: Floats, n: Floats, *, n_boot: int, seed: int) -> Floats:
    """Draw what counts might have been: a multinomial over Dirichlet-smoothed shares.

    Parameters
    ----------
    cells : ndarray, shape (G, m)
        Counts or sums of weights; cells of NaN are none.
    n : ndarray, shape (G,)
        Effective number of rows of each group.

    Returns
    -------
    ndarray of float64, shape (n_boot, G, m)

    Notes
    -----
    Each group draws from a generator of its own counts: neither its name nor its neighbours change
    what comes out. Without smoothing 0 of 30 would be drawn as 0 of 30 for ever.
    """
    drawn = np.zeros((n_boot, *cells.shape))
    for g, (own, size) in enumerate(zip(cells, n, strict=True)):
        there = ~np.isnan(own)
        total = own[there].sum()
        if not total > 0:
            continue
        smoothed = own[there] * (size / total) + _PRIOR / there.sum()
        counts = np.fmod(np.rint(own[there] * 64), _MOST_SEED).astype(np.uint64)
        rng = np.random.default_rng([seed, *counts.tolist()])
        drawn[:, g, there] = rng.multinomial(
            max(round(size), 1), smoothed / smoothed.sum(), size=n_boot
        )
    return drawn
