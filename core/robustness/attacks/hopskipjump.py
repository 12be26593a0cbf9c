"""HopSkipJump (Chen et al. 2019, arXiv:1904.02144): the predicted class is all that it sees."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along, inner
from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, Hits, Problem
from core.robustness.attacks.bisection import bisected

__all__ = ["HopSkipJump"]

_TRIES = 25
_HALVINGS = 12
_GROW = 6


class HopSkipJump(Attack):
    """Walks along the boundary by the answers alone, guessing its direction from random probes."""

    id = "hopskipjump"
    name = "HopSkipJump"
    summary = "Walks along the decision boundary, seeing nothing but the predicted class."
    limits = "Thousands of queries for a distance that gradients find in tens of steps."
    paper = "Chen et al. 2019, HopSkipJumpAttack, arXiv:1904.02144"
    needs = frozenset({"classes"})
    minimal = True
    iterative = False
    random = True
    parameters = (
        Parameter("rounds", "int", 15, "Steps along the boundary", low=1, high=200, step=5),
        Parameter("probes", "int", 60, "Random probes in the first round; they grow by its root",
                  low=10, high=10000, step=50),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the nearest broken pictures found; the input where no start was."""
        out = problem.inputs.copy()
        for i in range(len(problem)):
            one = problem.only(np.array([i]))
            out[i] = _one(one, int(parameters["rounds"]), int(parameters["probes"]))[0]
        return out


def _one(problem: Problem, rounds: int, probes: int) -> Array:
    rng = problem.rng(0)
    start = _start(problem, rng)
    if start is None:
        return problem.inputs
    here = bisected(problem, start, rounds=_HALVINGS)
    best, nearest = here, float(problem.ball.size(here - problem.inputs)[0])
    for number in range(1, rounds + 1):
        problem.control.check()
        size = float(problem.ball.size(here - problem.inputs)[0])
        if size == 0:
            break
        # Wide enough to cross the boundary, narrow enough to see it as a plane.
        width = max(0.1 * float(np.sqrt(((here - problem.inputs) ** 2).sum())), 1e-3)
        direction = _direction(problem, here, int(probes * np.sqrt(number)), width, rng)
        moved = _jump(problem, here, direction, size / np.sqrt(number))
        here = bisected(problem, moved, rounds=_HALVINGS)
        found = float(problem.ball.size(here - problem.inputs)[0])
        if found < nearest:
            best, nearest = here, found
    return best


def _start(problem: Problem, rng: np.random.Generator) -> Array | None:
    """Return a broken picture to come from: the first of some random ones."""
    shape = (_TRIES, *problem.inputs.shape[1:])
    noise = rng.uniform(0, 1, shape).astype(np.float32)
    share = along(np.linspace(0.1, 1, _TRIES, dtype=np.float32), noise)
    tried = (1 - share) * problem.inputs + share * noise
    hit = _broken(problem, tried)
    if hit.any():
        return tried[[int(hit.argmax())]]
    for cells in (1, 2, 4):  # then plain colours, and blocks of black and white in each channel
        *sites, channels = shape[1:]
        coarse = (_TRIES, *[cells] * len(sites), channels)
        grown = rng.integers(0, 2, coarse).astype(np.float32)
        for axis, side in enumerate(sites, start=1):
            grown = grown.repeat(-(-side // cells), axis=axis).take(range(side), axis=axis)
        hit = _broken(problem, grown)
        if hit.any():
            return np.asarray(grown[[int(hit.argmax())]])
    return None


def _broken(problem: Problem, pictures: Array) -> Hits:
    """Return which of many versions of the one picture are broken."""
    return problem.only(np.zeros(len(pictures), np.intp)).broken(problem.passes.logits(pictures))


def _direction(
    problem: Problem, here: Array, probes: int, width: float, rng: np.random.Generator
) -> Array:
    """Guess the direction in which pictures stay broken (the paper's equation 16)."""
    total = np.zeros_like(here[0])
    plain = np.zeros_like(here[0])
    hits, done = 0, 0
    while done < probes:
        number = min(64, probes - done)
        drawn = rng.standard_normal((number, *here.shape[1:])).astype(np.float32)
        drawn /= np.sqrt((drawn**2).sum(axis=inner(drawn), keepdims=True))
        tried = np.clip(here + np.float32(width) * drawn, 0, 1)
        drawn = (tried - here) / np.float32(width)
        hit = _broken(problem, tried)
        total += np.where(along(hit, drawn), drawn, -drawn).sum(axis=0)
        plain += drawn.sum(axis=0)
        hits, done = hits + int(hit.sum()), done + number
    mean = 2 * hits / done - 1
    if abs(mean) < 1:
        total = total - np.float32(mean) * plain
    return problem.ball.steepest((total if mean > -1 else -plain)[None])


def _jump(problem: Problem, here: Array, direction: Array, step: float) -> Array:
    """Step along the direction, halving the step until the picture is still broken."""
    for _ in range(_GROW * 2):
        moved = np.clip(here + np.float32(step) * direction, 0, 1)
        if problem.broken(problem.passes.logits(moved))[0]:
            return np.asarray(moved)
        step /= 2
    return here
