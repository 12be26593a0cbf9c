"""Class activation maps that weigh features by gradients: one pass each.

Every map is ReLU(Σ over channels of weight × feature), upsampled to the input with half-pixel
centres. They differ in the weights alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.modalities.picture.resample import upsample
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["Cam", "positive"]


def positive(raw: Array, size: tuple[int, int], **figures: float | int | str | bool) -> Attribution:
    """Return ReLU(``raw``) upsampled to ``size``, and say whether anything was positive.

    Parameters
    ----------
    raw : ndarray of float32, shape (h, w)
    size : tuple of int
        ``(H, W)`` of the input.
    """
    kept = np.maximum(raw, 0).astype(np.float32)
    return Attribution(
        upsample(kept, size), diagnostics={"positive_evidence": bool(kept.any()), **figures}
    )


class Cam(Method):
    """Base of the gradient-weighted CAMs; subclasses give the weights."""

    needs = frozenset({"gradient", "layer", "plane"})

    @abstractmethod
    def weights(self, features: Array, gradients: Array) -> Array:
        """Return weights that broadcast against features ``(N, h, w, K)``."""

    def figures(self, raw: Array) -> dict[str, float]:
        """Return what the diagnostics say about a map before its ReLU, ``(h, w)``."""
        del raw
        return {}

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the upsampled map of each picture."""
        _, features, gradients = problem.passes.features_and_gradients(
            problem.inputs, problem.directions, problem.layer
        )
        weights = self.weights(features, gradients)
        raws = np.sum(weights * features, axis=-1)
        size = problem.inputs.shape[1:3]
        return [positive(raw, size, **self.figures(raw)) for raw in raws]
