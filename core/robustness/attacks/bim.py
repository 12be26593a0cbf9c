"""The basic iterative method (Kurakin et al. 2016), with momentum MI-FGSM."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.gradient_ascent import gradient_ascent

__all__ = ["Bim"]


class Bim(Attack):
    """Small steps along the gradient from the picture itself."""

    id = "bim"
    name = "BIM"
    summary = "Small steps along the gradient, from the picture itself; with momentum, MI-FGSM."
    limits = "Always starts at the same point: it can stay on a plateau that PGD leaves."
    paper = "Kurakin et al. 2016, Adversarial examples in the physical world, arXiv:1607.02533"
    norms = ("linf", "l2", "l1")
    parameters = (
        Parameter("steps", "int", 10, "Steps", low=1, high=1000, step=5),
        Parameter("relative_step", "float", 0.25, "Size of a step as a share of ε", low=0.001,
                  high=2, step=0.05),
        Parameter("momentum", "float", 0.0, "Decay of gathered gradients; 0 for none", low=0,
                  high=1, step=0.1),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures after the steps."""
        return gradient_ascent(
            problem,
            problem.inputs,
            steps=int(parameters["steps"]),
            step=problem.eps * float(parameters["relative_step"]),
            momentum=float(parameters["momentum"]),
        )
