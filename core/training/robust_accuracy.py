"""A first look at how robust a trained network is: accuracy under PGD on some test pictures."""

from __future__ import annotations

from typing import Any

from core.data.feed import PartFeed
from core.models.tensorflow import tf
from core.training.adversarial import worst_nearby
from core.training.job import Job, Trained

__all__ = ["robust_accuracy"]

_STEPS, _BATCH, _MOST = 20, 64, 512


def robust_accuracy(trained: Trained, job: Job, *, epsilon: float) -> tuple[float, int]:
    """Return the accuracy under PGD-20 at ``epsilon``, and how many test pictures were tried.

    One random start, step 2.5 ε / 20: an upper bound, since other attacks may find more.
    """
    part = job.dataset.part("test")
    feed = PartFeed(part, trained.size, job.n_classes, batch_size=_BATCH, seed=job.request.seed)
    step = 2.5 * epsilon / _STEPS

    @tf.function(autograph=False, reduce_retracing=True)
    def right(x: Any, y: Any, seed: Any) -> Any:
        def loss(logits: Any) -> Any:
            return tf.nn.softmax_cross_entropy_with_logits(y, logits)

        near = worst_nearby(
            trained.model, x, loss, epsilon=epsilon, step=step, steps=_STEPS, seed=seed
        )
        logits = trained.model(near, training=False)
        return tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == tf.argmax(y, 1), tf.float32))

    n, correct = 0, 0.0
    for number, (x, y, _) in enumerate(feed.ordered()):
        job.control.check()
        correct += float(right(x, y, tf.constant([job.request.seed % 2**31, number], tf.int32)))
        n += int(x.shape[0])
        if n >= _MOST:
            break
    return correct / n, n
