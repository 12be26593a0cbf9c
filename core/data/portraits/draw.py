"""A scene drawn: the figure at twice the size, then its light and noise."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core.data.picture import Mask, Pixels
from core.data.portraits.canvas import Canvas, Points, rgb
from core.data.portraits.eyewear import draw_eyewear
from core.data.portraits.face import draw_face
from core.data.portraits.figure import draw_body, draw_hair_before, draw_hair_behind
from core.data.portraits.relief import DIRECTION
from core.data.portraits.scene import Scene

__all__ = ["draw", "eyewear_mask"]

Light = npt.NDArray[np.float32]

_OVERSAMPLING = 2
_COVERED = 64
"""From a quarter of a pixel on it belongs to the mask: temples are not much wider than one."""
_HEAD = 0.27
"""Half the width of a head, as a share of the picture's side."""
_CENTRE = (0.5, 0.46)
_BACKGROUNDS = np.array(
    [rgb(code) for code in ("e0795c", "b39ddb", "e9bf4e", "86b48f", "7cc0e4", "b9b2a6")], np.uint8
)
# By lighting: dim, front, left, right.
_AMBIENT = (0.53, 0.75, 0.68, 0.68)
_DIRECT = (0.20, 0.24, 0.34, 0.34)
_TOE = 7
"""No surface is darker: a room throws light back from everywhere."""
_CAST = np.array([(0.97, 0.98, 1.03), (1, 1, 1), (1.03, 1, 0.95), (1.03, 1, 0.95)], np.float32)


def draw(scene: Scene, size: int, *, eyewear: bool = True) -> Pixels:
    """Return the picture, uint8 ``(size, size, 3)``.

    Parameters
    ----------
    scene : Scene
    size : int
    eyewear : bool
        Without it the same person in the same light and noise takes the eyewear off.
    """
    side = size * _OVERSAMPLING
    pixels = np.empty((side, side, 3), np.uint8)
    behind = _BACKGROUNDS[scene.background]
    pixels[:] = behind
    head = _head(pixels, scene)
    draw_hair_behind(head, scene)
    draw_body(Canvas(pixels, _upright(head), head.shift), scene)
    draw_face(head, scene)
    draw_hair_before(head, scene)
    if eyewear:
        draw_eyewear(head, scene)
    figure = 1 - _smaller(cv2.inRange(pixels, behind, behind), size) * np.float32(1 / 255)
    return _lit(_smaller(pixels, size), figure, scene, head)


def eyewear_mask(scene: Scene, size: int) -> Mask:
    """Return the pixels of the eyewear, lenses included: bool ``(size, size)``."""
    side = size * _OVERSAMPLING
    area = np.zeros((side, side), np.uint8)
    draw_eyewear(_head(area, scene), scene)
    return np.asarray(_smaller(area, size) >= _COVERED, np.bool_)


def _smaller(pixels: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA))


def _head(pixels: npt.NDArray[np.uint8], scene: Scene) -> Canvas:
    """Return the canvas in the head's units, in the scene's pose."""
    side = len(pixels)
    lean, scale, across, down = scene.dice[:4] * 2 - 1
    unit = side * _HEAD * (1.03 + 0.12 * scale)
    angle = np.deg2rad(9 * lean)
    turn = unit * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = side * np.array([_CENTRE[0] + 0.05 * across, _CENTRE[1] + 0.035 * down])
    return Canvas(pixels, turn, shift)


def _upright(head: Canvas) -> Points:
    return head.unit * np.eye(2)


def _lit(pixels: Pixels, figure: Light, scene: Scene, head: Canvas) -> Pixels:
    """Return the picture in its light: the head round, the room lit from a side, a little noise.

    ``figure`` is the share of each pixel that is not background.
    """
    size = len(pixels)
    x, y = _grid(size)
    unit = head.unit / _OVERSAMPLING
    dx = (x - np.float32(head.shift[0] / _OVERSAMPLING)) / np.float32(unit * 1.22)
    dy = (y - np.float32(head.shift[1] / _OVERSAMPLING)) / np.float32(unit * 1.5)
    nz = np.sqrt(np.maximum(1 - dx * dx - dy * dy, 0))
    lx, ly, lz = (float(v) for v in DIRECTION[scene.lighting])
    ambient, direct = _AMBIENT[scene.lighting], _DIRECT[scene.lighting]
    round_ = ambient + direct * np.maximum(lx * dx + ly * dy + lz * nz, 0) / lz**0.5
    room = ambient + direct * (0.72 + 0.35 * (lx * (x / size - 0.5) + ly * (y / size - 0.5)))
    weight = np.minimum(nz * 2, 1) * figure
    exposure = 0.94 + 0.12 * scene.dice[4]
    light = (room + (round_ - room) * weight) * np.float32(exposure)
    lit = pixels * (light[..., None] * (_CAST[scene.lighting] * np.float32(1 - _TOE / 255)))
    rng = np.random.default_rng(scene.noise)
    noise = rng.standard_normal(pixels.shape, np.float32)
    lit += noise * np.float32(1.5 + 2.5 * scene.dice[5]) + np.float32(_TOE)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


@lru_cache(maxsize=4)
def _grid(size: int) -> tuple[Light, Light]:
    along = np.arange(size, dtype=np.float32) + 0.5
    return along[None, :], along[:, None]
