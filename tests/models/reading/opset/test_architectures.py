"""Networks of people, exported from Keras, read by OpenVINO, rebuilt: the same, gradients too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from core.models.reading.opset.rebuilding import rebuilt
from core.models.tensorflow import keras, tf
from tests.models.reading.opset.graphs import checked, exported, stirred

layers = keras.layers
Build = Callable[[], Any]


def _small(shape: tuple[int, int, int] = (28, 28, 1), *, units: int = 10, end: str = "softmax") \
        -> Any:  # fmt: skip
    x = inputs = keras.Input(shape)
    x = layers.Rescaling(1 / 255)(x)
    x = layers.Conv2D(8, 3, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPooling2D()(x)
    x = layers.SeparableConv2D(12, 3, padding="same", strides=2, activation="elu")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(units, activation=end)(x))


def _transformer() -> Any:
    """A vision transformer with a class token's place taken by the mean of all."""
    x = inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(24, 8, strides=8)(x)
    x = layers.Reshape((16, 24))(x)
    places = layers.Embedding(16, 24)(np.arange(16))
    x = x + places
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(3, 8)(y, y)])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.Dense(24)(layers.Dense(48, activation="gelu")(y))])
    x = layers.LayerNormalization()(x)
    return keras.Model(inputs, layers.Dense(7)(layers.GlobalAveragePooling1D()(x)))


SMALL: dict[str, Build] = {
    "28 x 28 x 1": _small,
    "96 x 128 x 3": lambda: _small((96, 128, 3)),
    "four channels": lambda: _small((20, 24, 4), units=3, end="linear"),
    "one sigmoid": lambda: _small((24, 20, 3), units=1, end="sigmoid"),
    "several labels": lambda: _small((24, 20, 3), units=5, end="sigmoid"),
    "regression": lambda: _small((24, 20, 3), units=1, end="linear"),
    "transformer": _transformer,
}
_A = keras.applications
LARGE: dict[str, Build] = {
    name: (lambda build=build, side=side: build(
        weights=None, input_shape=(side, side, 3), classes=10, classifier_activation=None
    ))
    for name, build, side in (
        ("MobileNetV2", _A.MobileNetV2, 64), ("MobileNetV3Small", _A.MobileNetV3Small, 64),
        ("ResNet50", _A.ResNet50, 64), ("EfficientNetB0", _A.EfficientNetB0, 64),
        ("DenseNet121", _A.DenseNet121, 64), ("InceptionV3", _A.InceptionV3, 96),
        ("ConvNeXtTiny", _A.ConvNeXtTiny, 64), ("Xception", _A.Xception, 96),
        ("NASNetMobile", _A.NASNetMobile, 64),
    )
}  # fmt: skip


def _gradient(model: Any, pictures: np.ndarray) -> np.ndarray:
    x = tf.constant(pictures)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=False)
        total = tf.reduce_sum(y * tf.cast(tf.range(1, y.shape[-1] + 1), tf.float32))
    return np.asarray(tape.gradient(total, x))


def _same(model: Any, graph: Any) -> Any:
    """Check a rebuilt model and its gradients against the Keras model that it comes from."""
    found = checked(graph).model
    shape = (2, *model.input.shape[1:])
    pictures = np.random.default_rng(2).uniform(0, 255, shape).astype(np.float32)
    theirs = np.asarray(model(pictures, training=False))
    np.testing.assert_allclose(found(pictures), theirs, atol=2e-5 * max(1, np.abs(theirs).max()))
    ours, wanted = _gradient(found, pictures), _gradient(model, pictures)
    assert np.abs(wanted).max() > 0
    assert np.abs(ours - wanted).max() <= 1e-3 * np.abs(wanted).max()
    return found


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, "litert") for name in SMALL] + [("28 x 28 x 1", "saved_model"),
                                            ("transformer", "saved_model")],
)  # fmt: skip
def test_small_networks(name: str, kind: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = stirred(SMALL[name]())
    _same(model, exported(model, tmp_path, kind))


@pytest.mark.slow
def test_a_network_from_ir_is_as_plain_as_it_was(tmp_path: Path) -> None:
    """Normalisations are in the convolutions, transposes are gone, layers have their names."""
    keras.utils.set_random_seed(1)
    model = stirred(_A.MobileNetV2(weights=None, input_shape=(64, 64, 3), classes=10))
    ov.save_model(exported(model, tmp_path, "saved_model"), tmp_path / "m.xml",
                  compress_to_fp16=False)  # fmt: skip
    found = _same(model, ov.Core().read_model(tmp_path / "m.xml"))
    kinds = {type(operation).__name__ for operation in found.operations}
    assert kinds == {
        "InputLayer", "Conv2D", "DepthwiseConv2D", "ReLU", "Add", "GlobalAveragePooling2D",
        "Dense", "Activation",
    }  # fmt: skip
    convolutions = [each for each in model.layers if "Conv2D" in type(each).__name__]
    assert sum("Conv2D" in type(each).__name__ for each in found.layers) == len(convolutions)
    assert {"convolution_1", "groupconvolution_1"} <= {each.name for each in found.layers}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_networks(name: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = stirred(LARGE[name]())
    for kind in ("saved_model", "litert"):
        _same(model, exported(model, tmp_path, kind))


def test_half_precision_files(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = stirred(_small())
    ov.save_model(exported(model, tmp_path, "saved_model"), tmp_path / "m.xml",
                  compress_to_fp16=True)  # fmt: skip
    checked(ov.Core().read_model(tmp_path / "m.xml"))


def test_the_graph_is_left_as_it_was(tmp_path: Path) -> None:
    graph = exported(_small(), tmp_path, "saved_model")
    before = [(op.get_friendly_name(), str(op.outputs())) for op in graph.get_ordered_ops()]
    rebuilt(graph, name="m")
    assert before == [(op.get_friendly_name(), str(op.outputs())) for op in graph.get_ordered_ops()]
