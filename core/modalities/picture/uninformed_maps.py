"""Maps that know nothing of the model: what a map has to beat, and what must not pass itself.

:data:`FAMILIES` draws maps as a newcomer might, in widths, places and filters of the generator's
choice: measured with them, a rate of false passes says what an ignorant map of a kind does, and
not what a control of :mod:`core.evidence.controls` does against itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.contracts import Array
from core.modalities.picture.filters import (
    blurred,
    centred,
    contrast,
    laplacian,
    luminance,
    sobel,
    texture,
)
from core.modalities.picture.resample import upsample

__all__ = ["FAMILIES", "Family"]


@dataclass(frozen=True)
class Family:
    """A kind of map that knows nothing of the model.

    Parameters
    ----------
    id : str
    words : str
        What is drawn, for tables.
    draw : callable
        Picture ``(H, W, 3)`` in [0, 1] and a generator → map ``(H, W)``.
    """

    id: str
    words: str
    draw: Callable[[Array, np.random.Generator], Array]


# ---- draws


def _blocks(picture: Array, rng: np.random.Generator) -> Array:
    cells = min(int(rng.integers(4, 15)), *picture.shape[:2])
    return upsample(rng.random((cells, cells), dtype=np.float32), picture.shape[:2])


def _pixel_noise(picture: Array, rng: np.random.Generator) -> Array:
    return rng.random(picture.shape[:2], dtype=np.float32)


def _fine_noise(picture: Array, rng: np.random.Generator) -> Array:
    noise = rng.standard_normal(picture.shape[:2], dtype=np.float32)
    return blurred(noise, 1 / rng.uniform(60, 200))


def _smooth_noise(picture: Array, rng: np.random.Generator) -> Array:
    noise = rng.standard_normal(picture.shape[:2], dtype=np.float32)
    return blurred(noise, rng.uniform(0.04, 0.15))


def _edges(picture: Array, rng: np.random.Generator) -> Array:
    from scipy.ndimage import morphological_gradient

    if rng.random() < 0.5:
        return laplacian(picture, rng.uniform(0.7, 2.0))
    steps: Array = morphological_gradient(luminance(picture), size=int(rng.integers(2, 6)))
    return steps


def _blurred_edges(picture: Array, rng: np.random.Generator) -> Array:
    sharp = sobel(picture) if rng.random() < 0.5 else laplacian(picture, 1.0)
    return blurred(sharp, 1 / rng.uniform(6, 60))


def _centre(picture: Array, rng: np.random.Generator) -> Array:
    at = rng.normal(0.5, 0.05, 2)
    return centred(picture.shape[:2], rng.uniform(0.1, 0.4), (at[0], at[1]))


def _ellipse(picture: Array, rng: np.random.Generator) -> Array:
    down, right = rng.uniform(0.1, 0.4, 2)
    return centred(picture.shape[:2], (down, right))


def _off_centre(picture: Array, rng: np.random.Generator) -> Array:
    at = rng.uniform(0.15, 0.85, 2)
    return centred(picture.shape[:2], rng.uniform(0.1, 0.4), (at[0], at[1]))


def _centred_edges(picture: Array, rng: np.random.Generator) -> Array:
    middle = centred(picture.shape[:2], rng.uniform(0.2, 0.3))
    return middle * blurred(sobel(picture), 1 / rng.uniform(10, 25))


def _texture(picture: Array, rng: np.random.Generator) -> Array:
    return texture(picture, 1 / rng.uniform(14, 30))


def _contrast(picture: Array, rng: np.random.Generator) -> Array:
    return blurred(contrast(picture), 1 / rng.uniform(15, 50))


def _centred_contrast(picture: Array, rng: np.random.Generator) -> Array:
    return centred(picture.shape[:2], rng.uniform(0.25, 0.35)) * _contrast(picture, rng)


FAMILIES: dict[str, Family] = {
    family.id: family
    for family in (
        Family("blocks", "random blocks, 4 to 14 a side", _blocks),
        Family("pixel_noise", "noise, pixel by pixel", _pixel_noise),
        Family("fine_noise", "noise with a grain of a few pixels", _fine_noise),
        Family("smooth_noise", "smoothed noise", _smooth_noise),
        Family("edges", "edges by another filter", _edges),
        Family("blurred_edges", "blurred Sobel or Laplacian edges", _blurred_edges),
        Family("centre", "a spot about the middle", _centre),
        Family("ellipse", "an ellipse in the middle", _ellipse),
        Family("off_centre", "a spot anywhere", _off_centre),
        Family("centred_edges", "blurred edges, the middle's above others", _centred_edges),
        Family("texture", "local contrast", _texture),
        Family("contrast", "colours unlike the rim's", _contrast),
        Family("centred_contrast", "colours unlike the rim's, the middle's above others",
               _centred_contrast),
    )
}  # fmt: skip
"""Everything that a person could paint without asking the model; by id."""
