"""What can be seen in a picture without any model: edges, local contrast, unusual colours, places.

Controls are made of these; whoever paints a map without asking the model uses nothing else.
"""

from __future__ import annotations

import zlib

import numpy as np

from core.contracts import Array
from core.modalities.picture.resample import upsample

__all__ = [
    "blocks", "blurred", "centred", "colours", "contrast", "laplacian", "luminance", "sobel",
    "texture",
]  # fmt: skip

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue: ITU-R BT.601."""


def colours(picture: Array) -> Array:
    """Return the channels that hold colour or grey: opacity, the second or fourth, is left out."""
    return picture[..., : 3 if picture.shape[-1] >= 3 else 1]


def luminance(picture: Array) -> Array:
    """Return how light each pixel is, shape ``(H, W)``."""
    seen = colours(picture)
    grey: Array = seen @ _LUMINANCE if seen.shape[-1] == 3 else seen[..., 0]
    return grey


def sobel(picture: Array) -> Array:
    """Return the magnitude of the gradient of the luminance, shape ``(H, W)``."""
    import cv2

    grey = luminance(picture)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REFLECT)
    right = cv2.Sobel(grey, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REFLECT)
    return np.hypot(down, right).astype(np.float32)


def centred(
    shape: tuple[int, ...],
    sigma: float | tuple[float, float],
    at: tuple[float, float] = (0.5, 0.5),
) -> Array:
    """Return a Gaussian ``(H, W)``; ``sigma`` and ``at`` (down, right) are shares of the sides.

    >>> centred((3, 3), 0.5).argmax()
    np.int64(4)
    """
    widths = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    down, right = (
        np.square(((np.arange(n) + 0.5) / n - centre) / width)
        for n, centre, width in zip(shape, at, widths, strict=True)
    )
    return np.exp(-(down[:, None] + right[None]) / 2).astype(np.float32)


def blurred(values: Array, sigma: float) -> Array:
    """Return ``values`` ``(H, W)`` under a Gaussian of ``sigma`` shares of the shorter side."""
    from scipy.ndimage import gaussian_filter

    smooth: Array = gaussian_filter(values, sigma * min(values.shape), mode="reflect")
    return smooth


def contrast(picture: Array) -> Array:
    """Return how unlike the picture's rim each pixel is: a finder of objects, by colour alone.

    Mahalanobis distance to the colours of the outer fourteenth, shape ``(H, W)``; after the
    boundary prior of Zhu et al. 2014, Saliency Optimization from Robust Background Detection.
    """
    wide = max(1, min(picture.shape[:2]) // 14)
    inner = np.ones(picture.shape[:2], bool)
    inner[wide:-wide, wide:-wide] = False
    seen = colours(picture)
    rim = seen[inner]
    spread = np.atleast_2d(np.cov(rim.T)) + 1e-3 * np.eye(seen.shape[-1])
    away = seen - rim.mean(axis=0)
    squares = np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away)
    return np.sqrt(squares).astype(np.float32)


def texture(picture: Array, sigma: float) -> Array:
    """Return the local variance of the luminance within ``sigma``, shape ``(H, W)``."""
    grey = luminance(picture)
    return blurred(np.square(grey - blurred(grey, sigma)), sigma)


def laplacian(picture: Array, sigma: float) -> Array:
    """Return the magnitude of the luminance's Laplacian under a Gaussian of ``sigma`` pixels."""
    from scipy.ndimage import gaussian_laplace

    return np.abs(gaussian_laplace(luminance(picture), sigma)).astype(np.float32)


def blocks(picture: Array, seed: int, *, cells: int = 7) -> Array:
    """Return uniform noise on ``cells`` × ``cells`` blocks, enlarged to ``(H, W)``.

    Noise of single pixels would be too weak a control: deletion and insertion punish every
    scattered map. This one is as smooth as Grad-CAM, and other for every picture and seed.
    """
    n = min(cells, *picture.shape[:2])
    rng = np.random.default_rng([seed, zlib.crc32(picture.tobytes())])
    return upsample(rng.random((n, n), dtype=np.float32), (picture.shape[0], picture.shape[1]))
