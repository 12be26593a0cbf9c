"""Small Keras models of every kind that people save, with drawn weights and statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers as L  # noqa: N812 (as everybody writes it)

__all__ = ["NETWORKS", "drawn"]


def sequential() -> Any:
    return keras.Sequential(
        [
            keras.Input((24, 24, 3)), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(),
            L.BatchNormalization(), L.SeparableConv2D(6, 3), L.LeakyReLU(0.1), L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )  # fmt: skip


def branches() -> Any:
    i = keras.Input((24, 24, 3))
    a = L.Conv2D(4, 3, padding="same", activation="swish")(i)
    b = L.Conv2D(4, 1, name="skip")(i)
    x = L.Concatenate()([L.Add()([a, b]), L.Multiply()([a, b])])
    x = L.DepthwiseConv2D(3, strides=2)(x)
    x = keras.ops.relu(x * 2.0 + 1.0)[:, 1:, :, :]
    x = keras.ops.mean(x, axis=(1, 2))
    return keras.Model(i, L.Dense(3)(L.Dropout(0.5)(x)))


def nested() -> Any:
    """A base inside a Sequential, frozen, as transfer learning does it."""
    base = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None)
    base.trainable = False
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)), L.Rescaling(1 / 127.5, -1), L.RandomFlip("horizontal"), base,
            L.GlobalAveragePooling2D(), L.Dense(4, activation="softmax"),
        ]
    )  # fmt: skip


def called_in_inference() -> Any:
    """A base that is called with ``training=False``, between layers of the same names."""
    inner = keras.Input((20, 20, 4))
    base = keras.Model(inner, L.ReLU(name="act")(L.Conv2D(4, 3, name="conv")(inner)), name="base")
    i = keras.Input((20, 20, 3))
    x = L.Conv2D(4, 1, name="conv")(i)
    x = L.ReLU(name="act")(x)
    x = base(x, training=False)
    return keras.Model(i, L.Dense(3)(L.GlobalMaxPooling2D()(x)))


def shared() -> Any:
    """One layer called twice, and one model called twice."""
    i = keras.Input((16, 16, 3))
    conv = L.Conv2D(3, 3, padding="same", activation="tanh")
    tower = keras.Sequential([keras.Input((16, 16, 3)), L.Conv2D(5, 3), L.ELU()])
    x = conv(conv(i))
    x = L.Average()([tower(x), tower(i)])
    return keras.Model(i, L.Dense(2)(L.GlobalAveragePooling2D()(x)))


def grey() -> Any:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)), L.Conv2D(8, 3, activation="relu"), L.MaxPool2D(),
            L.Conv2D(8, 3, activation="relu"), L.Flatten(), L.Dense(10),
        ]
    )  # fmt: skip


def oblong() -> Any:
    return keras.Sequential(
        [
            keras.Input((24, 40, 3)), L.ZeroPadding2D(((1, 0), (2, 1))), L.Conv2D(4, 3, strides=2),
            L.LayerNormalization(), L.PReLU(shared_axes=[1, 2]), L.GroupNormalization(2),
            L.GlobalAveragePooling2D(keepdims=True), L.Flatten(), L.Dense(5, "softmax"),
        ]
    )  # fmt: skip


def four_channels() -> Any:
    i = keras.Input((20, 20, 4))
    x = L.Cropping2D(2)(i)
    x = L.Conv2DTranspose(3, 2, strides=2)(x)
    x = L.UpSampling2D(2, interpolation="bilinear")(L.AveragePooling2D(4)(x))
    return keras.Model(i, L.Dense(3)(L.Flatten()(x)))


def one_sigmoid() -> Any:
    return keras.Sequential(
        [keras.Input((16, 16, 3)), L.Conv2D(4, 3), L.Activation("gelu"), L.Flatten(),
         L.Dense(1, activation="sigmoid")]
    )  # fmt: skip


def multi_label() -> Any:
    i = keras.Input((16, 16, 3))
    x = L.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.2, 0.3, 0.4])(i)
    x = L.Resizing(12, 14)(x)
    x = L.Reshape((12 * 14, 3))(x)
    x = L.Permute((2, 1))(x)
    return keras.Model(i, L.Activation("sigmoid")(L.Dense(4)(L.Flatten()(x))))


def softmax_layer() -> Any:
    i = keras.Input((16, 16, 3))
    return keras.Model(i, L.Softmax()(L.Dense(3)(L.Flatten()(L.Conv2D(2, 3)(i)))))


def regression() -> Any:
    i = keras.Input((16, 16, 3))
    x = L.Conv2D(3, 3, activation=L.ReLU(max_value=6.0))(i)
    return keras.Model(i, L.Dense(1, name="age")(L.Flatten()(x)))


def transformer() -> Any:
    """A small ViT: patches, positions, attention, a class from their mean."""
    i = keras.Input((16, 16, 3))
    x = L.Reshape((16, 8))(L.Conv2D(8, 4, strides=4)(i))
    places = L.Embedding(16, 8)(keras.ops.arange(16))
    x = x + places
    y = L.LayerNormalization(epsilon=1e-6)(x)
    x = x + L.MultiHeadAttention(2, 4)(y, y)
    y = L.Dense(16, activation="gelu")(L.LayerNormalization(epsilon=1e-6)(x))
    x = x + L.Dense(8)(y)
    return keras.Model(i, L.Dense(3)(L.GlobalAveragePooling1D()(x)))


def half_precision() -> Any:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return keras.Sequential(
            [keras.Input((16, 16, 3)), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(),
             L.Flatten(), L.Dense(3, dtype="float32")]
        )  # fmt: skip
    finally:
        keras.config.set_dtype_policy("float32")


def recurrent() -> Any:
    """Rows read one after the other."""
    i = keras.Input((12, 12, 1))
    x = L.Reshape((12, 12))(i)
    return keras.Model(i, L.Dense(2)(L.GRU(4)(L.LSTM(5, return_sequences=True)(x))))


def two_outputs() -> Any:
    i = keras.Input((16, 16, 3))
    x = L.Flatten()(L.Conv2D(3, 3)(i))
    return keras.Model(i, {"kind": L.Dense(3, name="kind")(x), "age": L.Dense(1, name="age")(x)})


NETWORKS: dict[str, Callable[[], Any]] = {
    make.__name__: make
    for make in (
        sequential, branches, nested, called_in_inference, shared, grey, oblong, four_channels,
        one_sigmoid, multi_label, softmax_layer, regression, transformer, half_precision, recurrent,
        two_outputs,
    )
}  # fmt: skip


def drawn(name: str) -> Any:
    """Return a network with weights that no initialiser gives."""
    keras.utils.set_random_seed(3)
    model = NETWORKS[name]()
    rng = np.random.default_rng(4)
    for variable in model.weights:
        if "seed" in variable.path or "count" in variable.path:
            continue
        drawn_ = rng.normal(0, 0.05, variable.shape)
        variable.assign(variable + (np.abs(drawn_) if "variance" in variable.path else drawn_))
    return model
