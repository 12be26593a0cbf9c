"""In which order pixels go, and what stands in their place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.models.zoo import Affine

__all__ = ["blurred", "descending", "zero_pixel"]

_SIZE, _SIGMA = 11, 5.0


def zero_pixel(preprocessing: Affine) -> Array:
    """Return the pixel that ``preprocessing`` maps to 0, shape ``(3,)``, RGB in [0, 1].

    >>> zero_pixel(Affine((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)))
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    mean = np.asarray(preprocessing.mean, np.float32) / np.float32(255)
    return np.clip(mean[::-1] if preprocessing.order == "bgr" else mean, 0.0, 1.0)


def blurred(picture: Array, zero: Array) -> Array:
    """Return the picture ``(H, W, 3)`` under RISE's Gaussian: 11×11, σ = 5.

    As in the authors' code, the tails of the kernel are folded back into its 11 taps, and the
    border is padded with ``zero``, shape ``(3,)``: the pixel that preprocessing maps to 0.
    """
    from scipy.ndimage import correlate1d, gaussian_filter1d

    kernel = gaussian_filter1d(np.eye(1, _SIZE, _SIZE // 2)[0], _SIGMA)
    smoothed = picture - zero
    for axis in (0, 1):
        smoothed = correlate1d(smoothed, kernel, axis=axis, mode="constant", cval=0.0)
    return smoothed + zero


def descending(values: Array) -> npt.NDArray[np.int64]:
    """Return the indices of the flattened map, the largest value first.

    Equal values keep their reading order (left to right, top to bottom): the same everywhere.
    """
    return np.argsort(-values.ravel(), kind="stable")
