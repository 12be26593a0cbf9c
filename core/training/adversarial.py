"""Objectives of adversarial training: what is learnt is the worst picture near each picture."""

from __future__ import annotations

from typing import Any

from core.models.tensorflow import keras, tf
from core.training.objective import CrossEntropy

__all__ = ["Pgd", "Trades", "worst_nearby"]


def worst_nearby(
    model: keras.Model, x: Any, loss: Any, *, epsilon: float, step: float, steps: int, seed: Any,
    start: float | None = None,
) -> Any:  # fmt: skip
    """Return pictures within ``epsilon`` (L∞, pixels in [0, 1]) of ``x`` where ``loss`` is large.

    Parameters
    ----------
    loss : callable
        Logits ``(B, n_classes)`` → a number for each picture.
    step : float
        Of one step of projected gradient ascent (Madry et al. 2017, arXiv:1706.06083).
    start : float, optional
        Half width of the uniform random start; ``epsilon`` by default.
    """
    width = epsilon if start is None else start
    noise = tf.random.stateless_uniform(tf.shape(x), seed, -width, width)
    near = tf.clip_by_value(x + noise, 0.0, 1.0)

    def climbed(number: Any, near: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(near)
            total = tf.reduce_sum(loss(tf.cast(model(near, training=False), tf.float32)))
        near = near + step * tf.sign(tape.gradient(total, near))
        near = tf.clip_by_value(tf.clip_by_value(near, x - epsilon, x + epsilon), 0.0, 1.0)
        return number + 1, near

    # A loop in the graph: unrolled, twenty steps take twenty times as long to trace.
    _, near = tf.while_loop(
        lambda number, _: number < steps, climbed, (tf.constant(0), near), parallel_iterations=1
    )
    return tf.stop_gradient(near)


class Pgd(CrossEntropy):
    """Cross-entropy at the worst picture nearby (Madry et al. 2017, arXiv:1706.06083)."""

    def __init__(
        self, *, epsilon: float, step: float, steps: int, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(label_smoothing)
        self._attack = {"epsilon": epsilon, "step": step, "steps": steps}

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return the loss at the attacked pictures, and their logits."""

        def cross_entropy(logits: Any) -> Any:
            return tf.nn.softmax_cross_entropy_with_logits(y, logits)

        near = worst_nearby(model, x, cross_entropy, seed=seed, **self._attack)  # type: ignore[arg-type]
        return super().loss(model, near, y, seed)


class Trades(CrossEntropy):
    """Cross-entropy plus β times the divergence nearby (Zhang et al. 2019, arXiv:1901.08573)."""

    def __init__(
        self, *, epsilon: float, step: float, steps: int, beta: float, label_smoothing: float = 0.0
    ) -> None:
        super().__init__(label_smoothing)
        self._attack = {"epsilon": epsilon, "step": step, "steps": steps}
        self._beta = beta

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return CE(x) + β·KL(p(x) ‖ p(x′)), and the logits at x."""
        clean = tf.stop_gradient(tf.nn.softmax(tf.cast(model(x, training=False), tf.float32)))

        def divergence(logits: Any) -> Any:
            return tf.nn.softmax_cross_entropy_with_logits(clean, logits)

        near = worst_nearby(
            model,
            x,
            divergence,
            seed=seed,
            start=1e-3,
            **self._attack,  # type: ignore[arg-type]
        )
        losses, logits = super().loss(model, x, y, seed)
        shifted = tf.nn.log_softmax(tf.cast(model(near, training=True), tf.float32))
        p = tf.nn.softmax(logits)
        apart = tf.reduce_sum(p * (tf.nn.log_softmax(logits) - shifted), axis=1)
        return losses + self._beta * apart, logits
