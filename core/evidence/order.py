"""In which order sites go along deletion and insertion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.contracts import Array

__all__ = ["descending"]


def descending(values: Array) -> npt.NDArray[np.int64]:
    """Return the indices of the flattened map, the largest value first.

    Equal values keep their reading order (left to right, top to bottom): the same everywhere.
    """
    return np.argsort(-values.ravel(), kind="stable")
