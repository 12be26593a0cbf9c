"""Bilinear resampling of maps with half-pixel centres (as images are resized, not as grids).

The centre of cell (1, 1) of a 7×7 map lies at pixel 47.5 of 224, not at 37.2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from core.contracts import Array

__all__ = ["interpolation", "upsample"]


@lru_cache(maxsize=64)
def interpolation(n_out: int, n_in: int) -> Array:
    """Return the matrix ``(n_out, n_in)`` of linear interpolation, clamped at the border."""
    centres = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5
    low = np.clip(np.floor(centres).astype(int), 0, n_in - 1)
    high = np.minimum(low + 1, n_in - 1)
    share = np.clip(centres - low, 0.0, 1.0)
    matrix = np.zeros((n_out, n_in), np.float32)
    rows = np.arange(n_out)
    np.add.at(matrix, (rows, low), 1 - share)
    np.add.at(matrix, (rows, high), share)
    matrix.flags.writeable = False
    return matrix


def upsample(maps: Array, size: tuple[int, int]) -> Array:
    """Resize maps ``(..., h, w)`` to ``(..., H, W)``.

    Parameters
    ----------
    maps : ndarray of float32
    size : tuple of int
        ``(H, W)``, at least ``(h, w)``.
    """
    rows = interpolation(size[0], maps.shape[-2])
    columns = interpolation(size[1], maps.shape[-1])
    return np.matmul(np.matmul(rows, maps), columns.T)
