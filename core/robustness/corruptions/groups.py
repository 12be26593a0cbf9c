"""Who suffers most under corruptions, and whether by chance: pictures are the units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from core.contracts import CorruptionGap, CorruptionGroup
from core.differences import range_interval_of
from core.multiplicity import holm
from core.proportions import exact_limits

__all__ = ["gaps", "mean_of"]

_LEAST = 10
"""Groups of fewer pictures are not compared."""
_DRAWS = 4999
_ALPHA, _LEVEL = 0.05, 0.975
_TIE = 1e-12
Shares = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def mean_of(name: str, shares: Shares) -> CorruptionGroup:
    """Return the mean of the shares of versions that each picture is right in, with its interval.

    >>> mean_of("", np.array([1.0, 0.5, 0.0])).accuracy
    0.5
    """
    n, mean = len(shares), float(shares.mean())
    half = _quantile(n - 1) * _error(shares) if n > 1 else 1.0
    return CorruptionGroup(name, n, mean, max(0.0, mean - half), min(1.0, mean + half))


def _error(shares: Shares) -> float:
    return float(shares.std(ddof=1) / np.sqrt(len(shares)))


def _quantile(freedom: float) -> float:
    from scipy.stats import t

    return float(t.ppf(_LEVEL, freedom))


def gaps(
    shares: Mapping[str, Shares], members: Mapping[str, Mask], *, seed: int
) -> tuple[CorruptionGap, ...]:
    """Return the widest gap of each entry of ``shares``, with its p value.

    Parameters
    ----------
    shares : mapping
        By corruption, ``""`` for all together: for each picture the share of its versions that are
        right, float64 ``(n,)``.
    members : mapping
        The pictures of each group, bool ``(n,)``; all of them, under ``""``, are no group.
    seed : int
        Of the random assignments; all entries see the same ones.
    """
    groups = {name: own for name, own in members.items() if name and own.sum() >= _LEAST}
    if len(groups) < 2:
        return ()
    rows = [np.flatnonzero(own) for own in groups.values()]
    drawn = _null(shares, rows, seed)
    single = [name for name in shares if name]
    level = _ALPHA / max(1, len(single))
    found = {
        name: _gap(name, own, list(groups), rows, p, level if name else _ALPHA)
        for (name, own), p in zip(shares.items(), drawn, strict=True)
    }
    adjusted = dict(zip(single, holm([found[name].p for name in single]), strict=True))
    return tuple(replace(gap, p=float(adjusted.get(name, gap.p))) for name, gap in found.items())


def _gap(
    name: str, own: Shares, groups: Sequence[str], rows: Sequence[npt.NDArray[np.intp]],
    p: float, level: float,
) -> CorruptionGap:  # fmt: skip
    members = [own[each] for each in rows]
    means = [float(each.mean()) for each in members]
    best, worst = int(np.argmax(means)), int(np.argmin(means))
    low, high = range_interval_of(partial(_limits, _moments(members)), len(rows), level=level)
    if p > level:  # the assignments are exact where moments of few, uneven shares are not
        low = 0.0
    return CorruptionGap(
        name, groups[best], groups[worst], means[best] - means[worst], low, high, p
    )


def _moments(members: Sequence[Shares]) -> Shares:
    """Return size, mean and effective size of each group, ``(3, G)``.

    Of a share the variance is at most a rate's: the effective size is that of a rate with the same
    error. Where all pictures are alike it is the number of pictures, as if each were one draw.
    """
    n = np.array([len(own) for own in members], np.float64)
    mean = np.array([own.mean() for own in members])
    error = np.array([_error(own) for own in members])
    most = np.sqrt(mean * (1 - mean) / n)
    steady = (error > 0) & (error < most)
    return np.stack([n, mean, n * np.where(steady, most / np.where(steady, error, 1.0), 1.0) ** 2])


def _limits(moments: Shares, z: Shares) -> tuple[Shares, Shares]:
    """Return exact limits of the means at each z, widened as Student's distribution asks."""
    from scipy.special import ndtr, stdtrit

    n, mean, effective = moments
    return exact_limits(mean * effective, effective, stdtrit(n - 1, ndtr(z)))


def _null(
    shares: Mapping[str, Shares], rows: Sequence[npt.NDArray[np.intp]], seed: int
) -> list[float]:
    """Return for each entry how often pictures dealt out at random differ as much."""
    there = np.concatenate(rows)
    table = np.stack([own[there] for own in shares.values()], axis=1)
    sizes = np.array([len(each) for each in rows])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def spread(order: npt.NDArray[np.intp]) -> Shares:
        means = np.add.reduceat(table[order], starts, axis=0) / sizes[:, None]
        return np.asarray(np.ptp(means, axis=0))

    seen = spread(np.arange(len(there)))
    rng = np.random.default_rng(seed)
    wide = np.zeros(table.shape[1])
    for _ in range(_DRAWS):
        wide += spread(rng.permutation(len(there))) >= seen - _TIE
    return [float(p) for p in (1 + wide) / (1 + _DRAWS)]
