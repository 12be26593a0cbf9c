"""How a face turns towards the light: one relief for everybody, lit from four sides."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from core.data.portraits.canvas import Canvas

__all__ = ["DIRECTION", "modelling"]

# By lighting: dim, front, left, right. x to the right, y down, z to the viewer.
DIRECTION = np.array(
    [(0.1, -0.5, 0.86), (0.0, -0.45, 0.89), (-0.75, -0.35, 0.56), (0.75, -0.35, 0.56)]
)
_SOFT = (0.75, 1.0, 1.0, 1.0)
"""By lighting: dim light models less."""
_SIDE, _REACH = 128, 1.5
"""Pixels of the relief, and the head's units from its middle to its edge."""
_EVEN = 128
# Hills and hollows beside a face's middle, mirrored: x, y, half widths, height.
_BUMPS = (
    (0.52, 0.32, 0.26, 0.2, 0.1),    # cheekbones
    (0.42, 0.0, 0.24, 0.17, -0.09),  # sockets
    (0.38, -0.3, 0.3, 0.1, 0.05),    # brows
    (0.0, -0.62, 0.5, 0.3, 0.05),    # forehead
    (0.0, 0.45, 0.13, 0.13, 0.12),   # tip of the nose
    (0.0, 0.85, 0.28, 0.12, 0.05),   # lips
    (0.0, 0.98, 0.2, 0.06, -0.03),   # below them
    (0.0, 1.13, 0.24, 0.14, 0.07),   # chin
)  # fmt: skip


def modelling(canvas: Canvas, lighting: int) -> npt.NDArray[np.uint8]:
    """Return how each pixel of a head on the canvas is lit: 0 in the shade, 255 brightest."""
    scale = 2 * _REACH / _SIDE
    turn = canvas.turn * scale
    shift = canvas.shift + canvas.turn @ (np.full(2, 0.5 * scale - _REACH))
    side = len(canvas.pixels)
    return np.asarray(
        cv2.warpAffine(_relief(lighting), np.column_stack([turn, shift]), (side, side)), np.uint8
    )


@lru_cache(maxsize=len(_SOFT))
def _relief(lighting: int) -> npt.NDArray[np.uint8]:
    along = (np.arange(_SIDE) + 0.5) * (2 * _REACH / _SIDE) - _REACH
    x, y = along[None, :], along[:, None]
    height = 0.85 * np.sqrt(np.maximum(1.12 - x**2 - (y / 1.25) ** 2, 0.02))
    for at, down, wide, tall, by in _BUMPS:
        height = height + by * np.exp(-(((np.abs(x) - at) / wide) ** 2) - ((y - down) / tall) ** 2)
    bridge = 1 / (1 + np.exp(-(y + 0.05) / 0.08)) / (1 + np.exp((y - 0.52) / 0.04))
    height = height + 0.1 * np.exp(-((x / 0.1) ** 2)) * bridge
    dy, dx = np.gradient(height, along, along)
    normal = np.stack([-dx, -dy, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = DIRECTION[lighting] / np.linalg.norm(DIRECTION[lighting])
    half = light + np.array((0, 0, 1))
    half /= np.linalg.norm(half)
    diffuse = np.maximum(normal @ light, 0)
    gloss = np.maximum(normal @ half, 0) ** 14
    value = _SOFT[lighting] * (1.35 * (diffuse - 0.62) + 0.7 * gloss)
    return np.clip(np.rint(_EVEN + 127 * value), 0, 255).astype(np.uint8)
