"""Auto-PGD: projected gradient ascent that halves its own step (Croce and Hein 2020)."""

from __future__ import annotations

import numpy as np

from core.axes import along
from core.contracts import Array
from core.robustness.attacks.base import Hits, Labels, LossName, Problem, Rows

__all__ = ["auto_pgd", "checkpoints"]

_MOMENTUM = 0.75
_ENOUGH = 0.75
"""Share of steps between two checkpoints that must have gained, or the step is halved."""


def checkpoints(steps: int) -> list[int]:
    """Return the steps at which the step size is judged (the paper's section 3.1).

    >>> checkpoints(100)
    [22, 41, 57, 70, 80, 87, 93, 99]
    """
    shares = [0.0, 0.22]
    while shares[-1] < 1:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    return [found for share in shares[1:] if (found := int(np.ceil(share * steps - 1e-9))) < steps]


class _State:
    """Every picture's path: where it is, where it was, the best it saw, and its step."""

    def __init__(self, problem: Problem, start: Array) -> None:
        n = len(problem)
        self.here, self.before, self.best = start.copy(), start.copy(), start.copy()
        self.best_gradient = np.zeros_like(start)
        self.highest = np.full(n, -np.inf)
        self.highest_then = np.full(n, -np.inf)
        self.last = np.full(n, -np.inf)
        self.gains = np.zeros(n)
        self.step = np.full(n, 2 * problem.eps)
        self.halved = np.ones(n, bool)


def auto_pgd(
    problem: Problem, start: Array, *, loss: LossName, steps: int, targets: Labels | None = None
) -> Array:
    """Return pictures after at most ``steps`` passes; a broken one moves no further.

    Parameters
    ----------
    start : ndarray of float32, shape (N, H, W, 3)
        Inside the balls.
    loss : str
        What is climbed.
    targets : ndarray of int64, optional
        For targeted losses; what counts as broken stays the problem's.
    """
    state = _State(problem, start)
    judged = checkpoints(steps)
    left = np.arange(len(problem))
    previous = 0
    for k in range(steps):
        problem.control.check()
        part = problem.only(left)
        aims = part.targets if targets is None else targets[left]
        logits, values, gradient = problem.passes.ascent(state.here[left], loss, part.labels, aims)
        broken = part.broken(logits)
        state.best[left[broken]] = state.here[left[broken]]
        left, values, gradient = left[~broken], values[~broken], gradient[~broken]
        if not len(left):
            break
        _remember(state, left, values, gradient)
        if k in judged:
            back = _judge(state, left, k - previous)
            previous = k
            gradient = np.where(along(back, gradient), state.best_gradient[left], gradient)
        _move(problem, state, left, gradient, first=k == 0)
    return state.best


def _remember(state: _State, left: Rows, values: Array, gradient: Array) -> None:
    state.gains[left] += values > state.last[left]
    state.last[left] = values
    better = values > state.highest[left]
    rows = left[better]
    state.highest[rows] = values[better]
    state.best[rows] = state.here[rows]
    state.best_gradient[rows] = gradient[better]


def _judge(state: _State, left: Rows, taken: int) -> Hits:
    """Halve the steps that gain too little, and send those pictures back to their best point."""
    few = state.gains[left] < _ENOUGH * taken
    stuck = ~state.halved[left] & (state.highest[left] <= state.highest_then[left])
    back = few | stuck
    state.halved[left] = back
    state.highest_then[left] = state.highest[left]
    state.gains[left] = 0
    rows = left[back]
    state.step[rows] /= 2
    state.here[rows] = state.best[rows]
    state.before[rows] = state.best[rows]
    return np.asarray(back)


def _move(problem: Problem, state: _State, left: Rows, gradient: Array, *, first: bool) -> None:
    part = problem.only(left)
    here = state.here[left]
    step = along(state.step[left].astype(np.float32), here)
    new = part.project(here + step * part.ball.steepest(gradient))
    if not first:
        ahead = here + _MOMENTUM * (new - here) + (1 - _MOMENTUM) * (here - state.before[left])
        new = part.project(ahead)
    state.before[left] = here
    state.here[left] = new
