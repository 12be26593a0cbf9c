"""Steps uphill inside the ball, shared by the attacks that follow a gradient."""

from __future__ import annotations

import numpy as np

from core.axes import inner
from core.contracts import Array
from core.robustness.attacks.base import LossName, Problem

__all__ = ["gradient_ascent"]

_TINY = 1e-30


def gradient_ascent(
    problem: Problem, start: Array, *, steps: int, step: float, momentum: float = 0.0
) -> Array:
    """Return pictures after ``steps`` steps of size ``step``; a broken one moves no further.

    Broken pictures leave the batch at once: what is left takes fewer passes.

    Parameters
    ----------
    start : ndarray of float32, shape (N, H, W, 3)
        Inside the balls.
    step : float
        In the norm of the problem.
    momentum : float
        Decay of accumulated gradients, each scaled to a mean absolute value of 1 (Dong et al.
        2018, arXiv:1710.06081); 0 follows the last gradient alone.
    """
    reached = start.copy()
    loss: LossName = "ce" if problem.targets is None else "ce_targeted"
    left = np.arange(len(problem))
    gathered = np.zeros_like(start) if momentum else None
    for _ in range(steps):
        problem.control.check()
        part = problem.only(left)
        logits, _, gradient = problem.passes.ascent(reached[left], loss, part.labels, part.targets)
        going = ~part.broken(logits)
        left, gradient = left[going], gradient[going]
        if not len(left):
            break
        if gathered is not None:
            each = np.abs(gradient).mean(axis=inner(gradient), keepdims=True)
            gathered[left] = momentum * gathered[left] + gradient / np.maximum(each, _TINY)
            gradient = gathered[left]
        moved = reached[left] + np.float32(step) * problem.ball.steepest(gradient)
        reached[left] = problem.only(left).project(moved)
    return reached
