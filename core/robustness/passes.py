"""The compiled passes that attacks are built from: losses of logits and their gradients.

Each is traced once for a (model, loss), whatever the number of pictures: as batches shrink while
pictures break, a pass over 9 of them costs what 9 cost (measured on EfficientNet-Lite0: 29 ms of
processor time a picture, as with batches of fixed size). Attacks themselves are NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from core.contracts import Array
from core.models.runtime import Runtime
from core.models.tensorflow import tf
from core.robustness.attacks.base import Labels, LossName

__all__ = ["AttackPasses"]

_MOST = 64
_MEMORY = 1.2e9
"""Bytes of activations that one gradient pass may hold."""
_FAR = 1e9
_FLAT = {"Round", "Rint", "Floor", "Ceil", "Sign", "StopGradient"}
_IDENTITY = "PellucidIdentity"


class AttackPasses:
    """Passes of one model (see :class:`core.robustness.attacks.base.Passes`).

    Parameters
    ----------
    model : Runtime
    straight : bool
        Whether :meth:`ascent` passes straight through operations whose derivative is zero or cut
        off, as if they were the identity (BPDA: Athalye et al. 2018, arXiv:1802.00420).

    Attributes
    ----------
    traces : int
        How often TensorFlow has traced here: it stays the same from batch to batch.
    """

    def __init__(self, model: Runtime, *, straight: bool = False) -> None:
        self.model = model
        self._straight = straight
        self.n_classes = model.n_classes
        self.gradients = model.spec.gradients
        self.traces = 0
        self._traced: dict[LossName, Callable[..., Any]] = {}

    def logits(self, batch: Array) -> Array:
        """Return logits ``(N, n_classes)`` from the fastest exact runtime."""
        return self.model.logits(np.ascontiguousarray(batch, np.float32))

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the gradient of ``directions · logits`` in the pixels."""
        return self.model.gradient(batch, directions)

    def ascent(
        self, batch: Array, loss: LossName, labels: Labels, targets: Labels | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, the loss of each picture, and the gradient to climb it.

        ``targets`` are read by targeted losses alone.
        """
        others = labels if targets is None else targets
        trace, most = self._trace(loss), self._most
        parts = []
        for start in range(0, len(batch), most):
            given = [a[start : start + most] for a in (batch, labels, others)]
            parts.append([a.numpy() for a in trace(*[tf.constant(a) for a in given])])
        logits, values, gradients = (np.concatenate(column) for column in zip(*parts, strict=True))
        return logits, values, gradients

    @cached_property
    def flat_operations(self) -> tuple[str, ...]:
        """Operations of the network whose derivative is zero or cut off, by TensorFlow's names."""
        network = self.model.network().fast
        # A trace of its own: the losses hold operations of this kind that hide nothing.
        forward = tf.function(lambda x: network(x, training=False), autograph=False)
        graph = forward.get_concrete_function(_inputs_of(network)).graph.as_graph_def()
        within = (node for f in graph.library.function for node in f.node_def)
        return tuple(sorted({node.op for node in (*graph.node, *within)} & _FLAT))

    @cached_property
    def _most(self) -> int:
        """Pictures in one pass."""
        return max(1, min(_MOST, int(_MEMORY / self.model.network().bytes_per_picture)))

    def _trace(self, loss: LossName) -> Callable[..., Any]:
        if loss not in self._traced:
            network = self.model.network().fast

            @tf.function(autograph=False)
            def climb(x: Any, labels: Any, targets: Any) -> Any:
                self.traces += 1
                if self._straight:
                    return _straight_through(network, loss, x, labels, targets)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    logits = tf.cast(network(x, training=False), tf.float32)
                    values = _LOSSES[loss](logits, labels, targets)
                gradient = tape.gradient(values, x, unconnected_gradients="zero")
                return logits, values, gradient

            of_labels = tf.TensorSpec((None,), tf.int64)
            self._traced[loss] = climb.get_concrete_function(
                _inputs_of(network), of_labels, of_labels
            )
        return self._traced[loss]


def _inputs_of(network: Any) -> tf.TensorSpec:
    return tf.TensorSpec((None, *network.input.shape[1:]), tf.float32)


@tf.RegisterGradient(_IDENTITY)
def _identity(_: Any, upstream: Any) -> Any:
    return upstream


def _straight_through(network: Any, loss: LossName, x: Any, labels: Any, targets: Any) -> Any:
    """Return what ``climb`` does, with the identity's gradient for every flat operation."""
    graph = tf.compat.v1.get_default_graph()
    with graph.gradient_override_map(dict.fromkeys(_FLAT, _IDENTITY)):
        logits = tf.cast(network(x, training=False), tf.float32)
    values = _LOSSES[loss](logits, labels, targets)
    # Of the graph, not of a tape: tapes do not read the map.
    gradient = tf.gradients(values, x, unconnected_gradients="zero")[0]
    return logits, values, gradient


def _split(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Return the logit of each label, and the others with the label's pushed far down."""
    own = tf.one_hot(labels, logits.shape[1], dtype=tf.float32)
    return tf.reduce_sum(own * logits, axis=1), logits - own * _FAR


def _against(logits: Any, labels: Any, _: Any) -> Any:
    """Log-odds against the label, log Σ exp(others) − z_y: cross-entropy is its softplus.

    The two climb alike, but the gradient of cross-entropy underflows to 0 on a sure model.
    """
    own, others = _split(logits, labels)
    return tf.reduce_logsumexp(others, axis=1) - own


def _towards(logits: Any, _: Any, targets: Any) -> Any:
    return -_against(logits, targets, targets)


def _margin(logits: Any, labels: Any, _: Any) -> Any:
    own, others = _split(logits, labels)
    return tf.reduce_max(others, axis=1) - own


def _margin_towards(logits: Any, _: Any, targets: Any) -> Any:
    return -_margin(logits, targets, targets)


def _spread(logits: Any, *, targeted: bool) -> Any:
    """Return what difference-of-logits losses are divided by, as far as there are classes."""
    n_classes = logits.shape[1]
    if n_classes < 3:
        return 1.0
    top = tf.math.top_k(logits, min(n_classes, 4)).values
    low = (top[:, 2] + top[:, 3]) / 2 if targeted and n_classes > 3 else top[:, 2]
    return tf.maximum(top[:, 0] - low, 1e-12)


def _dlr(logits: Any, labels: Any, targets: Any) -> Any:
    return _margin(logits, labels, targets) / _spread(logits, targeted=False)


def _dlr_towards(logits: Any, labels: Any, targets: Any) -> Any:
    own, _ = _split(logits, labels)
    wanted, _ = _split(logits, targets)
    return (wanted - own) / _spread(logits, targeted=True)


_LOSSES: dict[LossName, Callable[[Any, Any, Any], Any]] = {
    "ce": _against,
    "ce_targeted": _towards,
    "margin": _margin,
    "margin_targeted": _margin_towards,
    "dlr": _dlr,
    "dlr_targeted": _dlr_towards,
}
