"""From a gradient per channel to one number per pixel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.contracts import Array
from core.parameters import Parameter

__all__ = ["CHANNELS", "REDUCERS"]

REDUCERS: dict[str, Callable[[Array], Array]] = {
    "max": lambda g: np.abs(g).max(axis=-1),
    "l2": lambda g: np.sqrt(np.square(g).sum(axis=-1)),
    "sum": lambda g: g.sum(axis=-1),
}

CHANNELS = Parameter(
    "channels",
    "choice",
    "max",
    "How red, green and blue become one number: the largest magnitude, the Euclidean length, "
    "or the signed sum",
    choices=tuple(REDUCERS),
)
