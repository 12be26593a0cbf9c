"""Random blocks: a control that looks like a class activation map and knows nothing."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.resample import upsample

__all__ = ["RandomBlocks"]


class RandomBlocks(Method):
    """Uniform noise on a coarse grid, upsampled: seeded, and other for every picture.

    Noise of single pixels would be too weak a control: deletion and insertion punish every
    scattered map. This one is as smooth as Grad-CAM.
    """

    id = "random"
    name = "Random blocks"
    summary = "A negative control: coarse noise, smooth like Grad-CAM, that knows no model."
    limits = (
        "It explains nothing. A map whose measures are no better than these says no more about "
        "the model than chance."
    )
    paper = "A control of ours, in the spirit of Adebayo et al. 2018, arXiv:1810.03292"
    needs_gradients = False
    random = True
    control = True
    class_agnostic = True
    parameters = (
        Parameter("cells", "int", 7, "Cells on each side of the grid", low=2, high=64, step=1),
    )

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return one upsampled grid for each picture."""
        cells = min(int(parameters["cells"]), *problem.inputs.shape[1:3])
        return [
            Attribution(
                upsample(
                    np.random.default_rng([problem.seed, zlib.crc32(picture.tobytes())]).random(
                        (cells, cells), dtype=np.float32
                    ),
                    problem.inputs.shape[1:3],
                )
            )
            for picture in problem.inputs
        ]
