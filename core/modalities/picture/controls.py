"""Maps of a picture that know nothing of the model: what a map has to beat.

Pixels drawn at random one by one would destroy any prediction and flatter nobody; so the random
controls are coarse blocks. Beside them stand what photographs suggest to anybody: edges, sharp and
blurred, and the middle.
"""

from __future__ import annotations

import zlib
from functools import partial

import numpy as np

from core.contracts import CONTROL_FAMILIES, Array
from core.modalities.base import Control
from core.modalities.picture.filters import (
    blocks,
    blurred,
    centred,
    contrast,
    laplacian,
    sobel,
    texture,
)

__all__ = ["CONTROLS", "FAMILY_NAMES"]

_FIRST_SEED = 1000  # apart from the seeds that people give their maps
FAMILY_NAMES = CONTROL_FAMILIES


def _blocks(x: Array, seed: int, *, draw: int) -> Array:
    return blocks(x, seed + _FIRST_SEED + draw)


def _grain(x: Array, seed: int, *, sigma: float) -> Array:
    rng = np.random.default_rng([seed, zlib.crc32(x.tobytes())])
    return blurred(rng.standard_normal(x.shape[:2], dtype=np.float32), sigma)


def _edges(x: Array, _: int) -> Array:
    return sobel(x)


def _fine_edges(x: Array, _: int) -> Array:
    return laplacian(x, 1.0)


def _blurred_edges(x: Array, _: int, *, sigma: float) -> Array:
    return blurred(sobel(x), sigma)


def _texture(x: Array, _: int, *, sigma: float) -> Array:
    return texture(x, sigma)


def _contrast(x: Array, _: int, *, sigma: float) -> Array:
    return blurred(contrast(x), sigma)


def _centre(x: Array, _: int) -> Array:
    return centred(x.shape[:2], 0.33)


CONTROLS: tuple[Control, ...] = (
    *(Control(f"random {i}", "random", partial(_blocks, draw=i)) for i in range(3)),
    Control("grain", "grain", partial(_grain, sigma=1 / 110)),
    Control("edges", "edges", _edges),
    Control("fine edges", "edges", _fine_edges),
    Control("edges/18", "blurred_edges", partial(_blurred_edges, sigma=1 / 18)),
    Control("edges/9", "blurred_edges", partial(_blurred_edges, sigma=1 / 9)),
    Control("texture", "texture", partial(_texture, sigma=1 / 20)),
    Control("contrast", "contrast", partial(_contrast, sigma=1 / 30)),
    Control("centre", "centre", _centre),
)
"""What a map has to beat, all at once; widths in shares of the shorter side. Curves see the order
of pixels alone, so one spot stands for those of every width.

Chosen, with the lead that a map needs, on 48 pictures of the ImageNet sample and 90 portraits.
"""
