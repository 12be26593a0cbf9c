"""The picture's edges: a control that looks like a gradient map and knows no model."""

from __future__ import annotations

from collections.abc import Mapping

from core.modalities.picture.filters import sobel
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["Edges"]


class Edges(Method):
    """Magnitude of the Sobel gradient of the picture's luminance."""

    id = "edges"
    name = "Edges"
    summary = "A negative control: where the picture itself is sharp, whatever the model."
    limits = (
        "It explains nothing. A map that resembles it may be showing the picture and not the model."
    )
    paper = "The edge detector of Adebayo et al. 2018, Sanity Checks, arXiv:1810.03292"
    needs = frozenset({"plane"})
    control = True
    class_agnostic = True

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the edges of each picture."""
        return [Attribution(sobel(picture)) for picture in problem.inputs]
