"""Adjusting p values over a family of tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.contracts import Adjustment
from core.multiplicity import holm

__all__ = [
    "ADJUST", "WORDS", "benjamini_hochberg", "interval_level", "next_level",
]  # fmt: skip

Floats = npt.NDArray[np.float64]


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """Return p values adjusted by Benjamini and Hochberg 1995: the share of false rejections.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(p, np.float64)
    order = np.argsort(given, kind="stable")[::-1]
    scaled = given[order] * len(given) / np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return np.maximum(adjusted, given)  # a division may round below


ADJUST: dict[Adjustment, Callable[[npt.ArrayLike], Floats]] = {
    "holm": holm,
    "bh": benjamini_hochberg,
}
WORDS: dict[Adjustment, str] = {
    "holm": (
        "Holm: the chance of flagging any gap that lies within the tolerance is at most α, and so "
        "is that of passing any beyond it"
    ),
    "bh": (
        "Benjamini–Hochberg: of the flags, at most a share of α lies within the tolerance on "
        "average, and of the passes as much beyond it"
    ),
}


def interval_level(adjust: Adjustment, alpha: float, n_tests: int, n_rejected: int) -> float:
    """Return the level of intervals that hold at once with the tests.

    α/m for Holm's method (Bonferroni); α·R/m for Benjamini and Hochberg's with R rejections, at
    which a share of α of the intervals so chosen is off (Benjamini and Yekutieli 2005).
    """
    return alpha * (max(n_rejected, 1) if adjust == "bh" else 1) / max(n_tests, 1)


def next_level(adjust: Adjustment, alpha: float, n_tests: int, n_rejected: int) -> float:
    """Return the level at which one more test rejects, the others being as they are."""
    if adjust == "bh":
        return alpha * min(n_rejected + 1, n_tests) / max(n_tests, 1)
    return alpha / max(n_tests - n_rejected, 1)
