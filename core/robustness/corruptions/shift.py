"""Rotation, translation and scale: the object as it is, elsewhere or turned."""

from __future__ import annotations

import cv2
import numpy as np

from core.robustness.corruptions.base import Pixels

__all__ = ["rotation", "scale", "translation"]

_DEGREES = (5, 10, 15, 25, 40)
_SHARES = (0.03, 0.06, 0.1, 0.15, 0.2)
_SCALES = (0.9, 0.8, 0.7, 0.6, 0.5)


def _warped(pixels: Pixels, matrix: np.ndarray) -> Pixels:
    height, width = pixels.shape[:2]
    return np.asarray(
        cv2.warpAffine(
            pixels, matrix, (width, height), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    )  # fmt: skip


def _about_the_middle(pixels: Pixels, degrees: float, factor: float) -> np.ndarray:
    height, width = pixels.shape[:2]
    return np.asarray(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, factor))


def rotation(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Turn the picture one way or the other; the border is mirrored."""
    degrees = _DEGREES[severity - 1] * rng.choice((-1, 1))
    return _warped(pixels, _about_the_middle(pixels, float(degrees), 1.0))


def translation(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Move the picture by a share of its side in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    way = _SHARES[severity - 1] * min(pixels.shape[:2])
    matrix = np.array([[1, 0, way * np.cos(angle)], [0, 1, way * np.sin(angle)]], np.float32)
    return _warped(pixels, matrix)


def scale(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Make the picture smaller inside its frame; the border is mirrored."""
    del rng
    return _warped(pixels, _about_the_middle(pixels, 0.0, _SCALES[severity - 1]))
