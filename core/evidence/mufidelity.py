"""MuFidelity (Bhatt et al. 2020): whether the map adds up to what removal costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Score
from core.evidence.base import EvaluatedMap, Metric
from core.modalities.base import Labels
from core.modalities.units import grid

__all__ = ["MuFidelity"]

_CHUNK = 32


class MuFidelity(Metric):
    """Correlation of what a subset's removal costs with the sum of the map over it.

    Parameters
    ----------
    n_samples : int
        Random subsets.
    grid : int
        Cells a side; a subset is made of whole cells.
    share : float
        Share of the cells in a subset.
    """

    id = "mufidelity"
    name = "MuFidelity"
    summary = "Whether the map's sum over random regions predicts what removing them costs."
    limits = "Regions are coarse, and removal makes pictures that the model never saw."
    paper = (
        "Bhatt et al. 2020, Evaluating and Aggregating Feature-based Model Explanations, "
        "arXiv:2005.00631, definition 3"
    )
    random = True

    def __init__(self, n_samples: int = 200, grid: int = 9, share: float = 0.2) -> None:
        self.n_samples, self.grid, self.share = n_samples, grid, share

    @property
    def _subset(self) -> int:
        return max(1, round(self.share * self.grid**2))

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return subsets, replacement and correlation."""
        return (
            f"Pearson's correlation over {self.n_samples} random subsets of {self._subset} of "
            f"{self.grid}×{self.grid} cells between Σ map and f(x) − f(x without the subset); "
            "removed pixels take the value that preprocessing maps to 0; f: the explained logit; "
            f"seed {evaluated.seed}; interval by Fisher's z."
        )

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the correlation in [−1, 1] with its 95 % interval."""
        subsets = self._subsets(evaluated)
        cells = self._cells(evaluated.map.shape)
        sums = np.bincount(cells.ravel(), evaluated.map.ravel(), minlength=self.grid**2)
        attributed = subsets @ sums
        cost = evaluated.f - self._values_without(evaluated, subsets, cells)
        if np.ptp(attributed) == 0 or np.ptp(cost) == 0:
            what = "map's sums" if np.ptp(attributed) == 0 else "model's answers"
            return self.undefined(evaluated, f"the {what} do not vary over the subsets")
        r = float(np.corrcoef(attributed, cost)[0, 1])
        z, half = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), 1.96 / np.sqrt(len(cost) - 3)
        return self.defined(
            evaluated, r, low=float(np.tanh(z - half)), high=float(np.tanh(z + half))
        )

    def _subsets(self, evaluated: EvaluatedMap) -> npt.NDArray[np.bool_]:
        """Return which cells each subset removes, ``(n_samples, grid²)``."""
        rng = np.random.default_rng(evaluated.seed)
        ranks = rng.random((self.n_samples, self.grid**2)).argsort(axis=1)
        return ranks < self._subset

    def _cells(self, shape: tuple[int, ...]) -> Labels:
        """Return the cell of each site."""
        return grid(shape, (self.grid,) * len(shape))

    def _values_without(
        self, evaluated: EvaluatedMap, subsets: npt.NDArray[np.bool_], cells: Labels
    ) -> Array:
        evaluated.passes.prepare(self.n_samples)
        values = []
        for start in range(0, self.n_samples, _CHUNK):
            gone = subsets[start : start + _CHUNK][:, cells]
            pictures = np.where(gone[..., None], evaluated.zero, evaluated.input)
            values.append(evaluated.values(pictures))
            evaluated.control.progress(start / self.n_samples, "MuFidelity")
        return np.concatenate(values)
