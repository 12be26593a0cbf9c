"""Small models whose right answers are known, as passes, and subjects made of them."""

from __future__ import annotations

import numpy as np

from core.control import LocalControl
from core.evidence.base import EvaluatedMap
from core.evidence.passes import CountedPasses
from core.modalities.picture.modality import PICTURE

SIDE = 16


class Linear:
    """Two classes: logits (Σ w·x, 0), so that f = w·x for class 0; no bias."""

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights.astype(np.float32)

    def logits(self, batch: np.ndarray) -> np.ndarray:
        f = np.einsum("nhwc,hwc->n", batch, self.weights, dtype=np.float64)
        return np.stack([f, np.zeros_like(f)], axis=1).astype(np.float32)

    def gradient(self, batch: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gradients = directions[:, :1, None, None] * self.weights
        return self.logits(batch), gradients.astype(np.float32)

    def prepare(self, n_passes: int) -> None:
        """Nothing to do."""


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 1.0, (SIDE, SIDE, 3)).astype(np.float32)


def weights(seed: int = 1, *, positive: bool = False, scale: float = 0.02) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(0, scale, (SIDE, SIDE, 3))
    return np.abs(drawn) if positive else drawn


def evaluated(
    model: object, map_: np.ndarray, x: np.ndarray | None = None, **given: object
) -> EvaluatedMap:
    x = picture() if x is None else x
    options: dict[str, object] = {
        "zero": np.zeros(3, np.float32),
        "seed": 0,
        "control": LocalControl(),
        "modality": PICTURE,
        "direction": np.array([1.0, 0.0], np.float32),
    }
    passes = CountedPasses(model, given.pop("budget", None))  # type: ignore[arg-type]
    return EvaluatedMap(passes=passes, input=x, map=map_.astype(np.float32), **(options | given))
