"""APGD on cross-entropy (Croce and Hein 2020, arXiv:2003.01690)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.auto_pgd import auto_pgd
from core.robustness.attacks.base import Attack, LossName, Problem

__all__ = ["ApgdCe"]


class ApgdCe(Attack):
    """PGD that needs no step size: it halves its own where it stops gaining."""

    id = "apgd_ce"
    name = "APGD-CE"
    summary = "PGD on cross-entropy that chooses its own step sizes: no tuning, hard to fool."
    limits = "One loss alone: masked gradients can hide from it; see 'standard'."
    paper = "Croce and Hein 2020, Reliable evaluation of adversarial robustness, arXiv:2003.01690"
    random = True
    parameters = (
        Parameter("steps", "int", 100, "Steps of each run", low=2, high=1000, step=10),
        Parameter("restarts", "int", 1, "Runs from other random points", low=1, high=50, step=1),
    )

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures after the first run that broke them, or the last."""
        restarts = int(parameters["restarts"])
        loss: LossName = "ce" if problem.targets is None else "ce_targeted"
        reached = problem.inputs.copy()
        left = np.arange(len(problem))
        for run in range(restarts):
            part = problem.only(left)
            reached[left] = auto_pgd(
                part, part.random_start(run), loss=loss, steps=int(parameters["steps"])
            )
            if run + 1 < restarts:
                left = left[~part.broken(problem.passes.logits(reached[left]))]
                if not len(left):
                    break
        return reached
