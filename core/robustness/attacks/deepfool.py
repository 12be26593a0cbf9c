"""DeepFool (Moosavi-Dezfooli et al. 2015, arXiv:1511.04599)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.apgd_dlr import likeliest_others
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.bisection import bisected
from core.robustness.attacks.margins import nearest_boundary, step_over

__all__ = ["DeepFool"]

_ROUNDS = 8


class DeepFool(Attack):
    """Steps to the nearest linearised boundary until one is crossed, then back a little."""

    id = "deepfool"
    name = "DeepFool"
    summary = "Steps onto the nearest linearised class boundary until it is crossed: a distance."
    limits = "Greedy: the distance is an upper bound, looser than FAB's."
    paper = "Moosavi-Dezfooli et al. 2015, DeepFool, arXiv:1511.04599"
    needs = frozenset({"gradient", "classes", "one_class"})
    minimal = True
    parameters = (
        Parameter("steps", "int", 50, "Steps at most", low=1, high=500, step=10),
        Parameter("classes", "int", 5, "Likeliest wrong classes that are looked at", low=1,
                  high=100, step=1),
        Parameter("overshoot", "float", 0.02, "Share that each step goes too far", low=0, high=1,
                  step=0.01),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the nearest broken pictures found."""
        rivals = likeliest_others(problem, int(parameters["classes"]))
        further = np.float32(1 + float(parameters["overshoot"]))
        here = problem.inputs.copy()
        left = np.arange(len(problem))
        for _ in range(int(parameters["steps"])):
            problem.control.check()
            part = problem.only(left)
            boundary = nearest_boundary(part, here[left], [rival[left] for rival in rivals])
            going = ~part.broken(boundary.logits)
            step = step_over(boundary, problem.norm)[going]
            left = left[going]
            if not len(left):
                break
            here[left] = np.clip(here[left] + further * step, 0, 1)
        return bisected(problem, here, rounds=_ROUNDS)
