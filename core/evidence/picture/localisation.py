"""Does the map lie on the object? Needs a mask, and a model that looks at the object. No passes."""

from __future__ import annotations

import numpy as np

from core.contracts import Score
from core.evidence.base import EvaluatedMap, Mask, Metric
from core.evidence.order import descending

__all__ = ["PointingGame", "RelevanceMass", "RelevanceRank"]

_LIMITS = (
    "A faithful map leaves the mask where the model itself looks elsewhere: at the background."
)
_TOLERANCE = 15 / 224


class _Localisation(Metric):
    needs_mask = True
    positive = True
    quick = True

    def missing(self, evaluated: EvaluatedMap) -> str:
        """Also refuse a mask that cannot be missed."""
        if reason := super().missing(evaluated):
            return reason
        return (
            "the mask covers the whole picture: nothing can miss it"
            if _mask(evaluated).all()
            else ""
        )


def _mask(evaluated: EvaluatedMap) -> Mask:
    assert evaluated.mask is not None
    return evaluated.mask


class PointingGame(_Localisation):
    """Hit or miss of the map's highest pixel."""

    id = "pointing_game"
    name = "Pointing game"
    summary = "Whether the map's highest pixel lies on the object (1) or not (0)."
    limits = "One pixel decides. " + _LIMITS
    paper = "Zhang et al. 2016, Top-down Neural Attention by Excitation Backprop, arXiv:1608.00507"

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return tolerance and ties."""
        return (
            f"The highest pixel (the first of equals in reading order) hits within "
            f"{_reach(evaluated)} pixels of the mask (15 at 224)."
        )

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return 1 or 0."""
        top = np.unravel_index(int(descending(evaluated.map)[0]), evaluated.map.shape)
        away = np.argwhere(_mask(evaluated)) - np.asarray(top)
        nearest = np.sqrt(np.square(away).sum(axis=1).min())
        return self.defined(evaluated, float(nearest <= _reach(evaluated)))


def _reach(evaluated: EvaluatedMap) -> int:
    return round(_TOLERANCE * min(evaluated.map.shape))


class RelevanceMass(_Localisation):
    """Share of the positive relevance inside the mask."""

    id = "relevance_mass"
    name = "Relevance mass accuracy"
    summary = "Which share of the map's positive weight lies on the object."
    limits = "A big object is hit by chance: compare with its share of the picture. " + _LIMITS
    paper = "Arras et al. 2020, CLEVR-XAI, arXiv:2003.07258"

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return what is summed, and what chance would give."""
        return f"Σ of max(map, 0) inside the mask over Σ everywhere; {_chance(evaluated)}"

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the share."""
        relevance = np.maximum(evaluated.map, 0).astype(np.float64)
        return self.defined(evaluated, relevance[_mask(evaluated)].sum() / relevance.sum())


class RelevanceRank(_Localisation):
    """Share of the K highest pixels inside a mask of K pixels."""

    id = "relevance_rank"
    name = "Relevance rank accuracy"
    summary = "Of the highest pixels, as many as the object has, which share lies on it."
    limits = "Ignores how high the pixels are. " + _LIMITS
    paper = "Arras et al. 2020, CLEVR-XAI, arXiv:2003.07258"

    def protocol(self, evaluated: EvaluatedMap) -> str:
        """Return how many pixels are taken, and ties."""
        return (
            "The K highest pixels, K the mask's size, equal values in reading order; "
            f"{_chance(evaluated)}"
        )

    def score(self, evaluated: EvaluatedMap) -> Score:
        """Return the share."""
        inside = _mask(evaluated).ravel()
        size = int(inside.sum())
        return self.defined(evaluated, inside[descending(evaluated.map)[:size]].mean())


def _chance(evaluated: EvaluatedMap) -> str:
    if evaluated.mask is None:
        return "needs a mask."
    return f"the mask covers {evaluated.mask.mean():.1%} of the picture."
