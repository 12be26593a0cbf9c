"""The differentiable side of a model: Keras, TensorFlow, traced once per batch size.

Everything that needs gradients goes through :class:`Network`; forward-only work prefers
:mod:`core.models.forward`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from core.contracts import Array, ModelRef
from core.errors import CapabilityError, UnknownNameError
from core.models.code import is_library
from core.models.fold import Folded, folded, refold
from core.models.guided import guided
from core.models.settle import norms_of, settle
from core.models.tensorflow import keras, tf
from core.models.weights import load_weights
from core.models.zoo import ModelSpec
from core.settings import settings
from core.store import Store

__all__ = ["Network", "assemble", "build", "configure_devices", "split"]

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


def build(
    spec: ModelSpec, ref: ModelRef, n_classes: int, *, seed: int, store: Store
) -> keras.Model:
    """Build the architecture with its preprocessing inside, and load its weights."""
    if ref.weights == "random":
        keras.utils.set_random_seed(seed)
    model = assemble(spec, n_classes)
    if ref.weights == "random":
        # Fresh batch statistics would let activations die out or explode layer by layer.
        noise = np.random.default_rng(seed).random((4, *model.input_shape[1:]), dtype=np.float32)
        settle(model, norms_of(model), [noise])
    load_weights(model, spec, ref, store)
    model.trainable = False
    _refuse_probabilities(model, spec)
    return model


def assemble(spec: ModelSpec, n_classes: int) -> keras.Model:
    """Return the bare architecture with its preprocessing inside: pixels in [0, 1] to logits."""
    pixels = keras.Input((spec.input_size, spec.input_size, 3), name="pixels")
    affine = spec.preprocessing
    ordered = keras.ops.flip(pixels, axis=-1) if affine.order == "bgr" else pixels
    scale = [255.0 / s for s in affine.scale]
    offset = [-m / s for m, s in zip(affine.mean, affine.scale, strict=True)]
    inputs = keras.layers.Rescaling(scale, offset, name="preprocessing")(ordered)
    built = _builder(spec)(inputs, n_classes)
    _refuse_own_call(built, spec)
    return keras.Model(pixels, _logits(built, pixels, spec), name=spec.id)


def _logits(built: keras.Model, pixels: Any, spec: ModelSpec) -> Any:
    """Return the tensor of ``pixels`` that ``built`` ends in.

    ``keras.Model(inputs, out)`` copies the calls from ``inputs`` on to an input of its own; what
    the builder called is still there, as the first call of the layer that the model ends in.
    """
    out = built.outputs[0]
    if any(tensor is pixels for tensor in built.inputs):
        return out
    last, place = out._keras_history.operation, out._keras_history.tensor_index
    if len(last._inbound_nodes) != 2:  # the builder's call, and its copy
        raise CapabilityError(
            f"{spec.id} ends in a layer that is called more than once: its logits are ambiguous. "
            "End in a layer that is called once, or let the builder return "
            "keras.Model(keras.utils.get_source_inputs(inputs), logits)."
        )
    return last._inbound_nodes[0].output_tensors[place]


def _refuse_own_call(built: keras.Model, spec: ModelSpec) -> None:
    """What an overridden ``call`` adds lies outside the graph that is run: it would be lost."""
    changed = "call" in vars(built) or not is_library(type(built).call)
    if changed:
        raise CapabilityError(
            f"{spec.id} is a model whose call is its own ({type(built).__name__}): only the graph "
            "between its inputs and outputs would run. Put what call adds into a layer, and let "
            "the builder return keras.Model(keras.utils.get_source_inputs(inputs), logits)."
        )


def _builder(spec: ModelSpec) -> Callable[..., keras.Model]:
    if callable(spec.builder):
        return spec.builder
    module, _, function = spec.builder.partition(":")
    built: Callable[..., keras.Model] = getattr(import_module(module), function)
    return built


def _refuse_probabilities(model: keras.Model, spec: ModelSpec) -> None:
    """Pellucid applies softmax itself; a model that already did would be flattened."""
    last = model.layers[-1]
    if getattr(last, "activation", None) is keras.activations.softmax or isinstance(
        last, keras.layers.Softmax
    ):
        raise CapabilityError(
            f"{spec.id} returns probabilities, but logits are expected: build it without its "
            "final softmax (classifier_activation=None, or Dense(activation=None))."
        )


def layer_tensor(model: keras.Model, name: str) -> Any:
    """Return the tensor that a feature layer's name means (``"layer"`` or ``"layer:input"``)."""
    layer_name, _, side = name.partition(":")
    known = {layer.name for layer in model.layers}
    if layer_name not in known:
        raise UnknownNameError(f"{model.name} has no layer {layer_name!r}.")
    layer = model.get_layer(layer_name)
    tensor = layer.input if side == "input" else layer.output
    if isinstance(tensor, list) or len(tensor.shape) != 4:
        raise CapabilityError(
            f"Layer {name!r} has no (height, width, channels) output; choose a convolutional one."
        )
    return tensor


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

    def head_gradient(self, features: Array, directions: Array, layer: str) -> Array:
        """Return d(directions · logits)/d(features): the pass behind ``layer`` alone."""
        return self._run("head", layer, features, directions)[0]

    def refresh(self) -> None:
        """Let the traces compute with what the variables of ``model`` hold now."""
        refold(self.model, self._fast)
        if self._guided is not None:
            self._guided.set_weights(self._fast.get_weights())

    def head_logits(self, features: Array, layer: str) -> Array:
        """Return logits from the layer's output: the forward pass behind ``layer`` alone."""
        return self._run("head_logits", layer, features)[0]

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
            return both(x, training=False)

        return features.get_concrete_function(self._spec(bucket, self._fast.input))

    def _make_head(self, bucket: int, layer: str) -> Callable[..., Any]:
        head = self._head(layer)

        @tf.function(autograph=False)
        def gradient(features: Any, directions: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(features)
                score = tf.reduce_sum(head(features, training=False) * directions)
            return (tape.gradient(score, features, unconnected_gradients="zero"),)

        return gradient.get_concrete_function(
            self._spec(bucket, head.input), self._spec(bucket, head.output)
        )

    def _make_head_logits(self, bucket: int, layer: str) -> Callable[..., Any]:
        head = self._head(layer)

        @tf.function(autograph=False)
        def logits(features: Any) -> Any:
            return (head(features, training=False),)

        return logits.get_concrete_function(self._spec(bucket, head.input))

    def _head(self, layer: str) -> keras.Model:
        if layer not in self._heads:
            try:
                head = keras.Model(layer_tensor(self._fast, layer), self._fast.output)
            except ValueError as error:
                raise CapabilityError(
                    f"The logits do not depend on {layer!r} alone (a connection runs around it); "
                    "choose the output of a whole block."
                ) from error
            self._heads[layer] = head
        return self._heads[layer]
