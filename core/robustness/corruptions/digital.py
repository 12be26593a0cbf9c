"""Contrast, elastic deformation, pixelation and JPEG, with the strengths of ImageNet-C."""

from __future__ import annotations

import cv2
import numpy as np

from core.robustness.corruptions.base import Pixels, as_pixels

__all__ = ["contrast", "elastic_transform", "jpeg", "pixelate"]

_CONTRAST = (0.4, 0.3, 0.2, 0.1, 0.05)
_ELASTIC = (
    (2, 0.7, 0.1),
    (2, 0.08, 0.2),
    (0.05, 0.01, 0.02),
    (0.07, 0.01, 0.02),
    (0.12, 0.01, 0.02),
)
_PIXELATE = (0.6, 0.5, 0.4, 0.3, 0.25)
_QUALITY = (25, 18, 15, 10, 7)
_STRETCH = 244 / 224
"""ImageNet-C's elastic strengths are multiples of 244 on pictures of 224 pixels."""


def contrast(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Draw every channel towards its mean."""
    del rng
    x = pixels.astype(np.float32) / 255
    mean = x.mean(axis=(0, 1), keepdims=True)
    return as_pixels((x - mean) * np.float32(_CONTRAST[severity - 1]) + mean)


def elastic_transform(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Shear the picture a little, then move its pixels along a smooth random field."""
    strength, smooth, shear = _ELASTIC[severity - 1]
    height, width = pixels.shape[:2]
    side = min(height, width) * _STRETCH
    centre, third = np.array([width, height], np.float32) / 2, min(height, width) / 3
    corners = centre + third * np.array([[1, 1], [1, -1], [-1, -1]], np.float32)
    moved = corners + rng.uniform(-shear * side, shear * side, corners.shape)
    matrix = cv2.getAffineTransform(corners, moved.astype(np.float32))
    sheared = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    field = rng.uniform(-1, 1, (2, height, width)).astype(np.float32)
    reach = min(2 * int(3 * smooth * side / 2) + 1, 2 * (min(height, width) // 2) + 1)
    dx, dy = (
        cv2.GaussianBlur(f, (reach, reach), smooth * side) * np.float32(strength * side)
        for f in field
    )
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(
        cv2.remap(sheared, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    )


def pixelate(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Shrink the picture by averaging and blow its pixels up again."""
    del rng
    height, width = pixels.shape[:2]
    share = _PIXELATE[severity - 1]
    small = (max(1, int(width * share)), max(1, int(height * share)))
    shrunk = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_NEAREST))


def jpeg(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Save as JPEG at a low quality and read again."""
    del rng
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY[severity - 1]])
    assert done, "OpenCV cannot write JPEG"
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))
