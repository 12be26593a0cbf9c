"""A universal perturbation (Moosavi-Dezfooli et al. 2016, arXiv:1610.08401)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along
from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, LossName, Problem

__all__ = ["Universal"]


class Universal(Attack):
    """One perturbation for all pictures that are attacked together, by projected ascent."""

    id = "universal"
    name = "Universal perturbation"
    summary = "One perturbation for all pictures at once: what a camera's dirty lens could carry."
    limits = "Made and judged on the same batch of at most 64 pictures: its reach is overstated."
    paper = "Moosavi-Dezfooli et al. 2016, arXiv:1610.08401; by ascent: Shafahi et al. 2018, arXiv:1811.11304"  # noqa: E501
    parameters = (
        Parameter("steps", "int", 40, "Steps over the whole batch", low=1, high=1000, step=10),
        Parameter("relative_step", "float", 0.1, "Size of a step as a share of ε", low=0.001,
                  high=2, step=0.05),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures, all moved by the same perturbation and cut to [0, 1]."""
        delta = np.zeros_like(problem.inputs[:1])
        radius = np.array([problem.eps])
        step = np.float32(problem.eps * float(parameters["relative_step"]))
        loss: LossName = "margin" if problem.targets is None else "margin_targeted"
        best, most = delta, -1.0
        for _ in range(int(parameters["steps"])):
            problem.control.check()
            moved = problem.project(problem.inputs + delta)
            logits, values, gradient = problem.passes.ascent(
                moved, loss, problem.labels, problem.targets
            )
            broken = float(problem.broken(logits).mean())
            if broken > most:
                best, most = delta, broken
            # Pictures that are broken already no longer pull.
            pull = np.where(along(values < 0, gradient), gradient, 0).sum(0, keepdims=True)
            if not pull.any():
                break
            delta = problem.ball.shrink(delta + step * problem.ball.steepest(pull), radius)
        last = problem.project(problem.inputs + delta)
        if float(problem.broken(problem.passes.logits(last)).mean()) >= most:
            return last
        return problem.project(problem.inputs + best)
