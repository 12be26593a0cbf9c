"""The objective of interval bound propagation (Gowal et al. 2018, arXiv:1810.12715)."""

from __future__ import annotations

from typing import Any

from core.data.feed import PartFeed
from core.models.tensorflow import keras, tf
from core.robustness.certificates.bounds import certain, margins
from core.training.job import Job, Trained
from core.training.objective import CrossEntropy

__all__ = ["IntervalBounds", "certified_accuracy"]

_BATCH, _MOST = 64, 512


class IntervalBounds(CrossEntropy):
    """κ·CE(x) + (1 − κ)·CE at the worst logits that any picture within ε could have.

    Parameters
    ----------
    epsilon : float
        L∞ distance at the end, pixels in [0, 1].
    kappa : float
        Share of the plain loss at the end.
    start, ramp : float
        Epochs before ε leaves 0, and epochs that it then takes to grow; κ falls from 1 with it.
    """

    def __init__(self, *, epsilon: float, kappa: float, start: float, ramp: float) -> None:
        super().__init__()
        self._end = (epsilon, kappa)
        self._start, self._ramp = start, ramp
        self._epsilon = tf.Variable(0.0, trainable=False)
        self._kappa = tf.Variable(1.0, trainable=False)

    def at(self, time: float) -> tuple[float, float]:
        """Set ε and κ for a time in epochs, and return them."""
        epsilon, kappa = self._end
        share = min(max((time - self._start) / max(self._ramp, 1e-9), 0.0), 1.0)
        now = (epsilon * share, 1.0 - (1.0 - kappa) * share)
        self._epsilon.assign(now[0])
        self._kappa.assign(now[1])
        return now

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return the loss of each picture, and the logits at the pictures as they are."""
        fitted, logits = super().loss(model, x, y, seed)
        low = tf.maximum(x - self._epsilon, 0.0)
        high = tf.minimum(x + self._epsilon, 1.0)
        lead = margins(model, low, high, tf.argmax(y, axis=1))
        worst = tf.reduce_logsumexp(-lead, axis=1)  # cross-entropy, the label's logit being 0
        return self._kappa * fitted + (1.0 - self._kappa) * worst, logits


def certified_accuracy(trained: Trained, job: Job, *, epsilon: float) -> tuple[float, int]:
    """Return the share of test pictures certainly right within ``epsilon``, and of how many."""
    part = job.dataset.part("test")
    feed = PartFeed(part, trained.size, job.n_classes, batch_size=_BATCH, seed=job.request.seed)

    @tf.function(autograph=False, reduce_retracing=True)
    def right(x: Any, y: Any) -> Any:
        held = certain(trained.model, x, epsilon, tf.argmax(y, axis=1))
        return tf.reduce_sum(tf.cast(held, tf.int64))

    n = held = 0
    for x, y, _ in feed.ordered():
        job.control.check()
        held += int(right(x, y))
        n += int(x.shape[0])
        if n >= _MOST:
            break
    return held / n, n
