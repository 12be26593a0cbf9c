"""Projected gradient descent (Madry et al. 2017, arXiv:1706.06083)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.gradient_ascent import gradient_ascent

__all__ = ["Pgd"]


class Pgd(Attack):
    """Small steps along the gradient from random points of the ball, restarted where they fail."""

    id = "pgd"
    name = "PGD"
    summary = "Small steps along the gradient from random points of the ball, with restarts."
    limits = "Its step size is fixed: APGD is the stronger judge of a defended model."
    paper = "Madry et al. 2017, Towards deep learning models resistant to adversarial attacks, arXiv:1706.06083"  # noqa: E501
    norms = ("linf", "l2", "l1")
    random = True
    parameters = (
        Parameter("steps", "int", 40, "Steps of each run", low=1, high=1000, step=5),
        Parameter("relative_step", "float", 0.1, "Size of a step as a share of ε", low=0.001,
                  high=2, step=0.05),
        Parameter("restarts", "int", 1, "Runs from other random points", low=1, high=50, step=1),
        Parameter("momentum", "float", 0.0, "Decay of gathered gradients; 0 for none", low=0,
                  high=1, step=0.1),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures after the first run that broke them, or the last."""
        restarts = int(parameters["restarts"])
        reached = problem.inputs.copy()
        left = np.arange(len(problem))
        for run in range(restarts):
            part = problem.only(left)
            reached[left] = gradient_ascent(
                part,
                part.random_start(run),
                steps=int(parameters["steps"]),
                step=problem.eps * float(parameters["relative_step"]),
                momentum=float(parameters["momentum"]),
            )
            if run + 1 < restarts:
                left = left[~part.broken(problem.passes.logits(reached[left]))]
                if not len(left):
                    break
        return reached
