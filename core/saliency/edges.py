"""The picture's edges: a control that looks like a gradient map and knows no model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["LUMINANCE", "Edges", "sobel"]

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue: ITU-R BT.601."""


class Edges(Method):
    """Magnitude of the Sobel gradient of the picture's luminance."""

    id = "edges"
    name = "Edges"
    summary = "A negative control: where the picture itself is sharp, whatever the model."
    limits = (
        "It explains nothing. A map that resembles it may be showing the picture and not the model."
    )
    paper = "The edge detector of Adebayo et al. 2018, Sanity Checks, arXiv:1810.03292"
    needs_gradients = False
    control = True
    class_agnostic = True

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the edges of each picture."""
        return [Attribution(sobel(picture)) for picture in problem.inputs]


def sobel(picture: Array) -> Array:
    """Return the magnitude of the gradient of the luminance, shape ``(H, W)``."""
    import cv2

    grey = picture @ LUMINANCE
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT)
    right = cv2.Sobel(grey, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT)
    return np.hypot(down, right).astype(np.float32)
