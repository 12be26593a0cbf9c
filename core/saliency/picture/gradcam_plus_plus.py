"""Grad-CAM++ (Chattopadhyay et al. 2017)."""

from __future__ import annotations

import numpy as np

from core.contracts import Array
from core.saliency.picture.cam import Cam

__all__ = ["GradCamPlusPlus"]


class GradCamPlusPlus(Cam):
    """Positive gradients weighted by pixel, so that several objects count each.

    The paper derives the weights for exp(f). Its factor exp(f) cancels in α and only scales the
    map, so it is left out: the usual overflow above f = 88 cannot occur.
    """

    id = "gradcam++"
    name = "Grad-CAM++"
    summary = "Like Grad-CAM, but fairer to several objects of the class in one picture."
    limits = "Coarse, positive evidence only; its weights are a heuristic."
    paper = "Chattopadhyay et al. 2017, Grad-CAM++, arXiv:1710.11063"

    def weights(self, features: Array, gradients: Array) -> Array:
        """Return Σ α · ReLU(gradient) for each channel."""
        squared = gradients**2
        total = features.sum(axis=(1, 2), keepdims=True)
        below = 2 * squared + total * squared * gradients
        alpha = np.divide(squared, below, out=np.zeros_like(below), where=below != 0)
        norm = alpha.sum(axis=(1, 2), keepdims=True)
        alpha = np.divide(alpha, norm, out=np.zeros_like(alpha), where=norm != 0)
        return (alpha * np.maximum(gradients, 0)).sum(axis=(1, 2), keepdims=True)
