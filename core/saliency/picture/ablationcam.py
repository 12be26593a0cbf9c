"""Ablation-CAM (Desai & Ramaswamy 2020): channels weighted by what the score loses without them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.picture.cam import positive

__all__ = ["AblationCam"]

_CHUNK = 16
_SMALLEST_SCORE = 1e-6
_ROUNDING = 1e-6
"""Of float32 logits: what a channel takes from them below it is no loss."""


class AblationCam(Method):
    """ReLU(Σ wₖAₖ) with wₖ = (f − fₖ) / |f|, where fₖ is f with channel k set to 0.

    The paper divides by f, which for a negative score would turn the map round; the magnitude
    scales it alone. A transformer's class token has no place in the map, and is kept. Only the part
    of the model behind the layer runs, once for each live channel.
    """

    id = "ablationcam"
    name = "Ablation-CAM"
    summary = "Which region holds the features without which the score would fall."
    limits = (
        "Coarse, positive evidence only. Channels are removed one at a time, to zero, so those "
        "that stand in for each other count for little."
    )
    paper = "Desai & Ramaswamy 2020, Ablation-CAM, WACV 2020"
    needs = frozenset({"layer", "plane"})
    slow = True

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the upsampled map of each picture."""
        _, features = problem.passes.features(problem.inputs, problem.layer)
        own = problem.passes.own_tokens(problem.inputs, problem.layer)
        return [self._one(problem, i, features[i], own[i]) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, features: Array, own: Array) -> Attribution:
        direction = problem.directions[i]
        scored = problem.passes.head_logits(features[None], problem.layer, own[None])
        whole = float(scored[0] @ direction)
        live = np.flatnonzero(features.any(axis=(0, 1)))
        weights = np.zeros(features.shape[-1], np.float32)
        for start in range(0, len(live), _CHUNK):
            problem.control.check()
            removed = live[start : start + _CHUNK]
            ablated = np.repeat(features[None], len(removed), axis=0)
            ablated[np.arange(len(removed)), :, :, removed] = 0
            logits = problem.passes.head_logits(
                ablated, problem.layer, np.repeat(own[None], len(removed), axis=0)
            )
            lost = whole - logits @ direction
            lost[np.abs(lost) <= _ROUNDING * np.abs(logits).max()] = 0.0
            weights[removed] = lost / max(abs(whole), _SMALLEST_SCORE)
            share = (i + (start + len(removed)) / len(live)) / len(problem.inputs)
            problem.control.progress(share, f"channel {start + len(removed)} of {len(live)}")
        return positive(
            np.tensordot(features, weights, axes=1),
            problem.inputs.shape[1:3],
            channels=len(weights),
            channels_zero=len(weights) - len(live),
        )
