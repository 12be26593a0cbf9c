"""Deletion and insertion (Petsiuk et al. 2018)."""

from __future__ import annotations

from typing import ClassVar

from core.contracts import Curve, Score
from core.evidence.base import EvaluatedMap, Metric
from core.evidence.curves import Mode, measure_curves, protocol

__all__ = ["CurveMetric", "Deletion", "Insertion"]


class CurveMetric(Metric):
    """The area under a curve of the map itself."""

    mode: ClassVar[Mode]
    positive = True
    quick = True
    needs = frozenset({"probability"})

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return steps, replacement, order and score."""
        return protocol(evaluated, self.mode)

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the area."""
        curve = measure_curves(evaluated, {"map": evaluated.map}, (self.mode,))["map", self.mode]
        return self.from_curve(evaluated, curve)

    def from_curve(self, evaluated: EvaluatedMap, curve: Curve) -> Score:
        """Return the area of a curve that was measured together with others."""
        return self.defined(evaluated, curve.auc)


class Deletion(CurveMetric):
    """Area under the probability while the most important pixels go first."""

    id = "deletion"
    mode = "deletion"
    name = "Deletion"
    summary = "How soon the class is lost when the pixels that the map ranks first are removed."
    limits = (
        "Removing pixels makes pictures the model never saw: scattered pixels destroy any "
        "prediction, so compare with controls only."
    )
    paper = "Petsiuk et al. 2018, RISE, arXiv:1806.07421"
    higher_is_better = False


class Insertion(CurveMetric):
    """Area under the probability while the most important pixels come back first."""

    id = "insertion"
    mode = "insertion"
    name = "Insertion"
    summary = "How soon the class is found when the pixels that the map ranks first come back."
    limits = "What is put in at first, and into what, moves the figure: compare equal protocols."
    paper = "Petsiuk et al. 2018, RISE, arXiv:1806.07421"
