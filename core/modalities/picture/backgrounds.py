"""Pictures drawn to stand for "anything", in the manner of expected gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.contracts import Array
from core.modalities.picture.baselines import blur

__all__ = ["BACKGROUNDS"]


def _noise(picture: Array, rng: np.random.Generator) -> Array:
    return rng.random(picture.shape, dtype=np.float32)


def _plain(picture: Array, rng: np.random.Generator) -> Array:
    return np.broadcast_to(rng.random(picture.shape[-1], dtype=np.float32), picture.shape)


def _blurred(picture: Array, rng: np.random.Generator) -> Array:
    return blur(picture, float(rng.uniform(0.05, 0.25)) * max(picture.shape[:2]))


def _noisy(picture: Array, rng: np.random.Generator) -> Array:
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(picture + np.float32(0.5) * noise, 0, 1)


BACKGROUNDS: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "plain colours": _plain,
    "blurred copies": _blurred,
    "noisy copies": _noisy,
    "uniform noise": _noise,
}
"""How a baseline is drawn: one colour; the picture blurred by 5 to 25 % of its side; the picture
with Gaussian noise of 0.5, clipped; every value uniform."""
