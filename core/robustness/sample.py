"""Which pictures of a split are taken when not all are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["drawn_rows"]


def drawn_rows(n_all: int, n: int, *, seed: int) -> npt.NDArray[np.int64]:
    """Return ``n`` rows of ``n_all`` in random order, without repeats.

    Folders are ordered by class, and drawn datasets repeat their groups: the first rows, or every
    tenth, may hold one class or one group alone (150 of the portraits: light skins only). In
    random order every chunk is a fair sample, and so is a curve that is not finished.
    """
    return np.random.default_rng([seed, n_all]).permutation(n_all)[:n].astype(np.int64)
