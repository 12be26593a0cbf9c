"""Loss, accuracy and logits over a feed, as it is: nothing shuffled, nothing augmented."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.contracts import Array
from core.control import Control
from core.data.feed import Feed
from core.models.tensorflow import keras, tf
from core.training.step import right

__all__ = ["Measure", "logits_of"]


def _signature(model: keras.Model) -> tuple[Any, Any]:
    """Return the types of pictures and labels: any number of them, traced once."""
    return tuple(
        tf.TensorSpec((None, *tensor.shape[1:]), tf.float32)
        for tensor in (model.input, model.output)
    )


class Measure:
    """Measures one model again and again; traced once."""

    def __init__(self, model: keras.Model) -> None:
        @tf.function(autograph=False, input_signature=_signature(model))
        def sums(x: Any, y: Any) -> Any:
            logits = tf.cast(model(x, training=False), tf.float32)
            losses = tf.nn.softmax_cross_entropy_with_logits(y, logits)
            return tf.reduce_sum(losses), tf.reduce_sum(right(logits, y))

        self._sums = sums.get_concrete_function()

    def __call__(self, feed: Feed, control: Control) -> tuple[float, float]:
        """Return mean cross-entropy (nats) and accuracy.

        Raises
        ------
        Cancelled
            Between two batches.
        """
        loss = correct = 0.0
        for x, y, _ in feed.ordered():
            control.check()
            losses, hits = self._sums(x, y)
            loss, correct = loss + float(losses), correct + float(hits)
        return loss / feed.n, correct / feed.n


def logits_of(model: keras.Model, feed: Feed, control: Control) -> Array:
    """Return float32 logits ``(n, n_classes)`` in the feed's order.

    Raises
    ------
    Cancelled
        Between two batches.
    """

    @tf.function(autograph=False, input_signature=_signature(model)[:1])
    def forward(x: Any) -> Any:
        return tf.cast(model(x, training=False), tf.float32)

    passes = forward.get_concrete_function()
    rows = []
    for x, _, _ in feed.ordered():
        control.check()
        rows.append(passes(x).numpy())
    return np.concatenate(rows)
