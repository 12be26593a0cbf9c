"""Two models under the same attacks on the same pictures: which pictures each keeps at each ε."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.contracts import Array, Norm, Robustness
from core.errors import InputError
from core.multiplicity import holm
from core.robustness.assemble import worst_distances
from core.robustness.curves import robust_at

__all__ = ["Defence", "DefencePoint", "defence", "worst_area"]


@dataclass(frozen=True, slots=True)
class DefencePoint:
    """Two models at one ε, worst case.

    Parameters
    ----------
    first, second : float
        Accuracy of each.
    lost, gained : int
        Pictures that only the first one keeps, and only the second one.
    p : float
        McNemar's exact test, Holm-adjusted over the ε.
    """

    eps: float
    n: int
    first: float
    second: float
    lost: int
    gained: int
    p: float

    @property
    def beyond_chance(self) -> bool:
        """Whether chance makes such a difference in fewer than 5 % of cases."""
        return self.p < 0.05


@dataclass(frozen=True, slots=True)
class Defence:
    """A second model held against a first one, ε by ε."""

    first: str
    second: str
    norm: Norm
    points: tuple[DefencePoint, ...]


def defence(first: Robustness, second: Robustness) -> Defence:
    """Compare two models picture by picture.

    Parameters
    ----------
    first : Robustness
        As :func:`robustness` returns it.
    second : Robustness
        Of another model, attacked alike.

    Returns
    -------
    Defence

    Raises
    ------
    InputError
        If pictures, norm or attacks are not the same.
    """
    for what, one, other in (
        ("pictures", (first.fingerprint, first.ids), (second.fingerprint, second.ids)),
        ("norm", first.norm, second.norm),
        ("attacks", first.attacks, second.attacks),
    ):
        if one != other:
            raise InputError(
                f"{first.model} and {second.model} were not attacked alike: the {what} differ. "
                "Compare two models on the same pictures, with the same attacks."
            )
    eps = sorted({p.eps for found in (first, second) for p in found.worst_case[0].points})
    worst = [_worst(first), _worst(second)]
    return Defence(first.model, second.model, first.norm, _points(worst, eps))


def worst_area(found: Robustness, eps: float) -> float:
    """Return the area under the worst case from 0 to ``eps``, divided by ``eps``.

    Curves that end at different ε can be held against each other by it.

    Parameters
    ----------
    found : Robustness
        As :func:`robustness` returns it.
    eps : float
        Where the area ends.

    Returns
    -------
    float
        From 0 to 1.
    """
    return float(np.minimum(_worst(found).astype(np.float64) / eps, 1).mean())


def _worst(found: Robustness) -> Array:
    return worst_distances(dict(zip(found.attacks, found.distances, strict=True)))


def _points(worst: list[Array], steps: list[float]) -> tuple[DefencePoint, ...]:
    from scipy.stats import binomtest

    counted = []
    for eps in steps:
        one, other = (robust_at(distances, eps) for distances in worst)
        lost, gained = int((one & ~other).sum()), int((other & ~one).sum())
        p = float(binomtest(lost, lost + gained).pvalue) if lost + gained else 1.0
        counted.append((eps, float(one.mean()), float(other.mean()), lost, gained, p))
    adjusted = holm([entry[-1] for entry in counted])
    return tuple(
        DefencePoint(eps, len(worst[0]), a, b, lost, gained, float(p))
        for (eps, a, b, lost, gained, _), p in zip(counted, adjusted, strict=True)
    )
