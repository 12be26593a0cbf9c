"""Protocols of deletion and insertion, as values: what moves the figures, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.registry import Registry

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """How deletion and insertion replace pixels.

    Parameters
    ----------
    id, summary : str
    steps : int or None
        Number of equal steps; ``None`` for ``pixels_per_step``.
    pixels_per_step : int
        Pixels changed at each step where ``steps`` is ``None``.
    deletion, insertion : {"zero", "black", "blur"}
        What stands for a missing pixel: the value that preprocessing maps to 0, pixel value 0, or
        a Gaussian blur of the picture (11×11, σ = 5).
    """

    id: str
    summary: str
    steps: int | None
    deletion: Literal["zero", "black", "blur"]
    insertion: Literal["zero", "black", "blur"]
    pixels_per_step: int = 224

    def n_steps(self, n_pixels: int) -> int:
        """Return the number of steps for a map of ``n_pixels``."""
        return self.steps or -(-n_pixels // self.pixels_per_step)


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

PRESETS: Registry[Preset] = Registry("preset", _PRESETS)
