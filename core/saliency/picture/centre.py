"""The middle of the picture: a control that knows neither the model nor the picture."""

from __future__ import annotations

from collections.abc import Mapping

from core.modalities.picture.filters import centred
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["Centre"]


class Centre(Method):
    """A Gaussian in the middle, the same for every picture."""

    id = "centre"
    name = "Centre"
    summary = "A negative control: the middle of the picture, whatever is there."
    limits = (
        "It explains nothing. Photographers put things in the middle, so it often lies on the "
        "object: a map that does no better may only show that."
    )
    paper = (
        "Judd et al. 2012, A Benchmark of Computational Models of Saliency, MIT-CSAIL-TR-2012-001"
    )
    needs = frozenset({"plane"})
    control = True
    class_agnostic = True
    parameters = (
        Parameter(
            "sigma", "float", 0.25, "Width of the Gaussian in shares of the sides",
            low=0.05, high=1, step=0.05,
        ),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the same spot for each picture."""
        spot = centred(problem.inputs.shape[1:3], float(parameters["sigma"]))
        return [Attribution(spot.copy()) for _ in problem.inputs]
