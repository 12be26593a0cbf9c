"""The compiled step: forward, backward, update, on every device of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.models.tensorflow import keras, tf
from core.training.objective import Objective
from core.training.placement import Placement, is_half

__all__ = ["prepared_optimizer", "right", "training_step"]


def right(logits: Any, y: Any) -> Any:
    """Return 1 where the largest logit is that of the likeliest label, else 0; float32 ``(B,)``."""
    return tf.cast(tf.argmax(logits, axis=1) == tf.argmax(y, axis=1), tf.float32)


def prepared_optimizer(
    make: Callable[[], keras.optimizers.Optimizer], model: keras.Model, placement: Placement
) -> keras.optimizers.Optimizer:
    """Return the optimizer with its variables made, on the run's devices.

    In float16 small gradients would vanish: there the loss is scaled up, and a step whose
    gradients overflow is left out (Micikevicius et al. 2017, arXiv:1710.03740).
    """
    with placement.strategy.scope():
        optimizer = make()
        if is_half(model):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(model.trainable_variables)
    return optimizer


def training_step(
    model: keras.Model,
    objective: Objective,
    optimizer: keras.optimizers.Optimizer,
    placement: Placement,
) -> Callable[..., Any]:
    """Return ``step(x, y, weights, seed, rate)``, which gives mean loss and accuracy before it.

    ``x``, ``y`` and ``weights`` as :meth:`Placement.spread` gives them.
    """
    variables = model.trainable_variables
    n = placement.n

    def on_device(x: Any, y: Any, weights: Any, seed: Any) -> tuple[Any, Any]:
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        own = tf.random.experimental.stateless_fold_in(seed, number) if n > 1 else seed
        with tf.GradientTape() as tape:
            losses, logits = objective.loss(model, x, y, own)
            # Divided by the batch and not by Σw: weights have mean 1 over the data. The optimizer
            # adds up the devices' gradients, so each contributes its share of the mean.
            loss = tf.reduce_mean(losses * weights) / n
            total = loss
            for term in model.losses:
                total += tf.cast(term, tf.float32) / n
            scaled = optimizer.scale_loss(total)
        optimizer.apply(tape.gradient(scaled, variables), variables)
        correct = tf.reduce_mean(right(logits, y)) if objective.labelled else tf.constant(0.0)
        return loss, correct / n

    @tf.function(autograph=False, jit_compile=placement.compiled, reduce_retracing=True)
    def step(x: Any, y: Any, weights: Any, seed: Any, rate: Any) -> Any:
        optimizer.learning_rate.assign(rate)
        results = placement.strategy.run(on_device, args=(x, y, weights, seed))
        return tuple(placement.strategy.reduce("SUM", part, axis=None) for part in results)

    return step
