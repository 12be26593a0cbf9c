"""What a step minimises: one function of a batch; every recipe's loss is one of these."""

from __future__ import annotations

from typing import Any, Protocol

from core.models.tensorflow import keras, tf

__all__ = ["CrossEntropy", "Objective"]


class Objective(Protocol):
    """A loss over one batch; traced into the compiled step."""

    labelled: bool
    """Whether the returned logits can be held against the labels."""

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return the loss of each picture ``(B,)`` and the logits ``(B, n_classes)``.

        Parameters
        ----------
        model : keras.Model
            Called with ``training=True``.
        x : tensor of float32, shape (B, H, W, 3)
            Pixels in [0, 1].
        y : tensor of float32, shape (B, n_classes)
            Label distributions (one-hot, smoothed or mixed).
        seed : tensor of int32, shape (2,)
            For stateless random draws; another one each step.
        """


class CrossEntropy:
    """Softmax cross-entropy with label smoothing (Szegedy et al. 2015, arXiv:1512.00567)."""

    labelled = True

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self._smoothing = label_smoothing

    def smoothed(self, y: Any) -> Any:
        """Return the label distributions that are learnt."""
        if not self._smoothing:
            return y
        return y * (1.0 - self._smoothing) + self._smoothing / tf.cast(tf.shape(y)[1], y.dtype)

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return the cross-entropy of each picture, and the logits."""
        del seed
        logits = tf.cast(model(x, training=True), tf.float32)
        return tf.nn.softmax_cross_entropy_with_logits(self.smoothed(y), logits), logits
