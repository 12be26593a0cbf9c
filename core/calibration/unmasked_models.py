"""Models that hide nothing: architectures × activations × seeds × training, small and quick.

Pictures of 16 pixels in three classes: a bright bar across, a bright bar down, or neither.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Array

__all__ = ["ARCHITECTURES", "CLASSES", "SIZE", "pictures", "trained"]

SIZE = 16
CLASSES = 3
Builder = Callable[[Any, int], Any]


def pictures(n: int, seed: int) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return pictures of whole 8-bit levels, float32 in [0, 1], and their classes."""
    rng = np.random.default_rng(seed)
    levels = rng.normal(110, 25, (n, SIZE, SIZE, 3))
    labels = rng.integers(0, CLASSES, n)
    for picture, label in zip(levels, labels, strict=True):
        at = rng.integers(2, SIZE - 4)
        if label == 0:
            picture[at : at + 3] += 60
        elif label == 1:
            picture[:, at : at + 3] += 60
    return (np.clip(np.rint(levels), 0, 255) / 255).astype(np.float32), labels.astype(np.int64)


def _convolutions(x: Any, activation: str, *, pool: str = "", norm: bool = False) -> Any:
    from core.models.tensorflow import keras

    layers = keras.layers
    for width in (12, 24):
        x = layers.Conv2D(width, 3, strides=1 if pool else 2, padding="same")(x)
        x = layers.BatchNormalization()(x) if norm else x
        x = layers.Activation(activation)(x)
        if pool:
            x = (layers.MaxPooling2D(2) if pool == "max" else layers.AveragePooling2D(2))(x)
    return layers.Flatten()(x)


def _perceptron(x: Any, activation: str) -> Any:
    from core.models.tensorflow import keras

    x = keras.layers.Flatten()(x)
    for _ in range(2):
        x = keras.layers.Dense(48, activation=activation)(x)
    return x


def _separable(x: Any, activation: str) -> Any:
    from core.models.tensorflow import keras

    x = keras.layers.SeparableConv2D(24, 3, strides=2, activation=activation)(x)
    x = keras.layers.SeparableConv2D(32, 3, activation=activation)(x)
    return keras.layers.GlobalAveragePooling2D()(x)


def _attention(x: Any, activation: str) -> Any:
    from core.models.tensorflow import keras

    layers = keras.layers
    x = layers.Conv2D(24, 4, strides=4)(x)
    x = layers.Reshape((16, 24))(x)
    x = layers.Add()([x, layers.MultiHeadAttention(2, 12)(x, x)])
    x = layers.LayerNormalization()(x)
    x = layers.Dense(32, activation=activation)(x)
    return layers.Flatten()(x)


def _body(features: Callable[..., Any], activation: str, inputs: Any, n_classes: int) -> Any:
    from core.models.tensorflow import keras

    logits = keras.layers.Dense(n_classes)(features(inputs, activation))
    return keras.Model(keras.utils.get_source_inputs(inputs), logits)


def _linear(inputs: Any, n_classes: int) -> Any:
    from core.models.tensorflow import keras

    logits = keras.layers.Dense(n_classes)(keras.layers.Flatten()(inputs))
    return keras.Model(keras.utils.get_source_inputs(inputs), logits)


def _small(name: str, inputs: Any, n_classes: int) -> Any:
    from core.models import small

    built: Any = getattr(small, name)(inputs, n_classes)
    return built


ARCHITECTURES: dict[str, Builder] = {
    "linear": _linear,
    "perceptron_relu": partial(_body, _perceptron, "relu"),
    "perceptron_tanh": partial(_body, _perceptron, "tanh"),
    "conv_relu": partial(_body, _convolutions, "relu"),
    "conv_gelu": partial(_body, _convolutions, "gelu"),
    "conv_swish": partial(_body, _convolutions, "swish"),
    "conv_softplus": partial(_body, _convolutions, "softplus"),
    "conv_elu_max": partial(_body, partial(_convolutions, pool="max"), "elu"),
    "conv_relu_max": partial(_body, partial(_convolutions, pool="max"), "relu"),
    "conv_relu_mean_norm": partial(_body, partial(_convolutions, pool="mean", norm=True), "relu"),
    "separable_leaky": partial(_body, _separable, "leaky_relu"),
    "attention_gelu": partial(_body, _attention, "gelu"),
    "resnet8": partial(_small, "resnet8"),
    "convnet5": partial(_small, "convnet5"),
}


def trained(architecture: str, *, seed: int, adversarial: bool = False, steps: int = 60) -> Builder:
    """Return a builder of a model trained for ``steps`` batches, adversarially (FGSM) if asked."""

    def builder(inputs: Any, n_classes: int) -> Any:
        model = _network(architecture, inputs, n_classes)
        model.set_weights(_fitted(architecture, seed, adversarial, steps, n_classes))
        return model

    return builder


def _network(architecture: str, inputs: Any, n_classes: int) -> Any:
    from core.models.tensorflow import keras

    return ARCHITECTURES[architecture](keras.layers.Rescaling(4.0, -1.7)(inputs), n_classes)


@lru_cache(maxsize=64)
def _fitted(
    architecture: str, seed: int, adversarial: bool, steps: int, n_classes: int
) -> tuple[Array, ...]:
    """Return the weights after training: a model is built several times, and trained once."""
    from core.models.tensorflow import keras, tf

    keras.utils.set_random_seed(seed)
    model = _network(architecture, keras.Input((SIZE, SIZE, 3)), n_classes)
    x, y = pictures(64 * steps, seed=100 + seed)
    optimiser = keras.optimizers.Adam(0.003)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(autograph=False)
    def fit(batch: Any, labels: Any) -> None:
        if adversarial:
            with tf.GradientTape() as tape:
                tape.watch(batch)
                value = loss(labels, model(batch, training=False))
            batch = batch + 6 / 255 * tf.sign(tape.gradient(value, batch))
        with tf.GradientTape() as tape:
            value = loss(labels, model(batch, training=True))
        own = model.trainable_variables
        optimiser.apply_gradients(zip(tape.gradient(value, own), own, strict=True))

    optimiser.build(model.trainable_variables)
    for start in range(0, len(x), 64):
        fit(tf.constant(x[start : start + 64]), tf.constant(y[start : start + 64]))
    return tuple(model.get_weights())
