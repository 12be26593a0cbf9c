"""Random blocks: a control that looks like a class activation map and knows nothing."""

from __future__ import annotations

from collections.abc import Mapping

from core.modalities.picture.filters import blocks
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["RandomBlocks"]


class RandomBlocks(Method):
    """Uniform noise on a coarse grid, upsampled: seeded, and other for every picture."""

    id = "random"
    name = "Random blocks"
    summary = "A negative control: coarse noise, smooth like Grad-CAM, that knows no model."
    limits = (
        "It explains nothing. A map whose measures are no better than these says no more about "
        "the model than chance."
    )
    paper = "A control of ours, in the spirit of Adebayo et al. 2018, arXiv:1810.03292"
    needs = frozenset({"plane"})
    random = True
    control = True
    class_agnostic = True
    parameters = (
        Parameter("cells", "int", 7, "Cells on each side of the grid", low=2, high=64, step=1),
    )

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return one upsampled grid for each picture."""
        cells = int(parameters["cells"])
        return [Attribution(blocks(x, problem.seed, cells=cells)) for x in problem.inputs]
