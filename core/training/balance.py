"""Mitigation by training: weights or draws that make up for rare classes and groups.

Weights inverse to frequency as in Kamiran & Calders 2012 (reweighing), with their mean at 1 so that
the learning rate keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.data.base import Part
from core.data.feed import Order
from core.errors import ParameterError
from core.parameters import Value

__all__ = ["balanced"]


def balanced(
    part: Part, values: Mapping[str, Value], *, n_classes: int, seed: int
) -> tuple[Order | None, Array | None]:
    """Return the order of the epochs and the pictures' weights that ``values`` ask for.

    Parameters
    ----------
    values : mapping
        Of :data:`core.training.options.BALANCE`.

    Returns
    -------
    order : callable or None
        Draws with replacement so that each class (or class × group) is equally likely.
    weights : ndarray of float32, shape (n,), or None
        Inverse to the frequency of the picture's class (or class × group), mean 1.

    Raises
    ------
    ParameterError
        If the dataset has no attribute ``balance_by``.
    """
    wanted = str(values.get("balance", "none"))
    if wanted == "none":
        return None, None
    cells = part.labels
    if wanted.startswith("group"):
        cells = part.labels + n_classes * _group(part, str(values.get("balance_by", "")))
    _, cell, counts = np.unique(cells, return_inverse=True, return_counts=True)
    inverse = 1.0 / counts[cell]
    if wanted.endswith("weights"):
        return None, (inverse * len(cell) / inverse.sum()).astype(np.float32)
    return _drawn(inverse / inverse.sum(), seed), None


def _group(part: Part, attribute: str) -> npt.NDArray[np.int64]:
    if attribute not in part.groups:
        raise ParameterError(
            f"balance_by must name an attribute of the pictures: {', '.join(part.groups) or 'none'}"
            f". Received: {attribute!r}."
        )
    return np.unique(np.asarray(part.groups[attribute]), return_inverse=True)[1]


def _drawn(probability: npt.NDArray[np.float64], seed: int) -> Order:
    n = len(probability)
    return lambda epoch: np.random.default_rng((seed, 0xBA1A, epoch)).choice(n, n, p=probability)
