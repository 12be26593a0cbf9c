"""The differentiable side of a model: Keras, TensorFlow, traced once per batch size.

Everything that needs gradients goes through :class:`Network`; forward-only work prefers
:mod:`core.models.forward`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from core.contracts import Array
from core.errors import CapabilityError
from core.models.attention import attention_of
from core.models.feature_layers import head, layer_tensor, own_tokens
from core.models.fold import Folded, folded, refold
from core.models.guided import guided
from core.models.tensorflow import keras, tf
from core.settings import settings
from core.targets.passes import AttentionPass

__all__ = ["Network", "configure_devices", "split"]

_BUCKETS = (1, 4, 8, 16)
_GRADIENT_MEMORY = 1.2e9
"""Bytes of activations that one gradient pass may hold; larger models get smaller batches."""


def configure_devices() -> str:
    """Choose the device of this process once and return ``"cpu"`` or ``"gpu"``."""
    gpus = tf.config.list_physical_devices("GPU")
    wanted = settings().device
    if wanted == "gpu" and not gpus:
        raise CapabilityError(
            "PELLUCID_DEVICE=gpu, but TensorFlow sees no GPU. Install requirements-gpu.txt, or "
            "set it to auto."
        )
    if wanted == "cpu" or not gpus:
        return "cpu"
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            break  # the process has used its GPU already: the choice was made then
    return "gpu"


def split(n: int, buckets: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Cut ``n`` pictures into ``(start, stop, bucket)``; the last may need padding.

    >>> list(split(20, (1, 4, 16)))
    [(0, 16, 16), (16, 20, 4)]
    >>> list(split(7, (1, 4, 16)))
    [(0, 4, 4), (4, 7, 4)]
    """
    start = 0
    while start < n:
        left = n - start
        below = max(b for b in buckets if b <= left)
        above = min((b for b in buckets if b >= left), default=below)
        bucket = above if 2 * left > above else below
        yield start, min(n, start + bucket), bucket
        start += bucket


def _pad(batch: Array, size: int) -> Array:
    if len(batch) == size:
        return batch
    return np.concatenate([batch, np.repeat(batch[-1:], size - len(batch), axis=0)])


def _by_head(values: Array) -> Array:
    """Return ``(N, heads, T, T)`` of one head's ``(N, T, T)``."""
    return values[:, None] if values.ndim == 3 else values


class Network:
    """Compiled passes of one Keras model; inputs and outputs are NumPy.

    Parameters
    ----------
    model : keras.Model
        From float32 ``(N, H, W, 3)`` in [0, 1] to logits ``(N, n_classes)``.
    keep : sequence of str
        Feature layers that will be asked for.

    Attributes
    ----------
    bytes_per_picture : float
        Activations that a gradient pass holds for each picture.
    """

    def __init__(self, model: keras.Model, *, keep: Sequence[str] = ()) -> None:
        self.model = model
        self._fast = folded(model, keep={name.partition(":")[0] for name in keep})
        self.bytes_per_picture = 4.0 * sum(
            float(np.prod(layer.output.shape[1:]))
            for layer in self._fast.layers
            if hasattr(layer.output, "shape") and not isinstance(layer, Folded)
        )
        self.buckets = tuple(
            b for b in _BUCKETS if b == 1 or b * self.bytes_per_picture <= _GRADIENT_MEMORY
        )
        self._traces: dict[tuple[str, int, str], Callable[..., Any]] = {}
        self._heads: dict[str, keras.Model] = {}
        self._guided: keras.Model | None = None

    @property
    def fast(self) -> keras.Model:
        """The same function as ``model`` with its normalisations folded: what passes run on."""
        return self._fast

    def logits(self, batch: Array) -> Array:
        """Return float32 ``(N, n_classes)``."""
        return self._run("logits", "", batch)[0]

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and d(directions · logits)/d(batch), ``(N, H, W, 3)``."""
        logits, gradients = self._run("gradient", "", batch, directions)
        return logits, gradients

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the guided gradient ``(N, H, W, 3)`` (:mod:`core.models.guided`)."""
        logits, gradients = self._run("guided", "", batch, directions)
        return logits, gradients

    def features(self, batch: Array, layer: str) -> tuple[Array, Array]:
        """Return logits and the layer's output ``(N, h, w, K)``."""
        logits, features = self._run("features", layer, batch)
        return logits, features

    def own_tokens(self, batch: Array, layer: str) -> Array:
        """Return the tokens ``(N, n, K)`` that stand before a layer's grid; n is 0 without."""
        if len(self._head(layer).inputs) == 1:
            return np.zeros((len(batch), 0, 0), np.float32)
        return self._run("own_tokens", layer, batch)[0]

    def head_gradient(
        self, features: Array, directions: Array, layer: str, own: Array | None = None
    ) -> Array:
        """Return d(directions · logits)/d(features): the pass behind ``layer`` alone."""
        return self._run("head", layer, features, directions, *self._beside(own, layer))[0]

    def attention(self, batch: Array, directions: Array | None = None) -> AttentionPass:
        """Return the attention between a picture's tokens; with directions, its gradients too.

        Raises
        ------
        CapabilityError
            If the graph has none.
        """
        found = self._attention
        if found is None:
            raise CapabilityError(
                f"{self.model.name} has no attention over the tokens of a picture."
            )
        if directions is None:
            logits, *seen = self._run("attention", "", batch)
            slopes: list[Array] = []
        else:
            logits, *both = self._run("attention_gradient", "", batch, directions)
            seen, slopes = both[: len(both) // 2], both[len(both) // 2 :]
        grid = found.grid
        return AttentionPass(
            logits, tuple(map(_by_head, seen)), tuple(map(_by_head, slopes)),
            (grid.height, grid.width), grid.before, found.rows,
        )  # fmt: skip

    def refresh(self) -> None:
        """Let the traces compute with what the variables of ``model`` hold now."""
        refold(self.model, self._fast)
        if self._guided is not None:
            self._guided.set_weights(self._fast.get_weights())

    def head_logits(self, features: Array, layer: str, own: Array | None = None) -> Array:
        """Return logits from the layer's output: the forward pass behind ``layer`` alone."""
        return self._run("head_logits", layer, features, *self._beside(own, layer))[0]

    def digest(self) -> str:
        """Return the SHA-256 of all variables in order, shapes and values."""
        total = hashlib.sha256()
        for variable in self.model.weights:
            # Not the names: Keras numbers layers by how many the process has built.
            total.update(str(tuple(variable.shape)).encode())
            total.update(np.ascontiguousarray(variable.numpy()).tobytes())
        return total.hexdigest()

    def _run(self, kind: str, layer: str, batch: Array, *more: Array) -> list[Array]:
        parts = []
        for start, stop, bucket in split(len(batch), self.buckets):
            trace = self._trace(kind, bucket, layer)
            given = [tf.constant(_pad(a[start:stop], bucket)) for a in (batch, *more)]
            parts.append([out.numpy()[: stop - start] for out in trace(*given)])
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def _trace(self, kind: str, bucket: int, layer: str) -> Callable[..., Any]:
        key = (kind, bucket, layer)
        if key not in self._traces:
            make = {
                "logits": self._make_logits,
                "gradient": self._make_gradient,
                "guided": self._make_guided,
                "features": self._make_features,
                "head": self._make_head,
                "head_logits": self._make_head_logits,
                "own_tokens": self._make_own_tokens,
                "attention": self._make_attention,
                "attention_gradient": self._make_attention_gradient,
            }[kind]
            self._traces[key] = make(bucket, layer)
        return self._traces[key]

    def _spec(self, bucket: int, tensor: Any) -> tf.TensorSpec:
        return tf.TensorSpec((bucket, *tensor.shape[1:]), tf.float32)

    def _make_logits(self, bucket: int, _layer: str) -> Callable[..., Any]:
        @tf.function(autograph=False)
        def logits(x: Any) -> Any:
            return (self._fast(x, training=False),)

        return logits.get_concrete_function(self._spec(bucket, self._fast.input))

    def _make_gradient(self, bucket: int, _layer: str) -> Callable[..., Any]:
        return self._trace_gradient(self._fast, bucket)

    def _make_guided(self, bucket: int, _layer: str) -> Callable[..., Any]:
        if self._guided is None:
            self._guided = guided(self._fast)
        return self._trace_gradient(self._guided, bucket)

    def _trace_gradient(self, model: keras.Model, bucket: int) -> Callable[..., Any]:
        @tf.function(autograph=False)
        def gradient(x: Any, directions: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                logits = model(x, training=False)
                score = tf.reduce_sum(logits * directions)
            return logits, tape.gradient(score, x, unconnected_gradients="zero")

        return gradient.get_concrete_function(
            self._spec(bucket, model.input), self._spec(bucket, model.output)
        )

    def _make_features(self, bucket: int, layer: str) -> Callable[..., Any]:
        both = keras.Model(self._fast.input, [self._fast.output, layer_tensor(self._fast, layer)])

        @tf.function(autograph=False)
        def features(x: Any) -> Any:
            return [tf.cast(out, tf.float32) for out in both(x, training=False)]

        return features.get_concrete_function(self._spec(bucket, self._fast.input))

    def _make_own_tokens(self, bucket: int, layer: str) -> Callable[..., Any]:
        part = keras.Model(self._fast.input, own_tokens(self._fast, layer))

        @tf.function(autograph=False)
        def tokens(x: Any) -> Any:
            return (tf.cast(part(x, training=False), tf.float32),)

        return tokens.get_concrete_function(self._spec(bucket, self._fast.input))

    def _make_attention(self, bucket: int, _layer: str) -> Callable[..., Any]:
        found = self._attention

        @tf.function(autograph=False)
        def attention(x: Any) -> Any:
            logits, seen = found.run(x)
            return [tf.cast(out, tf.float32) for out in (logits, *seen)]

        return attention.get_concrete_function(self._spec(bucket, self._fast.input))

    def _make_attention_gradient(self, bucket: int, _layer: str) -> Callable[..., Any]:
        found = self._attention

        @tf.function(autograph=False)
        def gradients(x: Any, directions: Any) -> Any:
            logits, seen, slopes = found.gradients(x, directions)
            return [tf.cast(out, tf.float32) for out in (logits, *seen, *slopes)]

        return gradients.get_concrete_function(
            self._spec(bucket, self._fast.input), self._spec(bucket, self._fast.output)
        )

    @cached_property
    def _attention(self) -> Any:
        return attention_of(self._fast)

    def _make_head(self, bucket: int, layer: str) -> Callable[..., Any]:
        head = self._head(layer)

        @tf.function(autograph=False)
        def gradient(features: Any, directions: Any, *own: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(features)
                logits = head([features, *own] if own else features, training=False)
                score = tf.reduce_sum(logits * directions)
            return (tape.gradient(score, features, unconnected_gradients="zero"),)

        features, *own = (self._spec(bucket, each) for each in head.inputs)
        return gradient.get_concrete_function(features, self._spec(bucket, head.output), *own)

    def _make_head_logits(self, bucket: int, layer: str) -> Callable[..., Any]:
        head = self._head(layer)

        @tf.function(autograph=False)
        def logits(features: Any, *own: Any) -> Any:
            return (head([features, *own] if own else features, training=False),)

        return logits.get_concrete_function(*(self._spec(bucket, each) for each in head.inputs))

    def _beside(self, own: Array | None, layer: str) -> tuple[Array, ...]:
        """Return what a head takes beside the features."""
        n = len(self._head(layer).inputs) - 1
        if n and own is None:
            raise CapabilityError(
                f"{layer!r} of {self.model.name} has a class token before its grid, and this reads "
                "grids alone: choose a map that reads attention, or a model without one."
            )
        return (own,) * n if own is not None else ()

    def _head(self, layer: str) -> keras.Model:
        if layer not in self._heads:
            self._heads[layer] = head(self._fast, layer)
        return self._heads[layer]
