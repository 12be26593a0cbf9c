"""Two maps of one picture on one grid, over the part of it that both models saw."""

from __future__ import annotations

from typing import cast

import numpy as np

from core.contracts import Array, Box, Explanation, PictureSeen, picture_seen
from core.modalities.base import Aligned

__all__ = ["align"]


def align(a: Explanation, b: Explanation) -> Aligned | str:
    """Lay two maps on one grid, as fine as the finer of them (bilinear, half-pixel centres).

    Maps that share box and size are taken as they are. A text says why there is nothing to lay.
    """
    x, y = picture_seen(a.seen), picture_seen(b.seen)
    if x.image_sha256 != y.image_sha256:
        return (
            "These maps lie on different pictures: a pixel of one has no counterpart in the other. "
            "Compare by eye what they point at."
        )
    box = _common(x, y)
    if box is None:
        return "The models see no common part of the picture."
    if a.map.shape == b.map.shape and x.box == y.box == box:
        return Aligned(a.map, b.map, box)
    both = ((x.box, a.map), (y.box, b.map))
    down = min((own.bottom - own.top) / values.shape[0] for own, values in both)
    across = min((own.right - own.left) / values.shape[1] for own, values in both)
    shape = (
        max(1, round((box.bottom - box.top) / down)),
        max(1, round((box.right - box.left) / across)),
    )
    first, second = (_resampled(own, values, box, shape) for own, values in both)
    return Aligned(first, second, box)


def _common(x: PictureSeen, y: PictureSeen) -> Box | None:
    """Return what both models saw of the picture itself (a letterbox reaches beside it)."""
    box = Box(
        max(x.box.left, y.box.left, 0.0),
        max(x.box.top, y.box.top, 0.0),
        min(x.box.right, y.box.right, float(x.width)),
        min(x.box.bottom, y.box.bottom, float(x.height)),
    )
    return box if box.right > box.left and box.bottom > box.top else None


def _resampled(own: Box, values: Array, box: Box, shape: tuple[int, int]) -> Array:
    from scipy.ndimage import map_coordinates

    height, width = values.shape
    rows = box.top + (np.arange(shape[0]) + 0.5) * (box.bottom - box.top) / shape[0]
    columns = box.left + (np.arange(shape[1]) + 0.5) * (box.right - box.left) / shape[1]
    at = np.meshgrid(
        (rows - own.top) * height / (own.bottom - own.top) - 0.5,
        (columns - own.left) * width / (own.right - own.left) - 0.5,
        indexing="ij",
    )
    return cast(Array, map_coordinates(values, at, order=1, mode="nearest"))
