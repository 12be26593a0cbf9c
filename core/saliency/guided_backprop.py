"""Guided backpropagation (Springenberg et al. 2014): kept as a negative control."""

from __future__ import annotations

from collections.abc import Mapping

from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.reduce import CHANNELS, REDUCERS

__all__ = ["GuidedBackprop"]


class GuidedBackprop(Method):
    """|∂f/∂x| with every ReLU's backward pass rectified.

    Unsigned, as Adebayo et al. 2018 (arXiv:1810.03292) take it: only positive gradients come
    down to the first layer, so a negative pixel means a negative weight of its filters, and no
    evidence against the class. Nie et al. 2018 (arXiv:1805.07039) show that what remains is
    close to a recovery of the picture's edges.
    """

    id = "guided_backprop"
    name = "Guided backpropagation"
    summary = (
        "A negative control: it looks sharp and convincing, but draws the picture's edges and "
        "hardly depends on the weights of the model."
    )
    limits = (
        "Do not read it as an explanation: it changes little when the upper layers are set to "
        "random values (Adebayo et al. 2018), and little from class to class; its sign says "
        "nothing. It shows how good a map can look without knowing the model."
    )
    paper = "Springenberg et al. 2014, Striving for Simplicity, arXiv:1412.6806"
    control = True
    parameters = (CHANNELS,)

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the guided gradient reduced over the channels."""
        _, gradients = problem.passes.guided_gradient(problem.inputs, problem.directions)
        maps = REDUCERS[str(parameters["channels"])](gradients)
        return [Attribution(m) for m in maps]
