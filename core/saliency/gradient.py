"""Vanilla gradient (Simonyan et al. 2013)."""

from __future__ import annotations

from collections.abc import Mapping

from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.reduce import CHANNELS, REDUCERS

__all__ = ["Saliency"]


class Saliency(Method):
    """|∂f/∂x|, the largest over the channels."""

    id = "saliency"
    name = "Gradient"
    summary = "Where changing a pixel a little would change the score most."
    limits = "It shows sensitivity, not importance: noisy, and blind where the model saturates."
    paper = "Simonyan et al. 2013, Deep Inside Convolutional Networks, arXiv:1312.6034"
    parameters = (CHANNELS,)

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return |∂f/∂x| reduced over the channels."""
        _, gradients = problem.passes.gradient(problem.inputs, problem.directions)
        maps = REDUCERS[str(parameters["channels"])](gradients)
        return [Attribution(m) for m in maps]
