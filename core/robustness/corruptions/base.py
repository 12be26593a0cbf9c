"""What a corruption is: a function of a picture, a severity and a source of chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.contracts import CorruptionCard
from core.declared import card_of

__all__ = ["Corruption", "Floats", "Kind", "Pixels", "SEVERITIES", "as_pixels", "scale_of"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Kind = Literal["noise", "blur", "weather", "digital", "shift"]
SEVERITIES = (1, 2, 3, 4, 5)
_REFERENCE = 224
"""Side of the pictures that ImageNet-C's lengths are given for."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """One corruption.

    Parameters
    ----------
    apply : callable
        ``(pixels uint8 (H, W, 3), severity 1 … 5, generator) -> pixels``.
    standard : bool
        Whether it is one of the fifteen that mean corruption errors are taken over.
    needs : frozenset of str
        What it needs of inputs: keys of :data:`core.modalities.capabilities.CAPABILITIES`.
    """

    id: str
    name: str
    kind: Kind
    apply: Callable[[Pixels, int, np.random.Generator], Pixels]
    standard: bool = True
    needs: frozenset[str] = frozenset({"plane"})

    def card(self) -> CorruptionCard:
        """Return what users see."""
        return card_of(self, CorruptionCard)


def scale_of(pixels: Pixels) -> float:
    """Return by how much lengths in pixels grow or shrink for a picture of this size.

    >>> scale_of(np.zeros((112, 300, 3), np.uint8))
    0.5
    """
    return min(pixels.shape[:2]) / _REFERENCE


def as_pixels(values: npt.NDArray[np.floating]) -> Pixels:
    """Return uint8 pixels of values in [0, 1]; what lies outside is cut."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
