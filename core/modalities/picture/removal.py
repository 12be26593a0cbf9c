"""What stands in place of removed pixels along deletion and insertion, by RISE's protocol."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.contracts import Array
from core.modalities.base import Preset

__all__ = ["PRESETS", "REMOVED", "REMOVED_TEXT", "blurred"]

_SIZE, _SIGMA = 11, 5.0


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


REMOVED: dict[str, Callable[[Array, Array], Array]] = {
    "zero": lambda picture, zero: np.broadcast_to(zero, picture.shape),
    "black": lambda picture, _: np.zeros_like(picture),
    "blur": blurred,
}
"""Name → function of the picture and of the pixel that preprocessing maps to 0."""

REMOVED_TEXT = {
    "zero": "the pixel that preprocessing maps to 0",
    "black": "black pixels",
    "blur": "a Gaussian blur of the picture (11×11, σ = 5)",
}

_PRESETS = (
    Preset(
        "rise",
        "RISE's protocol in 10 steps: quick enough to stand beside every map.",
        10, "zero", "blur",
    ),
    Preset(
        "rise-full",
        "RISE's protocol with 224 pixels a step, as in the paper: 224 steps at 224 px.",
        None, "zero", "blur",
    ),
    Preset(
        "xplique",
        "Xplique 2.0.2's defaults: 10 steps, black pixels for both curves "
        "(and its activation 'softmax').",
        10, "black", "black",
    ),
)  # fmt: skip

PRESETS: dict[str, Preset] = {preset.id: preset for preset in _PRESETS}
