"""Snow, frost, fog and brightness, with the strengths of ImageNet-C.

Frost is drawn, as needles of ice that grow from seeds: the original lays photographs of ice over
the picture, which are not ours to ship. It is a different frost of the same strength.
"""

from __future__ import annotations

import cv2
import numpy as np

from core.robustness.corruptions.base import Floats, Pixels, as_pixels, scale_of
from core.robustness.corruptions.blur import motion_kernel

__all__ = ["brightness", "fog", "frost", "plasma", "snow"]

_SNOW = (
    (0.1, 0.3, 3.0, 0.5, 10, 4, 0.8), (0.2, 0.3, 2.0, 0.5, 12, 4, 0.7),
    (0.55, 0.3, 4.0, 0.9, 12, 8, 0.7), (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
    (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
)  # fmt: skip
_FROST = ((1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))
_FOG = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))
_BRIGHTER = (0.1, 0.2, 0.3, 0.4, 0.5)
_NEEDLES = 90


def snow(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Lay blurred flakes over a paler picture."""
    mean, spread, zoom, least, radius, sigma, share = _SNOW[severity - 1]
    height, width = pixels.shape[:2]
    small = (max(1, round(height / zoom)), max(1, round(width / zoom)))
    flakes = np.float32(mean) + np.float32(spread) * rng.standard_normal(small, np.float32)
    flakes = cv2.resize(flakes, (width, height), interpolation=cv2.INTER_LINEAR)
    flakes = np.where(flakes < least, 0, np.clip(flakes, 0, 1))
    scale = scale_of(pixels)
    angle = np.deg2rad(rng.uniform(45, 135))
    kernel = motion_kernel(max(1.0, radius * scale), max(0.5, sigma * scale), angle)
    layer = cv2.filter2D(flakes.astype(np.float32), -1, kernel)[..., None]
    x = pixels.astype(np.float32) / 255
    grey = cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)[..., None]
    pale = share * x + (1 - share) * np.maximum(x, grey * 1.5 + 0.5)
    return as_pixels(pale + layer + layer[::-1, ::-1])


def frost(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Lay needles of ice over the picture."""
    keep, ice = _FROST[severity - 1]
    layer = _ice(pixels.shape[0], pixels.shape[1], rng)
    return as_pixels(keep * pixels.astype(np.float32) / 255 + ice * layer)


def _ice(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Return crystals in bluish white on black, ``(height, width, 3)`` in [0, 1]."""
    side = max(height, width)
    layer = np.zeros((height, width), np.float32)
    centres = rng.uniform(0, 1, (6, 2)) * (width, height)
    for x, y in centres:
        for angle in rng.uniform(0, 2 * np.pi, _NEEDLES // len(centres)):
            length = side * rng.uniform(0.15, 0.6)
            end = (int(x + length * np.cos(angle)), int(y + length * np.sin(angle)))
            shade = float(rng.uniform(0.4, 1))
            cv2.line(layer, (int(x), int(y)), end, shade, max(1, side // 110), cv2.LINE_AA)
    haze = plasma(height, width, 1.8, rng)
    layer = 0.55 * haze + 0.75 * cv2.GaussianBlur(layer, (0, 0), max(0.5, side / 300))
    return np.asarray(np.clip(layer, 0, 1)[..., None] * np.array([0.85, 0.93, 1.0], np.float32))


def plasma(height: int, width: int, decay: float, rng: np.random.Generator) -> Floats:
    """Return a cloud in [0, 1]: noise of every size, each octave ``decay`` times weaker."""
    side = max(height, width)
    cloud = np.zeros((height, width), np.float32)
    weight, cells = 1.0, 2
    while cells < 2 * side:
        noise = rng.random((min(cells, side) + 1, min(cells, side) + 1), np.float32)
        grown = cv2.resize(noise, (side, side), interpolation=cv2.INTER_LINEAR)
        cloud += np.float32(weight) * grown[:height, :width]
        weight, cells = weight / decay, cells * 2
    cloud -= cloud.min()
    return np.asarray(cloud / max(float(cloud.max()), 1e-6))


def fog(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Lay a cloud over the picture, and keep its brightest value."""
    amount, decay = _FOG[severity - 1]
    x = pixels.astype(np.float32) / 255
    most = max(float(x.max()), 1e-6)
    cloud = plasma(pixels.shape[0], pixels.shape[1], decay, rng)[..., None]
    return as_pixels((x + np.float32(amount) * cloud) * most / (most + amount))


def brightness(pixels: Pixels, severity: int, rng: np.random.Generator) -> Pixels:
    """Raise the value of HSV."""
    del rng
    hsv = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 2] = np.clip(hsv[..., 2] + _BRIGHTER[severity - 1], 0, 1)
    return as_pixels(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))
