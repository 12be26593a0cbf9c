"""How unequally errors benefit people (Speicher et al. 2018, arXiv:1807.00787).

A row's benefit is prediction − truth + 1: 0 for a missed positive, 1 for a right answer, 2 for a
negative taken for positive. Indices are 0 where all benefits are equal, and split exactly into what
lies between groups and what lies within them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core.fairness.metrics.base import Composite

__all__ = ["INDICES", "INEQUALITY", "between"]

Floats = npt.NDArray[np.float64]
Index = Callable[[Floats, Floats], Floats]
_BENEFITS = np.array([[1.0, 2.0], [0.0, 1.0]])
_UNDEFINED = "every row is a missed positive"


def _generalized_entropy(benefit: Floats, share: Floats) -> Floats:
    """Return ½ of the squared coefficient of variation: generalized entropy with α = 2."""
    mean = (benefit * share).sum(axis=-1)
    squares = (benefit**2 * share).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > 0, (squares / mean**2 - 1) / 2, np.nan)


def _theil(benefit: Floats, share: Floats) -> Floats:
    """Return the mean of b/μ · ln(b/μ): generalized entropy with α = 1."""
    mean = (benefit * share).sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = benefit / mean
        logs = np.where(relative > 0, relative * np.log(np.where(relative > 0, relative, 1)), 0)
        return np.where(mean[..., 0] > 0, (logs * share).sum(axis=-1), np.nan)


INDICES: dict[str, Index] = {"generalized_entropy": _generalized_entropy, "theil": _theil}
"""From benefits ``(…, m)`` and the shares of rows that have them ``(…, m)`` to the index."""


def _of_cells(index: Index) -> Callable[[Floats], Floats]:
    def value(cells: Floats) -> Floats:
        flat = cells.reshape(*cells.shape[:-2], 4)
        total = flat.sum(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = flat / total
        return index(np.broadcast_to(_BENEFITS.reshape(4), share.shape), share)

    return value


def between(index: str, cells: Floats) -> Floats:
    """Return the part between groups: every row with its group's mean benefit.

    Parameters
    ----------
    cells : ndarray, shape (…, G, 2, 2)
    """
    size = cells.sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(size > 0, (cells * _BENEFITS).sum(axis=(-2, -1)) / size, 0)
        share = size / size.sum(axis=-1, keepdims=True)
    return INDICES[index](mean, share)


INEQUALITY = (
    Composite(
        id="generalized_entropy",
        name="Generalized entropy",
        summary="Half the squared coefficient of variation of benefits (α = 2); 0 is equal.",
        undefined=_UNDEFINED,
        higher_is_better=False,
        value=_of_cells(_generalized_entropy),
    ),
    Composite(
        id="theil",
        name="Theil index",
        summary="Entropy of benefits (α = 1); 0 is equal.",
        undefined=_UNDEFINED,
        higher_is_better=False,
        value=_of_cells(_theil),
    ),
)
