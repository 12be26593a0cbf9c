"""Bisecting between a picture and its broken copy, for attacks that look for a distance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.axes import along
from core.contracts import Array
from core.robustness.attacks.base import Problem

__all__ = ["between", "bisected"]


def between(problem: Problem, broken: Array, share: npt.NDArray[np.floating]) -> Array:
    """Return the points that lie ``share`` of the way from the inputs to ``broken``.

    In L∞ the way is cut rather than shortened: the largest changes shrink first.
    """
    delta = broken - problem.inputs
    if problem.norm == "linf":
        delta = problem.ball.shrink(delta, share * problem.ball.size(delta))
    else:
        delta = delta * along(share.astype(np.float32), delta)
    return np.asarray(np.clip(problem.inputs + delta, 0, 1), np.float32)


def bisected(problem: Problem, broken: Array, *, rounds: int) -> Array:
    """Return points nearer to the inputs that are still broken; ``rounds`` forward passes.

    Pictures whose ``broken`` copy is none are returned as they are.
    """
    low, high = np.zeros(len(problem)), np.ones(len(problem))
    best = broken.copy()
    for _ in range(rounds):
        problem.control.check()
        middle = (low + high) / 2
        tried = between(problem, broken, middle)
        ok = problem.broken(problem.passes.logits(tried))
        best[ok] = tried[ok]
        low, high = np.where(ok, low, middle), np.where(ok, middle, high)
    return best
