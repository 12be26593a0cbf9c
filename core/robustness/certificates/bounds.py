"""Interval arithmetic through a network (Gowal et al. 2018, arXiv:1810.12715).

Each rule takes the bounds of a layer's inputs to sound bounds of its output: every input between
the first leads to an output between the second. Rules work on centre and radius where the layer is
affine, and on both ends where it is monotone; training differentiates through them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from core.errors import CapabilityError
from core.models.fold import Folded
from core.models.tensorflow import keras, tf

__all__ = ["Bounds", "certain", "margins", "propagate"]

Bounds = tuple[Any, Any]
"""Lower and upper ends: two tensors of one shape."""
Rule = Callable[[Any, list[Bounds]], Bounds]
layers, activations = keras.layers, keras.activations
_LEAD = 1e-3
"""Logits that a label must lead by: no two runtimes of a model may differ by more."""

_MONOTONE = (
    activations.linear, activations.relu, activations.relu6, activations.leaky_relu,
    activations.elu, activations.sigmoid, activations.hard_sigmoid, activations.tanh,
    activations.softplus, activations.softsign,
)  # fmt: skip


def propagate(model: keras.Model, low: Any, high: Any, *, stop: Any = None) -> Bounds:
    """Return bounds of the model's output, or of what enters the layer ``stop``.

    Parameters
    ----------
    model : keras.Model
        Functional, one input; as it is at inference.
    low, high : tensor, shape (N, H, W, 3)
        Every value of an input lies between the two. In float64 the bounds are float64 throughout.

    Raises
    ------
    CapabilityError
        If there is a layer that no rule is known for.
    """
    known: dict[int, Bounds] = {id(model.inputs[0]): (low, high)}
    for operation in model.operations:
        if isinstance(operation, layers.InputLayer):
            continue
        node = _node(operation, known)
        given = [known[id(tensor)] for tensor in node.input_tensors]
        if operation is stop:
            return given[0]
        known[id(node.output_tensors[0])] = _rule(operation)(operation, given)
    return known[id(model.outputs[0])]


def margins(model: keras.Model, low: Any, high: Any, labels: Any) -> Any:
    """Return lower bounds of logit(label) − logit(j) for each class j, ``(N, n_classes)``.

    0 for the label itself. Where the network ends in a dense layer, the difference of two rows of
    its weights is bounded rather than the difference of two bounds, which is tighter.

    Parameters
    ----------
    labels : tensor of int64, shape (N,)

    Raises
    ------
    CapabilityError
        If there is a layer that no rule is known for.
    """
    last = model.outputs[0]._keras_history.operation
    own = tf.one_hot(labels, model.outputs[0].shape[-1], dtype=low.dtype)
    if type(last) is layers.Dense and last.activation is activations.linear:
        low, high = propagate(model, low, high, stop=last)
        kernel = tf.cast(last.kernel, low.dtype)
        mine = tf.matmul(own, kernel, transpose_b=True)  # (N, d)
        apart = mine[:, :, None] - kernel[None]  # (N, d, n_classes)
        centre, radius = (low + high) / 2, (high - low) / 2
        lead = tf.einsum("nd,ndk->nk", centre, apart) - tf.einsum("nd,ndk->nk", radius, abs(apart))
        if last.use_bias:
            bias = tf.cast(last.bias, low.dtype)
            lead += tf.reduce_sum(own * bias, axis=1, keepdims=True) - bias
        return lead
    low, high = propagate(model, low, high)
    return (tf.reduce_sum(own * low, axis=1, keepdims=True) - high) * (1 - own)


def certain(model: keras.Model, x: Any, epsilon: Any, labels: Any) -> Any:
    """Return for which pictures no other within ``epsilon`` (L∞, in [0, 1]) has another answer.

    In float64, so that rounding stays far below the lead that is asked for.

    Parameters
    ----------
    x : tensor, shape (N, H, W, 3)
        Pixels in [0, 1].
    epsilon : tensor, shape (N,) or ()
    labels : tensor of int64, shape (N,)
        The answers.
    """
    x = tf.cast(x, tf.float64)
    radius = tf.reshape(tf.cast(epsilon, tf.float64), (-1, 1, 1, 1))
    low, high = tf.maximum(x - radius, 0.0), tf.minimum(x + radius, 1.0)
    lead = margins(model, low, high, labels)
    own = tf.one_hot(labels, lead.shape[1], on_value=True, off_value=False, dtype=tf.bool)
    return tf.reduce_all(own | (lead > _LEAD), axis=1)


def _node(operation: Any, known: Mapping[int, Bounds]) -> Any:
    """Return the operation's call in this model; a layer may be part of others too."""
    return next(
        node
        for node in operation._inbound_nodes
        if all(id(tensor) in known for tensor in node.input_tensors)
    )


def _rule(operation: Any) -> Rule:
    rule = _RULES.get(type(operation))
    if rule is None:
        known = ", ".join(sorted({kind.__name__ for kind in _RULES}))
        raise CapabilityError(
            f"Interval bounds are not known for {type(operation).__name__} "
            f"({operation.name!r}). They are for {known}."
        )
    return rule


def _affine(linear: Callable[[Any, Any], Any], kernel: Any, bias: Any, given: Bounds) -> Bounds:
    """Return the bounds of ``linear(x, kernel) + bias``."""
    low, high = given
    kernel = tf.cast(kernel, low.dtype)
    centre = linear((low + high) / 2, kernel)
    if bias is not None:
        centre += tf.cast(bias, low.dtype)
    radius = linear((high - low) / 2, tf.abs(kernel))
    return centre - radius, centre + radius


def _activated(layer: Any, bounds: Bounds) -> Bounds:
    activation = layer.activation
    if activation not in _MONOTONE:
        name = getattr(activation, "__name__", type(activation).__name__)
        raise CapabilityError(
            f"Interval bounds are known for monotone activations alone, and {name} "
            f"({layer.name!r}) is none of those known."
        )
    low, high = bounds
    return activation(low), activation(high)


def _dense(layer: Any, given: list[Bounds]) -> Bounds:
    bias = layer.bias if layer.use_bias else None
    return _activated(layer, _affine(tf.matmul, layer.kernel, bias, given[0]))


def _conv(layer: Any, given: list[Bounds]) -> Bounds:
    if layer.groups != 1:
        raise CapabilityError(f"Interval bounds are not known for groups of {layer.name!r}.")

    def convolved(x: Any, kernel: Any) -> Any:
        return tf.nn.conv2d(
            x, kernel, layer.strides, layer.padding.upper(), dilations=layer.dilation_rate
        )

    bias = layer.bias if layer.use_bias else None
    return _activated(layer, _affine(convolved, layer.kernel, bias, given[0]))


def _depthwise(layer: Any, given: list[Bounds]) -> Bounds:
    def convolved(x: Any, kernel: Any) -> Any:
        strides = (1, *layer.strides, 1)
        return tf.nn.depthwise_conv2d(
            x, kernel, strides, layer.padding.upper(), dilations=layer.dilation_rate
        )

    bias = layer.bias if layer.use_bias else None
    return _activated(layer, _affine(convolved, layer.kernel, bias, given[0]))


def _scaled(layer: Any, given: list[Bounds]) -> Bounds:
    (low, high), dtype = given[0], given[0][0].dtype
    return _affine(tf.multiply, tf.cast(layer.scale, dtype), layer.offset, (low, high))


def _normalised(layer: Any, given: list[Bounds]) -> Bounds:
    """Batch normalisation with its moving averages: a scale and an offset for each channel."""
    dtype = given[0][0].dtype
    scale = tf.math.rsqrt(tf.cast(layer.moving_variance, dtype) + layer.epsilon)
    if layer.scale:
        scale *= tf.cast(layer.gamma, dtype)
    offset = -tf.cast(layer.moving_mean, dtype) * scale
    if layer.center:
        offset += tf.cast(layer.beta, dtype)
    return _affine(tf.multiply, scale, offset, given[0])


def _each_end(layer: Any, given: list[Bounds]) -> Bounds:
    """Monotone in every value: the ends of the input lead to the ends of the output."""
    low, high = given[0]
    return layer.call(low), layer.call(high)


def _relu(layer: Any, given: list[Bounds]) -> Bounds:
    if float(layer.negative_slope) < 0:
        raise CapabilityError(f"{layer.name!r} falls where it should not: negative_slope < 0.")
    return _each_end(layer, given)


def _same(_: Any, given: list[Bounds]) -> Bounds:
    return given[0]


def _added(_: Any, given: list[Bounds]) -> Bounds:
    return tf.add_n([low for low, _ in given]), tf.add_n([high for _, high in given])


def _joined(layer: Any, given: list[Bounds]) -> Bounds:
    lows, highs = zip(*given, strict=True)
    return tf.concat(lows, layer.axis), tf.concat(highs, layer.axis)


def _flipped(operation: Any, given: list[Bounds]) -> Bounds:
    """Order the channels of preprocessing the other way round."""
    low, high = given[0]
    return operation.call(low), operation.call(high)


_FLIP = type(keras.ops.flip(keras.KerasTensor((None, 1, 1, 3)), axis=-1)._keras_history.operation)
_RULES: Mapping[type, Rule] = MappingProxyType({
    _FLIP: _flipped,
    layers.Rescaling: _scaled,
    layers.Conv2D: _conv,
    layers.DepthwiseConv2D: _depthwise,
    layers.Dense: _dense,
    layers.BatchNormalization: _normalised,
    layers.Activation: lambda layer, given: _activated(layer, given[0]),
    layers.ReLU: _relu,
    layers.MaxPooling2D: _each_end,
    layers.AveragePooling2D: _each_end,
    layers.GlobalMaxPooling2D: _each_end,
    layers.GlobalAveragePooling2D: _each_end,
    layers.ZeroPadding2D: _each_end,
    layers.Flatten: _each_end,
    layers.Reshape: _each_end,
    layers.Add: _added,
    layers.Concatenate: _joined,
    layers.Dropout: _same,
    layers.SpatialDropout2D: _same,
    Folded: _same,
})  # fmt: skip
