"""Defocus, glass, motion and zoom blur, with lengths scaled to the size of the picture."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from core.robustness.corruptions.base import Floats, Pixels, as_pixels, scale_of

__all__ = ["defocus_blur", "disk", "glass_blur", "motion_blur", "motion_kernel", "zoom_blur"]

_DEFOCUS = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))
_GLASS = ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2))
_MOTION = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))
_ZOOM = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))
_BORDER = cv2.BORDER_REFLECT_101


@lru_cache(maxsize=32)
def disk(radius: float, alias: float) -> Floats:
    """Return a disk that sums to 1, its edge smoothed by a Gaussian of σ ``alias``."""
    reach = max(1, int(np.ceil(radius)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = (x**2 + y**2 <= radius**2).astype(np.float32)
    kernel = cv2.GaussianBlur(kernel / kernel.sum(), (3, 3), alias)
    return np.asarray(kernel / kernel.sum(), np.float32)


def defocus_blur(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Blur with a disk: out of focus."""
    del rng
    radius, alias = _DEFOCUS[severity - 1]
    kernel = disk(max(0.5, radius * scale_of(pixels)), alias)
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=_BORDER))


def glass_blur(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Blur, let neighbouring pixels change places, blur again: frosted glass.

    Each pixel is drawn from the window around it, all at once: the original swaps one pixel after
    another, in a loop over the picture.
    """
    sigma, reach, rounds = _GLASS[severity - 1]
    scale = scale_of(pixels)
    sigma, far = sigma * scale, max(1, round(reach * scale))
    out = cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=_BORDER)
    height, width = out.shape[:2]
    rows, columns = np.indices((height, width))
    for _ in range(rounds):
        down, right = rng.integers(-far, far, (2, height, width), endpoint=True)
        out = out[np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)]
    return np.asarray(cv2.GaussianBlur(out, (0, 0), sigma, borderType=_BORDER))


def motion_kernel(radius: float, sigma: float, angle: float) -> Floats:
    """Return one side of a Gaussian along a line at ``angle`` radians, that sums to 1."""
    reach = max(1, int(np.ceil(radius)))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    steps = np.linspace(0, radius, 4 * reach + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    columns = np.rint(reach + steps * np.cos(angle)).astype(int)
    rows = np.rint(reach + steps * np.sin(angle)).astype(int)
    np.add.at(kernel, (rows, columns), weights)
    return np.asarray(kernel / kernel.sum(), np.float32)


def motion_blur(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Blur along a line within 45° of the horizontal: a moving camera."""
    radius, sigma = (v * scale_of(pixels) for v in _MOTION[severity - 1])
    kernel = motion_kernel(max(1.0, radius), max(0.5, sigma), rng.uniform(-np.pi / 4, np.pi / 4))
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=_BORDER))


def zoom_blur(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Average the picture over growing magnifications: moving towards the object."""
    del rng
    last, step = _ZOOM[severity - 1]
    height, width = pixels.shape[:2]
    factors = np.arange(1, last, step)
    total = np.zeros(pixels.shape, np.float32)
    for factor in factors:
        centre = np.array(
            [[factor, 0, (1 - factor) * (width - 1) / 2],
             [0, factor, (1 - factor) * (height - 1) / 2]],
            np.float32,
        )  # fmt: skip
        total += cv2.warpAffine(pixels, centre, (width, height), borderMode=_BORDER)
    return as_pixels((pixels + total) / ((len(factors) + 1) * np.float32(255)))
