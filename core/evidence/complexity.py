"""How concentrated a map is: Gini's index and Shannon's entropy. No passes."""

from __future__ import annotations

import numpy as np

from core.contracts import Array, Score
from core.evidence.base import EvaluatedMap, Metric

__all__ = ["Entropy", "Sparseness", "entropy", "gini"]


def gini(values: Array) -> float:
    """Return Gini's index of magnitudes: 0 for a constant map, 1 − 1/d for a one-hot map.

    Hurley & Rickard's form, Chalasani et al. 2018, eq. 3.

    >>> gini(np.array([0.0, 0.0, 0.0, 2.0]))
    0.75
    """
    magnitudes = np.sort(np.abs(values.ravel()).astype(np.float64))
    d = magnitudes.size
    share = (d - np.arange(1, d + 1) + 0.5) / d
    return float(1.0 - 2.0 * (magnitudes * share).sum() / magnitudes.sum())


def entropy(values: Array) -> float:
    """Return Shannon's entropy (nats) of normalised magnitudes: log d for a constant map.

    >>> entropy(np.array([0.0, 3.0])) == 0
    True
    """
    p = np.abs(values.ravel()).astype(np.float64)
    p = p[p > 0] / p.sum()
    return float(-(p * np.log(p)).sum()) + 0.0


class Sparseness(Metric):
    """Gini's index of the map's magnitudes."""

    id = "sparseness"
    name = "Sparseness (Gini)"
    summary = "How much of the map's weight lies on few pixels: 0 evenly spread, 1 on one pixel."
    limits = "Says nothing about whether the weight lies on the right pixels."
    paper = "Chalasani et al. 2018, Concise Explanations, arXiv:1810.06583"
    quick = True

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return what is counted."""
        return f"Gini's index of |map| over {evaluated.map.size} pixels."

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the index."""
        return self.defined(evaluated, gini(evaluated.map))


class Entropy(Metric):
    """Shannon's entropy of the map's magnitudes."""

    id = "entropy"
    name = "Entropy"
    summary = "How many pixels share the map's weight: log of the pixel count if all do alike."
    limits = "Neither end is better: it describes the map, not its truth."
    paper = "Bhatt et al. 2020, Evaluating and Aggregating Explanations, arXiv:2005.00631"
    higher_is_better = None

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return what is counted."""
        most = np.log(evaluated.map.size)
        return f"−Σ p log p in nats of p = |map|/Σ|map|; at most {most:.2f} at this size."

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the entropy."""
        return self.defined(evaluated, entropy(evaluated.map))
