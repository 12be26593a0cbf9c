"""The photographs that come along: typical pictures for checks of a method on a model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from core.contracts import Array
from core.modalities.picture import images

__all__ = ["probes"]

_PROBES = Path(__file__).parent / "photographs"


@lru_cache(maxsize=4)
def probes(shape: tuple[int, ...]) -> Array:
    """Return the packaged photographs, float32 ``(N, *shape)`` in [0, 1]."""
    files = sorted(_PROBES.glob("*.jpg"))
    seen = [images.to_input(images.open_picture(file), shape=shape) for file in files]
    return np.stack([one.tensor() for one in seen])
