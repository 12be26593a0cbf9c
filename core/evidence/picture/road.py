"""ROAD: remove and debias (Rong et al. 2022). Removed pixels are imputed from their neighbours."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Score
from core.evidence.base import EvaluatedMap, Mask, Metric
from core.evidence.order import descending

__all__ = ["Road", "RoadLerf", "RoadMorf", "impute", "neighbour_system"]

FRACTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
SIGMA = 0.01
_DIRECT, _DIAGONAL = 1 / 6, 1 / 12
_OFFSETS = (
    (0, 1, _DIRECT), (0, -1, _DIRECT), (1, 0, _DIRECT), (-1, 0, _DIRECT),
    (1, 1, _DIAGONAL), (1, -1, _DIAGONAL), (-1, 1, _DIAGONAL), (-1, -1, _DIAGONAL),
)  # fmt: skip


def neighbour_system(picture: Array, removed: Mask) -> tuple[object, npt.NDArray[np.float64]]:
    """Return the sparse matrix A ``(n, n)`` and the right side ``(n, C)`` of the imputation.

    Each of the n removed pixels is the mean of its neighbours that lie inside the picture, direct
    ones weighing 1/6, diagonal ones 1/12; known neighbours go to the right side.
    """
    from scipy.sparse import coo_array, diags_array

    h, w = removed.shape
    n = int(removed.sum())
    number = np.full((h, w), -1)
    number[removed] = np.arange(n)
    row, column = np.nonzero(removed)
    total, right = np.zeros(n), np.zeros((n, picture.shape[-1]))
    entries: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], float]] = []
    for dy, dx, weight in _OFFSETS:
        y, x = row + dy, column + dx
        inside = (y >= 0) & (y < h) & (x >= 0) & (x < w)
        own, y, x = np.nonzero(inside)[0], y[inside], x[inside]
        total[own] += weight
        known = ~removed[y, x]
        right[own[known]] += weight * picture[y[known], x[known]]
        entries.append((own[~known], number[y[~known], x[~known]], weight))
    rows = np.concatenate([e[0] for e in entries])
    columns = np.concatenate([e[1] for e in entries])
    values = np.concatenate([np.full(len(e[0]), -e[2]) for e in entries])
    matrix = diags_array(total) + coo_array((values, (rows, columns)), shape=(n, n))
    return matrix.tocsc(), right


def impute(picture: Array, removed: Mask, rng: np.random.Generator, sigma: float = SIGMA) -> Array:
    """Return the picture ``(H, W, C)`` with removed pixels linearly imputed, and slightly noisy.

    Without a known pixel there is nothing to impute from: at least one must stay.
    """
    from scipy.sparse.linalg import spsolve

    matrix, right = neighbour_system(picture, removed)
    filled = picture.copy()
    noise = rng.normal(0.0, sigma, right.shape)
    solved = spsolve(matrix, right).reshape(right.shape)  # scipy drops one channel
    filled[removed] = np.clip(solved + noise, 0.0, 1.0)
    return filled


class _RoadMetric(Metric):
    """Base of the three: which ends of the ranking are removed."""

    needs = frozenset({"plane", "probability"})
    positive = True
    random = True
    orders: ClassVar[tuple[Literal["morf", "lerf"], ...]]

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return shares, imputation and score."""
        shares = ", ".join(f"{share:.0%}" for share in FRACTIONS)
        which = {"morf": "most", "lerf": "least"}
        ends = " and ".join(f"{which[order]} relevant pixels first" for order in self.orders)
        return (
            f"{ends[0].upper()}{ends[1:]}, {shares} removed, noisy linear imputation from 8 "
            f"neighbours (σ = {SIGMA:g}), no retraining; {self._mean_text}; score: "
            f"{evaluated.score_text}; equal values in reading order; seed {evaluated.seed}."
        )

    _mean_text: ClassVar[str] = "mean over the shares"

    def curve_mean(self, evaluated: EvaluatedMap, order: Literal["morf", "lerf"]) -> float:
        """Return the mean score over the shares."""
        ranked = descending(evaluated.map)
        if order == "lerf":
            ranked = ranked[::-1]
        rng = np.random.default_rng(evaluated.seed)
        pictures = []
        for share in FRACTIONS:
            evaluated.control.check()
            removed = np.zeros(evaluated.map.size, bool)
            removed[ranked[: round(share * ranked.size)]] = True
            pictures.append(impute(evaluated.input, removed.reshape(evaluated.map.shape), rng))
        return float(evaluated.probabilities(np.stack(pictures)).mean())

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the mean score of the one end."""
        return self.defined(evaluated, self.curve_mean(evaluated, self.orders[0]))


_PAPER = "Rong et al. 2022, A Consistent and Efficient Evaluation Strategy, arXiv:2202.00449"
_LIMITS = "Large holes come back as smooth stains, which the model has not seen either."


class RoadMorf(_RoadMetric):
    """Mean score with the most relevant pixels removed."""

    id = "road_morf"
    name = "ROAD, most relevant first"
    summary = "How much of the probability is left once the highest pixels are imputed away."
    limits = _LIMITS
    paper = _PAPER
    higher_is_better = False
    orders = ("morf",)


class RoadLerf(_RoadMetric):
    """Mean score with the least relevant pixels removed."""

    id = "road_lerf"
    name = "ROAD, least relevant first"
    summary = "How much of the probability is left once the lowest pixels are imputed away."
    limits = _LIMITS
    paper = _PAPER
    orders = ("lerf",)


class Road(_RoadMetric):
    """Half the difference of both ends."""

    id = "road"
    name = "ROAD"
    summary = "What removing the lowest pixels leaves, less what removing the highest leaves."
    limits = _LIMITS
    paper = _PAPER
    orders = ("morf", "lerf")
    _mean_text = "half of the second mean over the shares less the first"

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return (least − most)/2, in [−½, ½]."""
        most, least = (self.curve_mean(evaluated, order) for order in self.orders)
        return self.defined(evaluated, (least - most) / 2)
