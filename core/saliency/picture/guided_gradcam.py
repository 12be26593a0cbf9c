"""Guided Grad-CAM (Selvaraju et al. 2016): Grad-CAM's region, guided backpropagation's detail."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.picture.gradcam import GradCam
from core.saliency.reduce import CHANNELS, REDUCERS

__all__ = ["GuidedGradCam"]


class GuidedGradCam(Method):
    """Upsampled Grad-CAM times the guided gradient, pixel by pixel."""

    id = "guided_gradcam"
    name = "Guided Grad-CAM"
    summary = "The region that Grad-CAM finds, drawn with the fine lines of guided backpropagation."
    limits = (
        "Only the region depends on the model: the lines inside it are the picture's edges, and "
        "stay when the weights are random (Adebayo et al. 2018). Positive evidence only."
    )
    paper = "Selvaraju et al. 2016, Grad-CAM, arXiv:1610.02391"
    needs = frozenset({"gradient", "layer", "plane"})
    parameters = (CHANNELS,)

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the product of both maps, reduced over the channels."""
        regions = GradCam().explain(problem, {})
        _, gradients = problem.passes.guided_gradient(problem.inputs, problem.directions)
        weighted = gradients * np.stack([r.map for r in regions])[..., None]
        maps = REDUCERS[str(parameters["channels"])](weighted)
        return [
            Attribution(m, diagnostics=region.diagnostics)
            for m, region in zip(maps, regions, strict=True)
        ]
