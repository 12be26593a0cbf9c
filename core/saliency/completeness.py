"""By how much shares miss the difference that they should add up to, and what part of it that is.

Where f of the picture and of the baseline are equal up to rounding, the difference is 0 and a
relative error would divide rounding by rounding: there the error is told as it is, in units of f.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["missed", "smallest_change"]

_SHARE, _SCORE = 1e-4, 10.0
"""A hundred times the rounding of float32, of f or of a score of 10."""


def smallest_change(start: Any, end: Any) -> Any:
    """Return the change of f, from ``start`` to ``end``, below which it counts as none."""
    return _SHARE * np.maximum(_SCORE, np.maximum(np.abs(start), np.abs(end)))


def missed(total: float, start: float, end: float) -> tuple[float | None, float]:
    """Return how far ``total`` misses ``end − start``: relative to it, and in units of f.

    The relative one is ``None`` where there is no change to be a share of.
    """
    off, change = abs(total - (end - start)), abs(end - start)
    return (off / change if change > float(smallest_change(start, end)) else None), off
