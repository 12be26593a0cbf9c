"""One attack over growing ε: what broke stays broken, and only the rest is attacked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.axes import along
from core.contracts import Array, Norm
from core.parameters import Value
from core.robustness.attacks.base import Attack, Problem, Rows
from core.robustness.norms import ball

__all__ = ["TOLERANCE", "Swept", "attacked", "default_eps_grid", "rounded_towards", "sweep"]

TOLERANCE = 1e-6
"""How far beyond ε float32 rounding may carry a perturbation."""
_FIRST: dict[Norm, float] = {"linf": 0.25 / 255, "l2": 1 / 16, "l1": 1.0, "area": 0.01}
_LEVELS = 255
_FURTHER = (2.0, 4.0)
"""Times that a perturbation is lengthened, then cut to the ball: rounding takes from it again."""
_WHOLE = 1e-4
"""Of an 8-bit level: a perturbation this close below a whole level is that level."""


@dataclass
class Swept:
    """What was found so far.

    Parameters
    ----------
    distances, rounded : ndarray of float64, shape (N,)
        Norm of the smallest perturbation that breaks a picture, as it is and rounded to 8 bits;
        0 where the model is wrong anyway, infinite where there is none.
    clean : ndarray of int64, shape (N,)
        Classes of the unharmed pictures.
    pictures : ndarray of float32, shape (N, H, W, 3)
        The broken pictures; the inputs where there is none.
    """

    distances: Array
    rounded: Array
    clean: npt.NDArray[np.int64]
    pictures: Array


def default_eps_grid(norm: Norm, n_values: int) -> tuple[float, ...]:
    """Return ε that double from a quarter of an 8-bit level up to no bound at all.

    >>> [round(eps * 255, 2) for eps in default_eps_grid("linf", 12)]
    [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 255.0]
    """
    furthest = ball(norm).furthest(n_values)
    steps = [_FIRST[norm]]
    while steps[-1] * 2 < furthest:
        steps.append(steps[-1] * 2)
    return (*steps, furthest)


def rounded_towards(moved: Array, inputs: Array) -> Array:
    """Return pictures of whole 8-bit levels between ``inputs``, rounded, and ``moved``.

    Rounding shortens every value's way, so the result stays in every ball around the inputs.
    """
    origin = np.rint(inputs * _LEVELS)
    way = moved * _LEVELS - origin
    levels = origin + np.sign(way) * np.floor(np.abs(way) + _WHOLE)
    return np.asarray(levels / _LEVELS, np.float32)


def attacked(attack: type[Attack], problem: Problem, parameters: Mapping[str, Value]) -> Swept:
    """Return what one run at ``problem.eps`` finds, every picture by itself."""
    found = _unharmed(problem)
    _run(attack, problem, parameters, np.arange(len(problem)), found, rounding=False)
    return found


def sweep(
    attack: type[Attack], problem: Problem, parameters: Mapping[str, Value],
    epsilons: Sequence[float], *, rounding: bool,
) -> Swept:  # fmt: skip
    """Return the smallest perturbations that ``attack`` finds, going up through ``epsilons``.

    Parameters
    ----------
    problem : Problem
        Its ``eps`` is not read.
    epsilons : sequence of float
        Ascending; a minimal attack runs once, without any.
    rounding : bool
        Whether to go on until pictures rounded to 8 bits are broken too.
    """
    found = _unharmed(problem)
    steps = (problem.ball.furthest(problem.inputs[0].size),) if attack.minimal else epsilons
    for eps in steps:
        at = replace(problem, eps=float(eps))
        if rounding:
            _stretch(at, found)
        left = np.flatnonzero(np.isinf(found.rounded if rounding else found.distances))
        if not len(left):
            break
        _run(attack, at, parameters, left, found, rounding=rounding)
    if rounding and attack.minimal:
        for eps in epsilons:
            _stretch(replace(problem, eps=float(eps)), found)
    return found


def _unharmed(problem: Problem) -> Swept:
    logits = problem.passes.logits(problem.inputs)
    wrong = problem.wrong(logits)
    distances = np.where(wrong, 0.0, np.inf)
    return Swept(distances, distances.copy(), logits.argmax(axis=1), problem.inputs.copy())


def _run(
    attack: type[Attack], problem: Problem, parameters: Mapping[str, Value], rows: Rows,
    found: Swept, *, rounding: bool,
) -> None:  # fmt: skip
    part = problem.only(rows)
    moved = attack().perturb(part, parameters)
    _take(part, moved, rows, found)
    if rounding:
        _take_rounded(part, moved, rows, found)
        for factor in _FURTHER:
            _stretch(problem, found, rows, factor=factor)


def _take(part: Problem, moved: Array, rows: Rows, found: Swept) -> None:
    sizes = part.ball.size(moved - part.inputs)
    broken = part.broken(part.passes.logits(moved)) & (sizes <= part.eps + TOLERANCE)
    better = broken & (sizes < found.distances[rows])
    found.distances[rows[better]] = sizes[better]
    found.pictures[rows[better]] = moved[better]


def _take_rounded(part: Problem, moved: Array, rows: Rows, found: Swept) -> None:
    whole = rounded_towards(moved, part.inputs)
    sizes = part.ball.size(whole - part.inputs)
    able = np.flatnonzero(sizes > 0)
    if not len(able):
        return
    broken = part.only(able).broken(part.passes.logits(whole[able]))
    hit = able[broken & (sizes[able] < found.rounded[rows[able]])]
    found.rounded[rows[hit]] = sizes[hit]


def _stretch(
    problem: Problem, found: Swept, among: Rows | None = None, *, factor: float | None = None
) -> None:
    """Lengthen what broke pictures that withstand it in 8 bits, and round: passes, no attack.

    Without a ``factor``, to ε exactly.
    """
    able = np.isinf(found.rounded) & (found.distances < problem.eps)
    rows = np.flatnonzero(able) if among is None else among[able[among]]
    if not len(rows) or problem.norm == "area":
        return
    part = problem.only(rows)
    factors = problem.eps / found.distances[rows] if factor is None else np.full(len(rows), factor)
    way = found.pictures[rows] - part.inputs
    way = way * along(factors.astype(np.float32), way)
    _take_rounded(part, part.project(part.inputs + way), rows, found)
