"""Gaussian, shot and impulse noise, with the strengths of ImageNet-C."""

from __future__ import annotations

import numpy as np

from core.robustness.corruptions.base import Pixels, as_pixels

__all__ = ["gaussian_noise", "impulse_noise", "shot_noise"]

_GAUSSIAN = (0.08, 0.12, 0.18, 0.26, 0.38)
_SHOT = (60, 25, 12, 5, 3)
_IMPULSE = (0.03, 0.06, 0.09, 0.17, 0.27)


def gaussian_noise(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Add Gaussian noise: poor light."""
    noise = rng.standard_normal(pixels.shape, np.float32)
    return as_pixels(pixels / np.float32(255) + np.float32(_GAUSSIAN[severity - 1]) * noise)


def shot_noise(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Draw each value from a Poisson distribution: few photons."""
    photons = _SHOT[severity - 1]
    return as_pixels(rng.poisson(pixels / 255 * photons) / photons)


def impulse_noise(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Set some values to black or white: broken bits."""
    drawn = rng.random(pixels.shape, np.float32)
    share = _IMPULSE[severity - 1]
    noisy = np.where(drawn < share / 2, np.uint8(0), pixels)
    return np.asarray(np.where(drawn > 1 - share / 2, np.uint8(255), noisy))
