"""The attack of Carlini and Wagner in L2 (2016, arXiv:1608.04644)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along
from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, LossName, Problem
from core.robustness.attacks.bisection import bisected

__all__ = ["CarliniWagner"]

_INSIDE = 1 - 1e-6
_BETA = (0.9, 0.999)
_START = 1e-2
_TOP = 1e10
_ROUNDS = 6


class CarliniWagner(Attack):
    """Minimises ‖δ‖² plus c times the lead of the true class, over tanh-space, and searches c."""

    id = "carlini_wagner"
    name = "Carlini–Wagner"
    summary = "Minimises the distance and the true class's lead together, and searches their ratio."
    limits = "Slow: hundreds of gradients for each trial of the ratio."
    paper = "Carlini and Wagner 2016, Towards evaluating the robustness, arXiv:1608.04644"
    norms = ("l2",)
    minimal = True
    parameters = (
        Parameter("steps", "int", 100, "Steps of Adam for each ratio", low=1, high=10000, step=50),
        Parameter("searches", "int", 9, "Ratios that are tried", low=1, high=20, step=1),
        Parameter("learning_rate", "float", 0.01, "Step size of Adam", low=0.0001, high=1,
                  step=0.01),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the nearest broken pictures found."""
        n = len(problem)
        low, high, c = np.zeros(n), np.full(n, _TOP), np.full(n, _START)
        nearest, best = np.full(n, np.inf), problem.inputs.copy()
        for _ in range(int(parameters["searches"])):
            hit = _search(
                problem, c, int(parameters["steps"]), float(parameters["learning_rate"]),
                best, nearest,
            )  # fmt: skip
            high, low = np.where(hit, c, high), np.where(hit, low, c)
            c = np.where(high < _TOP, (low + high) / 2, c * 10)
        found = np.flatnonzero(np.isfinite(nearest))
        if len(found):  # Adam's first steps are long beside a near boundary
            best[found] = bisected(problem.only(found), best[found], rounds=_ROUNDS)
        return best


def _search(
    problem: Problem, c: Array, steps: int, rate: float, best: Array, nearest: Array
) -> Array:
    """Run Adam at the ratios ``c``; keep what is nearest, and return which were broken."""
    x = problem.inputs
    w = np.arctanh((2 * x - 1) * np.float32(_INSIDE))
    first, second = np.zeros_like(w), np.zeros_like(w)
    hit = np.zeros(len(x), bool)
    weight = along(c.astype(np.float32), x)
    loss: LossName = "margin" if problem.targets is None else "margin_targeted"
    for step in range(1, steps + 1):
        problem.control.check()
        squashed = np.tanh(w)
        here = (squashed + 1) / 2
        logits, values, gradient = problem.passes.ascent(
            here, loss, problem.labels, problem.targets
        )
        broken, sizes = problem.broken(logits), problem.ball.size(here - x)
        hit |= broken
        better = broken & (sizes < nearest)
        best[better], nearest[better] = here[better], sizes[better]
        # Once the margin is crossed only the distance counts.
        uphill = np.where(along(values < 0, gradient), weight * gradient, 0)
        slope = (2 * (here - x) - uphill) * (1 - squashed**2) / 2
        first = _BETA[0] * first + (1 - _BETA[0]) * slope
        second = _BETA[1] * second + (1 - _BETA[1]) * slope**2
        ahead = first / (1 - _BETA[0] ** step)
        spread = np.sqrt(second / (1 - _BETA[1] ** step)) + 1e-8
        w = w - np.float32(rate) * ahead / spread
    return hit
