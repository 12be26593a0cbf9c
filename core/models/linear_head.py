"""Heads that are one matrix: what lies behind a feature layer, computed without TensorFlow.

Behind the last feature layer of most classifiers are the mean over height and width and one dense
layer. Their logits are ``mean(features) · kernel + bias``, and the gradient of a score with respect
to the features is the same at every cell: ``kernel · directions / (h·w)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from core.contracts import Array

__all__ = ["LinearHead", "linear_head"]

_TOLERANCE = 1e-5
"""Of float32 sums over features that are 0 to 1, relative to the largest logit."""


@dataclass(frozen=True)
class LinearHead:
    """The matrix behind a feature layer.

    Parameters
    ----------
    kernel : ndarray of float32, shape (K, n_classes)
    bias : ndarray of float32, shape (n_classes,)
    """

    kernel: Array
    bias: Array

    def logits(self, features: Array) -> Array:
        """Return float32 ``(N, n_classes)`` of features ``(N, h, w, K)``."""
        pooled = features.mean(axis=(1, 2), dtype=np.float32)
        with _blas().limit(limits=1, user_api="blas"):
            logits: Array = pooled @ self.kernel + self.bias
        return logits

    def gradient(self, features: Array, directions: Array) -> Array:
        """Return d(directions · logits)/d(features), float32 ``(N, h, w, K)``."""
        n_cells = features.shape[1] * features.shape[2]
        with _blas().limit(limits=1, user_api="blas"):
            share = directions @ self.kernel.T / np.float32(n_cells)
        return np.ascontiguousarray(np.broadcast_to(share[:, None, None], features.shape))


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    """Return what holds NumPy to one thread: OpenVINO's threads spin, and would fight its own."""
    return ThreadpoolController()


def linear_head(behind: Any) -> LinearHead | None:
    """Return the matrix that a model from features to logits is, ``None`` where it is another.

    Which layers they are is looked at first, and the answers to random features then.

    Parameters
    ----------
    behind : keras.Model
        From features ``(N, h, w, K)`` to logits; see :func:`core.models.feature_layers.head`.
    """
    from core.models.tensorflow import keras

    kinds = keras.layers
    steps = [layer for layer in behind.layers if not isinstance(layer, kinds.InputLayer)]
    quiet = [step for step in steps if isinstance(step, kinds.Dropout)]
    works = [step for step in steps if step not in quiet]
    if [type(step) for step in works] != [kinds.GlobalAveragePooling2D, kinds.Dense]:
        return None
    pooling, dense = works
    if dense.activation is not keras.activations.linear or pooling.keepdims:
        return None
    kernel = np.asarray(dense.kernel, np.float32)
    bias = np.asarray(dense.bias, np.float32) if dense.use_bias else np.zeros(kernel.shape[1])
    found = LinearHead(kernel, bias.astype(np.float32))
    probe = np.random.default_rng(0).random((2, *behind.input.shape[1:]), dtype=np.float32)
    expected = np.asarray(behind(probe, training=False))
    apart = np.abs(found.logits(probe) - expected).max()
    return found if apart <= _TOLERANCE * max(1.0, float(np.abs(expected).max())) else None
