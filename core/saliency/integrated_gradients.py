"""Integrated gradients (Sundararajan et al. 2017) along a path refined where it bends."""

from __future__ import annotations

from collections.abc import Mapping

from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.path import (
    BASELINE,
    MAX_PASSES,
    TOLERANCE,
    attribution,
    chosen,
    integrals,
)

__all__ = ["IntegratedGradients"]


class IntegratedGradients(Method):
    """(x − x′) ⊙ ∫ ∂f(x′ + t(x − x′))/∂x dt: the shares add up to f(x) − f(x′).

    With the baseline ``average`` the map is the mean over several of them, and its sum the mean
    of the differences; f of each is among the diagnostics.
    """

    id = "integrated_gradients"
    name = "Integrated gradients"
    summary = (
        "How the score builds up from an empty picture to this one, shared out over the pixels: "
        "blue speaks for the class, orange against."
    )
    limits = "It depends on the baseline: what looks like the baseline can get no share."
    paper = "Sundararajan et al. 2017, Axiomatic Attribution, arXiv:1703.01365"
    signed = True
    random = True
    parameters = (BASELINE, TOLERANCE, MAX_PASSES)

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the refined path integral of each picture with both errors reached."""
        names = chosen(problem, parameters)
        cap, tolerance = int(parameters["max_passes"]), float(parameters["tolerance"])
        return [
            attribution(integrals(problem, i, names, tolerance=tolerance, cap=cap), names)
            for i in range(len(problem.inputs))
        ]
