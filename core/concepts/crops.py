"""Parts of pictures, each brought to the model's input size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["N_CROPS", "crops"]

_ALONG = 3
N_CROPS = _ALONG**2
"""Crops of one picture: half a side long, a quarter apart."""


def crops(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Cut a square picture ``(s, s, 3)`` into overlapping quarters: ``(N_CROPS, s, s, 3)``."""
    side = pixels.shape[0]
    image = Image.fromarray(pixels)
    half = side / 2
    starts = [i * half / (_ALONG - 1) for i in range(_ALONG)]
    cut = [
        image.resize(
            (side, side), Image.Resampling.BICUBIC, box=(left, top, left + half, top + half)
        )
        for top in starts
        for left in starts
    ]
    return np.stack([np.asarray(each, np.uint8) for each in cut])
