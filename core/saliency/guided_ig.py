"""Guided IG (Kapishnikov et al. 2021): a path that moves first what changes the score least."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from core.axes import along
from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.path import (
    BASELINE,
    MAX_PASSES,
    TOLERANCE,
    Integral,
    Path,
    Positions,
    attribution,
    chosen,
    refine,
)

__all__ = ["GuidedIg", "advance"]

Floats = npt.NDArray[np.float64]

_LAYING = 0.4
"""Share of the progress at which the path is laid."""


class GuidedIg(Method):
    """Integrated gradients along a path bent by the gradient itself.

    Each step closes the same share of the L1 distance to the picture, by moving the values with
    the smallest gradient, ``fraction`` of all at a time; none may run ahead of the straight path
    or fall behind it by more than ``max_distance``. The path is the authors'; the integral along
    it is refined as in integrated gradients. They take the gradient at each step's start alone:
    on the cat of the examples their program's shares add up to 7.7 with 50 steps and to 12.3 with
    100, where the score changes by 9.9.
    """

    id = "guided_ig"
    name = "Guided IG"
    summary = (
        "Integrated gradients along a path that avoids steep, noisy stretches: blue for the "
        "class, orange against."
    )
    limits = (
        "One pass after the other: slow. The path, and so the map, depends on the number of "
        "steps and on the baseline."
    )
    paper = "Kapishnikov et al. 2021, Guided Integrated Gradients, arXiv:2106.09788"
    signed = True
    slow = True
    random = True
    parameters = (
        BASELINE,
        Parameter(
            "n_steps", "int", 50, "Steps of the path, for each baseline", low=2, high=500, step=1,
        ),
        Parameter(
            "fraction", "float", 0.25, "Share of the values that move at a time",
            low=0.01, high=1.0, step=0.01,
        ),
        Parameter(
            "max_distance", "float", 0.02, "How far a value may leave the straight path, as a "
            "share of its way (0 is integrated gradients)", low=0.0, high=1.0, step=0.01,
        ),
        TOLERANCE,
        MAX_PASSES,
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the shares along the guided path of each picture."""
        names = chosen(problem, parameters)
        attributions = []
        for i in range(len(problem.inputs)):
            done = []
            for k, name in enumerate(names):
                part = (i * len(names) + k, len(problem.inputs) * len(names))
                start = problem.modality.empty(name, problem.inputs[i], seed=problem.seed)
                done.append(_integral(problem, i, start, parameters, part))
            attributions.append(attribution(done, names))
        return attributions


def _integral(
    problem: Problem,
    i: int,
    start: Array,
    parameters: Mapping[str, Value],
    part: tuple[int, int],
) -> Integral:
    direction = problem.directions[i]

    def report(share: float, words: str) -> None:
        problem.control.progress((part[0] + share) / part[1], words)

    def gradient(points: Array) -> tuple[Array, Array]:
        problem.control.check()
        directions = np.repeat(direction[None], len(points), axis=0)
        logits, gradients = problem.passes.gradient(points, directions)
        return logits @ direction, gradients

    corners, path = _lay(start, problem.inputs[i], gradient, parameters, report)

    def evaluate(at: Positions) -> tuple[Array, Array]:
        legs = at.astype(int)
        moves = corners[legs + 1] - corners[legs]
        points = corners[legs] + along((at - legs).astype(np.float32), moves) * moves
        f, gradients = gradient(points)
        return f, (gradients * moves).sum(axis=-1)

    return refine(
        path,
        evaluate,
        tolerance=float(parameters["tolerance"]),
        cap=max(int(parameters["max_passes"]), len(corners)),
        report=lambda share, error: report(
            _LAYING + (1 - _LAYING) * share, f"completeness error {error:.1%}"
        ),
    )


def _lay(
    start: Array,
    picture: Array,
    gradient: Callable[[Array], tuple[Array, Array]],
    parameters: Mapping[str, Value],
    report: Callable[[float, str], None],
) -> tuple[Array, Path]:
    """Return the corners of the path ``(n_steps + 1, *sites, C)`` and what is known along it."""
    n_steps, far = int(parameters["n_steps"]), float(parameters["max_distance"])
    whole = picture.astype(np.float64) - start
    way, gone = np.abs(whole).ravel(), np.zeros(whole.size)
    corners = np.empty((n_steps + 1, *picture.shape), np.float32)
    corners[0] = start
    f, g = gradient(corners[:1])
    values, slopes = [f[0]], []
    for step in range(1, n_steps + 1):
        t = step / n_steps
        bounds = (max(t - far, 0.0), min(t + far, 1.0))
        gone = advance(
            gone, way, np.abs(g[0]).ravel(), t, bounds, fraction=float(parameters["fraction"])
        )
        corners[step] = start + gone.reshape(picture.shape) * whole
        move = corners[step] - corners[step - 1]
        slopes.append((g[0] * move).sum(axis=-1))
        f, g = gradient(corners[step : step + 1])
        slopes.append((g[0] * move).sum(axis=-1))
        values += [f[0], f[0]]
        report(_LAYING * t, f"step {step} of {n_steps}")
    at = np.repeat(np.arange(n_steps + 1.0), 2)[1:-1]
    return corners, Path(at, np.array(values[:-1]), np.stack(slopes))


def advance(
    at: Floats,
    way: Floats,
    steepness: Array,
    t: float,
    bounds: tuple[float, float],
    *,
    fraction: float,
) -> Floats:
    """Return the positions after a step that brings the L1 way gone to ``t`` of the whole.

    Parameters
    ----------
    at : ndarray of float64, shape (n,)
        Share of its way that each value has gone.
    way : ndarray of float64, shape (n,)
        |x − x′| of each value.
    steepness : ndarray, shape (n,)
        |∂f/∂x|: the least moves first.
    bounds : tuple of float
        Nobody may be behind the first; nobody may pass the second.
    fraction : float
        Share of all the values that move together; the last such group moves as far as needed.
    """
    low, high = bounds
    at = np.where(way > 0, np.maximum(at, low), 1.0)
    missing = t * way.sum() - at @ way
    movable = np.flatnonzero((at < high) & (way > 0))
    if missing <= 0 or not len(movable):
        return at
    order = movable[np.argsort(steepness[movable], kind="stable")]
    reach = np.cumsum((high - at[order]) * way[order])
    size = int(fraction * (len(at) - 1)) + 1
    # The group in which the way still missing runs out: all before it go as far as they may.
    last = int(np.searchsorted(reach, missing)) // size
    full, partly = order[: last * size], order[last * size : (last + 1) * size]
    at[full] = high
    left = missing - (reach[last * size - 1] if last else 0.0)
    room = (high - at[partly]) @ way[partly]
    if room > 0:
        at[partly] += min(1.0, left / room) * (high - at[partly])
    return at
