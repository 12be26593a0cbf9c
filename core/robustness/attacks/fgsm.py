"""The fast gradient method (Goodfellow et al. 2014, arXiv:1412.6572)."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import Array
from core.parameters import Value
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.gradient_ascent import gradient_ascent

__all__ = ["Fgsm"]


class Fgsm(Attack):
    """One step of size ε along the gradient: its sign in L∞, its direction in L2."""

    id = "fgsm"
    name = "FGSM"
    summary = "One step of size ε along the gradient of the loss: the quickest attack."
    limits = "Weak where the loss bends: a model that withstands it may fall to a few more steps."
    paper = "Goodfellow et al. 2014, Explaining adversarial examples, arXiv:1412.6572"
    iterative = False

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures after one step; those broken already stay."""
        return gradient_ascent(problem, problem.inputs, steps=1, step=problem.eps)
