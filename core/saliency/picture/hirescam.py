"""HiResCAM (Draelos & Carin 2020)."""

from __future__ import annotations

import numpy as np

from core.contracts import Array
from core.saliency.picture.cam import Cam

__all__ = ["HiResCam"]


class HiResCam(Cam):
    """Each feature times its own gradient: no averaging that moves evidence to another place.

    Where the layer is followed by global pooling and one dense layer, the sum before ReLU and
    upsampling is the logit without its bias; it is among the diagnostics.
    """

    id = "hirescam"
    name = "HiResCAM"
    summary = "Which cells raised the score, each by what it really gave (as far as ReLU shows it)."
    limits = (
        "Coarse; evidence against the class is cut off. Exact only where the layer is followed "
        "by pooling and one dense layer; there it shows the same as Grad-CAM."
    )
    paper = "Draelos & Carin 2020, HiResCAM, arXiv:2011.08891"

    def weights(self, features: Array, gradients: Array) -> Array:
        """Return the gradients as they are."""
        return gradients

    def figures(self, raw: Array) -> dict[str, float]:
        """Return the sum of the shares, positive and negative."""
        return {"sum_of_shares": float(raw.sum(dtype=np.float64))}
