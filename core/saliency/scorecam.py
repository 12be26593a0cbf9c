"""Score-CAM (Wang et al. 2019), exact: every live channel is tried."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.resample import upsample

__all__ = ["ScoreCam"]

_CHUNK = 16


class ScoreCam(Method):
    """Channels weighted by the score of the picture seen through each of them; no gradients.

    The score is the target's softmax probability (for a contrast, the difference of the two).
    A channel that is constant over the picture has no mask and weight 0: it is skipped, and
    counted in the diagnostics.
    """

    id = "scorecam"
    name = "Score-CAM"
    summary = "Which region keeps the class recognisable when everything else is faded out."
    limits = "One forward pass for every channel: slow. Coarse, positive evidence only."
    paper = "Wang et al. 2019, Score-CAM, arXiv:1910.01279"
    uses_layer = True
    needs_gradients = False
    slow = True

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the upsampled map of each picture."""
        _, features = problem.passes.features(problem.inputs, problem.layer)
        problem.passes.prepare(len(problem.inputs) * features.shape[-1])
        return [self._one(problem, i, features[i]) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, features: Array) -> Attribution:
        channels = np.ascontiguousarray(features.transpose(2, 0, 1))
        span = np.ptp(channels, axis=(1, 2))
        live = np.flatnonzero(span > 0)
        weights = np.zeros(len(channels), np.float32)
        for start in range(0, len(live), _CHUNK):
            problem.control.check()
            chosen = live[start : start + _CHUNK]
            weights[chosen] = self._scores(problem, i, channels[chosen])
            share = (i + min(1.0, (start + _CHUNK) / len(live))) / len(problem.inputs)
            problem.control.progress(share, f"channel {start + len(chosen)} of {len(live)}")
        raw = np.maximum(np.tensordot(features, weights, axes=1), 0)
        return Attribution(
            upsample(raw, problem.inputs.shape[1:3]),
            diagnostics={
                "positive_evidence": bool(raw.any()),
                "channels": len(channels),
                "channels_constant": len(channels) - len(live),
            },
        )

    @staticmethod
    def _scores(problem: Problem, i: int, channels: Array) -> Array:
        masks = upsample(channels, problem.inputs.shape[1:3])
        low = masks.min(axis=(1, 2), keepdims=True)
        high = masks.max(axis=(1, 2), keepdims=True)
        masks = (masks - low) / (high - low)
        logits = problem.passes.logits(masks[..., None] * problem.inputs[i])
        shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
        probabilities = shifted / shifted.sum(axis=-1, keepdims=True)
        return probabilities @ problem.directions[i]
