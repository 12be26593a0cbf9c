"""Fold batch normalisation into the convolutions before it: the same function in fewer passes.

At inference BN(conv(x)) is one convolution with a scaled kernel and a bias (Jacob et al. 2017,
arXiv:1712.05877, section 3.2). It saves a pass over every feature map, forwards and backwards.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from core.models.tensorflow import keras

__all__ = ["Folded", "folded", "refold"]

_FOLDABLE = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def folded(model: keras.Model, *, keep: Container[str] = ()) -> keras.Model:
    """Return a model that computes the same as ``model`` at inference.

    Parameters
    ----------
    model : keras.Model
        Functional; left as it is.
    keep : container of str
        Layers whose own output somebody reads; a convolution among them is not folded.

    Returns
    -------
    keras.Model
        ``model`` itself where nothing can be folded; else one with the same layer names, in
        which folded normalisations pass their input on.
    """
    if not all(type(layer).__module__.startswith("keras.") for layer in model.layers):
        return model  # a user's own layer may not survive cloning
    norms = {
        layer.name: conv.name
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
        and (conv := _conv_before(layer)) is not None
        and conv.name not in keep
    }
    if not norms:
        return model
    convs = set(norms.values())

    def clone(layer: Any) -> Any:
        if layer.name in norms:
            return Folded(name=layer.name)
        config = layer.get_config()
        if layer.name in convs:
            config["use_bias"] = True
        return layer.__class__.from_config(config)

    copy = keras.models.clone_model(model, clone_function=clone)
    refold(model, copy)
    copy.trainable = False
    return copy


def refold(model: keras.Model, copy: keras.Model) -> None:
    """Write the weights of ``model`` into ``copy``, which :func:`folded` made of it, in place.

    Passes that were traced over ``copy`` then compute with the new weights.
    """
    if copy is model:
        return
    norms = {
        x.name: conv.name
        for x in copy.layers
        if isinstance(x, Folded) and (conv := _conv_before(model.get_layer(x.name))) is not None
    }
    merged = {*norms, *norms.values()}
    for layer in model.layers:
        if layer.name not in merged and layer.weights:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    for norm_name, conv_name in norms.items():
        weights = _merge(model.get_layer(conv_name), model.get_layer(norm_name))
        copy.get_layer(conv_name).set_weights(weights)


class Folded(keras.layers.Layer):
    """Stands where a normalisation stood, which is now part of the convolution before it."""

    def call(self, x: Any, mask: Any = None) -> Any:
        """Return ``x``; normalisations are called with a mask, which means nothing here."""
        del mask
        return x


def _conv_before(norm: Any) -> Any | None:
    """Return the linear convolution that only ``norm`` reads, if that is what precedes it."""
    source = norm.input._keras_history.operation
    # Subclasses (a separable convolution, a user's own) may compute something else.
    if type(source) not in _FOLDABLE or len(source._outbound_nodes) != 1:
        return None
    linear = source.activation in (None, keras.activations.linear)
    return source if linear and norm.axis in (-1, 3) else None


def _merge(conv: Any, norm: Any) -> list[Any]:
    kernel, *rest = conv.get_weights()
    before = rest[0] if rest else 0.0
    scale = 1.0 / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
    if norm.scale:
        scale = scale * norm.gamma.numpy()
    offset = norm.beta.numpy() if norm.center else 0.0
    bias = offset + (before - norm.moving_mean.numpy()) * scale
    if isinstance(conv, keras.layers.DepthwiseConv2D):
        scaled = kernel * scale.reshape(1, 1, *kernel.shape[2:])
    else:
        scaled = kernel * scale
    return [scaled.astype(np.float32), np.asarray(bias, np.float32)]
