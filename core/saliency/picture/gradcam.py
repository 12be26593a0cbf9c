"""Grad-CAM (Selvaraju et al. 2016)."""

from __future__ import annotations

from core.contracts import Array
from core.saliency.picture.cam import Cam

__all__ = ["GradCam"]


class GradCam(Cam):
    """Channels weighted by their mean gradient."""

    id = "gradcam"
    name = "Grad-CAM"
    summary = "Which region holds the features that speak for the class."
    limits = "Coarse (one cell is about 32 pixels) and silent about evidence against the class."
    paper = "Selvaraju et al. 2016, Grad-CAM, arXiv:1610.02391"

    def weights(self, features: Array, gradients: Array) -> Array:
        """Return the mean gradient of each channel."""
        return gradients.mean(axis=(1, 2), keepdims=True)
