"""Axes of inputs ``(N, *sites, C)`` and of maps ``(N, *sites)``, however many sites there are.

A picture has two axes of sites, its height and width; a signal has one. Whoever computes with
inputs asks here for their axes, and holds for all of them.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["along", "inner"]

_T = TypeVar("_T", bound=np.generic)


def along(factors: npt.NDArray[_T], values: npt.NDArray[np.generic]) -> npt.NDArray[_T]:
    """Return factors ``(N,)`` shaped to multiply values ``(N, …)``, one for each row.

    >>> along(np.ones(2), np.zeros((2, 4, 4, 3))).shape
    (2, 1, 1, 1)
    """
    return factors.reshape(-1, *[1] * (values.ndim - 1))


def inner(values: npt.NDArray[np.generic]) -> tuple[int, ...]:
    """Return the axes of one row of ``(N, …)``: all but the first.

    >>> inner(np.zeros((2, 4, 4, 3)))
    (1, 2, 3)
    """
    return tuple(range(1, values.ndim))
