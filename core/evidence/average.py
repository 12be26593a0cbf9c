"""Average drop, increase and gain: the picture seen through its own map.

Chattopadhay et al. 2017 (drop, increase), Zhang et al. 2023 (gain). Each is the term of one
picture; the mean over pictures is the published figure.
"""

from __future__ import annotations

import numpy as np

from core.contracts import Score
from core.evidence.base import EvaluatedMap, Metric

__all__ = ["AverageDrop", "AverageGain", "AverageIncrease"]


class _ThroughTheMap(Metric):
    needs = frozenset({"probability"})
    positive = True

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return what is shown and what is measured."""
        return (
            "Pixels times the map (its positive part over its maximum), the rest filled with the "
            f"pixel that preprocessing maps to 0; score: {evaluated.score_text}; shares in [0, 1] "
            "(papers give percent)."
        )

    def seen(self, evaluated: EvaluatedMap) -> float:
        """Return the score of what the map lets through."""
        weight = np.maximum(evaluated.map, 0)[..., None]
        weight = weight / weight.max()
        shown = evaluated.zero + weight * (evaluated.input - evaluated.zero)
        return float(evaluated.probabilities(shown[None].astype(np.float32))[0])


class AverageDrop(_ThroughTheMap):
    """max(0, p − p′)/p for one picture."""

    id = "average_drop"
    name = "Average drop"
    summary = "Which share of the probability is lost when only what the map shows is left."
    limits = "A map that shows everything loses nothing: read it together with sparseness."
    paper = "Chattopadhay et al. 2017, Grad-CAM++, arXiv:1710.11063"
    higher_is_better = False
    quick = True

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the share lost."""
        whole = evaluated.probability
        return self.defined(evaluated, max(0.0, whole - self.seen(evaluated)) / whole)


class AverageIncrease(_ThroughTheMap):
    """1 where p′ > p, else 0."""

    id = "average_increase"
    name = "Average increase"
    summary = "Whether the model is surer of what the map shows than of the whole picture."
    limits = "Yes or no for one picture, and by how much is not asked: made for averages."
    paper = "Chattopadhay et al. 2017, Grad-CAM++, arXiv:1710.11063"

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return 1 or 0."""
        return self.defined(evaluated, float(self.seen(evaluated) > evaluated.probability))


class AverageGain(_ThroughTheMap):
    """max(0, p′ − p)/(1 − p) for one picture."""

    id = "average_gain"
    name = "Average gain"
    summary = "Which share of the missing probability is won when only what the map shows is left."
    limits = "0 for most maps of pictures that the model is sure of: made for averages."
    paper = "Zhang et al. 2023, Opti-CAM, arXiv:2301.07002"

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the share won."""
        room = 1.0 - evaluated.probability
        if room <= 0:
            return self.undefined(evaluated, "the probability is 1 already: nothing can be gained")
        return self.defined(
            evaluated, max(0.0, self.seen(evaluated) - evaluated.probability) / room
        )
