"""One matrix behind the features: the same numbers as TensorFlow's, and only where it is true."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.contracts import ModelRef
from core.models.linear_head import linear_head
from core.models.runtime import Runtime
from core.models.tensorflow import keras
from core.workspace import open_store

L = keras.layers
FEATURES = (5, 4, 6)


def drawn(build: Callable[[Any], Any]) -> Any:
    """Return a model of ``build`` with weights that are none of them 0 or 1."""
    given = keras.Input(FEATURES)
    model = keras.Model(given, build(given))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0.3, 1, w.shape) for w in model.get_weights()])
    return model


def usual(x: Any) -> Any:
    return L.Dense(7)(L.Dropout(0.4)(L.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize(
    "build",
    [
        usual,
        lambda x: L.Dense(7, use_bias=False)(L.GlobalAveragePooling2D()(x)),
        lambda x: L.Dense(1)(L.GlobalAveragePooling2D()(L.Dropout(0.1)(x))),
    ],
)
def test_it_answers_and_differentiates_as_keras_does(build: Callable[[Any], Any]) -> None:
    import tensorflow as tf

    model = drawn(build)
    head = linear_head(model)
    assert head is not None
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, *FEATURES)).astype(np.float32)
    directions = rng.normal(size=(3, model.output.shape[-1])).astype(np.float32)
    x = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = model(x, training=False)
        score = tf.reduce_sum(logits * directions)
    np.testing.assert_allclose(head.logits(features), logits, atol=1e-5)
    np.testing.assert_allclose(
        head.gradient(features, directions), tape.gradient(score, x), atol=1e-6
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda x: L.Dense(7, activation="relu")(L.GlobalAveragePooling2D()(x)),
        lambda x: L.Dense(7)(L.GlobalMaxPooling2D()(x)),
        lambda x: L.Dense(7)(L.ReLU()(L.GlobalAveragePooling2D()(x))),
        lambda x: L.Dense(7)(L.Dense(6)(L.GlobalAveragePooling2D()(x))),
        lambda x: L.Flatten()(L.Dense(7)(L.GlobalAveragePooling2D(keepdims=True)(x))),
        lambda x: L.Dense(7)(L.GlobalAveragePooling2D()(L.Conv2D(6, 3)(x))),
        lambda x: L.Dense(7)(L.Flatten()(x)),
    ],
)
def test_any_other_head_is_left_to_keras(build: Callable[[Any], Any]) -> None:
    assert linear_head(drawn(build)) is None


def test_two_ways_round_the_same_layers_are_seen_by_their_answers() -> None:
    """The kinds of layers fit; that one is called twice, only what they answer can tell."""

    def twice(x: Any) -> Any:
        pooling, dense = L.GlobalAveragePooling2D(), L.Dense(6)
        return dense(dense(pooling(x)))

    assert linear_head(drawn(twice)) is None


def test_maps_are_those_of_the_network(packaged_model: Runtime) -> None:
    rng = np.random.default_rng(1)
    batch = rng.random((2, *packaged_model.spec.input_shape), dtype=np.float32)
    directions = np.zeros((2, packaged_model.n_classes), np.float32)
    directions[[0, 1], [281, 3]] = 1
    directions[1, 7] = -1
    packaged_model.exported()
    packaged_model.prepare(10_000)
    assert packaged_model.linear_head(None) is not None
    _, features, gradients = packaged_model.features_and_gradients(batch, directions)
    layer = packaged_model.layer(None)
    network = packaged_model.network()
    expected = network.head_gradient(features, directions, layer)
    np.testing.assert_allclose(gradients, expected, atol=1e-7)
    logits = packaged_model.head_logits(features)
    np.testing.assert_allclose(logits, network.head_logits(features, layer), atol=1e-4)


@pytest.fixture(scope="module")
def packaged_model() -> Runtime:
    return Runtime(ModelRef("efficientnet_lite0"), store=open_store())


def test_a_map_with_a_stored_export_needs_no_tensorflow(packaged_model: Runtime) -> None:
    packaged_model.prepare(10_000)
    code = (
        "import sys; from core import api\n"
        "found = api.explain('assets/examples/cat.jpg', method='gradcam')\n"
        "print(found.map.max() > 0, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
