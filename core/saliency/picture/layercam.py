"""LayerCAM (Jiang et al. 2021)."""

from __future__ import annotations

import numpy as np

from core.contracts import Array
from core.saliency.picture.cam import Cam

__all__ = ["LayerCam"]


class LayerCam(Cam):
    """Each feature weighted by its own positive gradient: sharp at shallow layers."""

    id = "layercam"
    name = "LayerCAM"
    summary = "Like Grad-CAM, but weighted pixel by pixel: choose a shallower layer for detail."
    limits = "Positive evidence only; at the last layer as coarse as Grad-CAM."
    paper = "Jiang et al. 2021, LayerCAM, IEEE TIP 30"

    def weights(self, features: Array, gradients: Array) -> Array:
        """Return the positive part of each gradient."""
        return np.maximum(gradients, 0)
