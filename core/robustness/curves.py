"""From the distance at which each picture broke to curves with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import (
    Array,
    GroupCount,
    Norm,
    RobustCurve,
    RobustGap,
    RobustPoint,
    groups_in_order,
)
from core.data.gaps import largest_gap
from core.multiplicity import holm
from core.proportions import wilson
from core.robustness.sweep import TOLERANCE

__all__ = ["WORST_CASE", "curve", "gaps", "evaluated_eps", "of_groups", "robust_at"]

WORST_CASE = "worst_case"
_LEVEL = 0.05
Mask = npt.NDArray[np.bool_]


def robust_at(distances: Array, eps: float) -> Mask:
    """Return which pictures are right and stay so at ``eps``."""
    if eps == 0:
        return np.asarray(distances > 0)
    return np.asarray(distances > eps + TOLERANCE)


def evaluated_eps(
    asked: Sequence[float], eps_grid: Sequence[float], worst: Array
) -> tuple[float, ...]:
    """Return the ε of a curve: those asked for, or the grid's up to where nothing is left."""
    if asked:
        return (0.0, *asked)
    needed = sum(bool(robust_at(worst, eps).any()) for eps in eps_grid)
    return (0.0, *eps_grid[: min(needed + 1, len(eps_grid))])


def curve(
    attack: str, distances: Array, rounded: Array | None, steps: Sequence[float], *,
    norm: Norm, group: str = "", control: bool = False,
) -> RobustCurve:  # fmt: skip
    """Return accuracy against ε.

    Parameters
    ----------
    distances : ndarray, shape (n,)
        At which each picture breaks: 0 if it is wrong anyway, infinite if nothing broke it.
    rounded : ndarray, optional
        The same of pictures rounded to 8 bits.
    steps : sequence of float
        The ε, ascending from 0.
    """
    right = distances[distances > 0]
    hit = right[np.isfinite(right)]
    median = float(np.median(right)) if len(right) else np.inf
    return RobustCurve(
        attack=attack,
        norm=norm,
        group=group,
        control=control,
        points=tuple(_point(distances, rounded, eps) for eps in steps),
        median_distance=median if np.isfinite(median) else None,
        mean_distance=float(hit.mean(dtype=np.float64)) if len(hit) else None,
        area=float(np.minimum(distances.astype(np.float64) / steps[-1], 1).mean()),
    )


def _point(distances: Array, rounded: Array | None, eps: float) -> RobustPoint:
    n, left = len(distances), int(robust_at(distances, eps).sum())
    low, high = wilson(left, n)
    whole = None if rounded is None else float(robust_at(rounded, eps).mean())
    return RobustPoint(eps, left / n, low, high, n, whole)


def of_groups(groups: Sequence[str]) -> dict[str, Mask]:
    """Return the pictures of each group, all of them first under the name ``""``."""
    values = np.asarray(groups, str)
    return {"": np.ones(len(values), bool)} | {
        str(name): np.asarray(values == name) for name in groups_in_order(np.unique(values)) if name
    }


def gaps(
    attribute: str, members: Mapping[str, Mask], worst: Array, steps: Sequence[float], *, seed: int
) -> tuple[RobustGap, ...]:
    """Return at each ε the two groups that differ most, and whether chance makes such a gap.

    The intervals, of the largest true gap between any two groups, hold at once at all ε.

    Groups of fewer than 10 pictures are not looked at; no gap is reported where fewer than two
    are left, or all are alike.
    """
    found = []
    for eps in steps:
        ok = robust_at(worst, eps)
        counts = [
            GroupCount(attribute, name, int(rows.sum()), int(ok[rows].sum()))
            for name, rows in members.items()
            if name
        ]
        gap = largest_gap(counts, seed=seed, level=_LEVEL / len(steps))
        if gap is not None:
            found.append((eps, gap))
    adjusted = holm([gap.p for _, gap in found])
    return tuple(
        RobustGap(
            attribute, eps, gap.best.group, gap.worst.group, gap.difference, gap.low, gap.high,
            float(p),
        )
        for (eps, gap), p in zip(found, adjusted, strict=True)
        if gap.difference > 0
    )  # fmt: skip
