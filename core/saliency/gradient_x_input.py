"""Gradient × input (Shrikumar et al. 2016)."""

from __future__ import annotations

from collections.abc import Mapping

from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["GradientXInput"]


class GradientXInput(Method):
    """x ⊙ ∂f/∂x, summed over the channels: exact for a linear model without bias."""

    id = "gradient_x_input"
    name = "Gradient × input"
    summary = "The first-order share of each pixel in the score, for (blue) or against (orange)."
    limits = "Black pixels always get 0, whatever they mean; the shares do not add up to the score."
    paper = "Shrikumar et al. 2016, Not Just a Black Box, arXiv:1605.01713"
    signed = True

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return x ⊙ ∂f/∂x summed over the channels."""
        _, gradients = problem.passes.gradient(problem.inputs, problem.directions)
        return [Attribution(m) for m in (gradients * problem.inputs).sum(axis=-1)]
