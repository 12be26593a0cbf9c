"""Batch statistics taken anew: after weights were drawn, or taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from core.contracts import Array
from core.models.tensorflow import keras

__all__ = ["batch_norm_layers", "recalibrate_batch_norm"]


def batch_norm_layers(model: keras.Model) -> list[Any]:
    """Return the model's layers of batch normalisation."""
    return [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]


def recalibrate_batch_norm(
    model: keras.Model, norms: Sequence[Any], batches: Iterable[Array]
) -> None:
    """Set the statistics of ``norms`` to those of the pictures; all other weights stay.

    Each batch is normalised by its own statistics on its way, as in training; mean and variance
    are those over all of the batches.

    Parameters
    ----------
    batches : iterable of ndarray of float32, shape (N, H, W, 3)
        Pixels in [0, 1].
    """
    if not norms:
        return
    dropouts = [x for x in model.layers if isinstance(x, keras.layers.Dropout)]
    before = [(x.momentum, x.trainable) for x in norms]
    rates = [x.rate for x in dropouts]
    for norm in norms:
        norm.momentum, norm.trainable = 0.0, True  # the batch's own statistics are left behind
    for dropout in dropouts:
        dropout.rate = 0.0
    n = 0
    sums = [(np.zeros(x.moving_mean.shape), np.zeros(x.moving_mean.shape)) for x in norms]
    for batch in batches:
        model(batch, training=True)
        n += len(batch)
        for (total, squares), norm in zip(sums, norms, strict=True):
            mean, variance = (
                np.array(v, np.float64) for v in (norm.moving_mean, norm.moving_variance)
            )
            total += len(batch) * mean
            squares += len(batch) * (variance + mean**2)
    for norm, (total, squares), (momentum, trainable) in zip(norms, sums, before, strict=True):
        norm.moving_mean.assign(total / n)
        norm.moving_variance.assign(squares / n - (total / n) ** 2)
        norm.momentum, norm.trainable = momentum, trainable
    for dropout, rate in zip(dropouts, rates, strict=True):
        dropout.rate = rate
