"""The guided backward pass against values worked out by hand; that it is a negative control."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import CapabilityError
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.models.guided import guided
from core.models.runtime import Runtime, runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS


def explain(model: Runtime, pictures: np.ndarray, target: int, method: str) -> np.ndarray:
    chosen = METHODS[method]
    values = {p.name: p.default for p in PICTURE.parameters(chosen.parameters)}
    directions = np.eye(model.n_classes, dtype=np.float32)[[target]]
    task = Problem(model, pictures, directions, None, 0, LocalControl(), PICTURE)
    return chosen().explain(task, values)[0].map


def dense_relu(units: int, ceiling: float | None) -> list:
    """The same two layers in every spelling that Keras has for them."""
    from core.models.tensorflow import keras

    dense = keras.layers.Dense
    if ceiling is None:
        return [
            [dense(units, activation="relu")],
            [dense(units), keras.layers.ReLU()],
            [dense(units), keras.layers.Activation("relu")],
        ]
    return [
        [dense(units, activation="relu6")],
        [dense(units), keras.layers.ReLU(max_value=6.0)],
        [dense(units), keras.layers.Activation("relu6")],
    ]


@pytest.mark.parametrize("spelling", [0, 1, 2])
@pytest.mark.parametrize("ceiling", [None, 6.0])
def test_two_layers_by_hand(ceiling: float | None, spelling: int) -> None:
    """Each gate passes an upstream gradient that is positive at an input in (0, ceiling)."""
    from core.models.tensorflow import keras, tf

    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(5, 8)), rng.normal(size=(8, 7))
    last = rng.normal(size=(7, 2))
    x = rng.normal(size=(1, 5)) * 15
    inputs = keras.Input((5,))
    y = inputs
    for layer in (*dense_relu(8, ceiling)[spelling], *dense_relu(7, ceiling)[spelling]):
        y = layer(y)
    model = keras.Model(inputs, keras.layers.Dense(2)(y))
    model.set_weights([first, np.zeros(8), second, np.zeros(7), last, np.zeros(2)])
    copy = guided(model)

    top = np.inf if ceiling is None else ceiling
    a = x @ first
    b = np.clip(a, 0, top) @ second
    assert ((a > 0) & (a < top)).any()
    assert (b > 0).any()
    assert ceiling is None or (a > top).any()
    up = np.maximum(last[:, [1]].T, 0) * ((b > 0) & (b < top))
    up = np.maximum(up @ second.T, 0) * ((a > 0) & (a < top))
    expected = up @ first.T

    given = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(given)
        logits = copy(given, training=False)
        score = logits[0, 1]
    np.testing.assert_allclose(tape.gradient(score, given), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(logits, model(given, training=False), rtol=1e-5)


def test_relu_as_an_operation_and_inside_a_model_within_are_found() -> None:
    from core.models.tensorflow import keras, tf

    inner_in = keras.Input((4,))
    inner = keras.Model(inner_in, keras.layers.Dense(4, activation="relu")(inner_in))
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.ops.relu(inner(inputs)))
    inner.layers[-1].set_weights([np.eye(4), np.zeros(4)])
    given = tf.ones((1, 4))
    with tf.GradientTape() as tape:
        tape.watch(given)
        score = tf.reduce_sum(guided(model)(given) * [[1.0, -1.0, 2.0, -2.0]])
    np.testing.assert_array_equal(tape.gradient(score, given), [[1.0, 0.0, 2.0, 0.0]])


def test_the_original_keeps_its_gradient() -> None:
    from core.models.tensorflow import keras, tf

    model = keras.Sequential([keras.Input((1,)), keras.layers.ReLU()])
    guided(model)
    given = tf.ones((1, 1))
    with tf.GradientTape() as tape:
        tape.watch(given)
        score = -tf.reduce_sum(model(given))
    assert tape.gradient(score, given).numpy().item() == -1.0


def test_a_model_without_relu_is_refused_in_plain_words(toys: None) -> None:
    pixels = np.zeros((1, 16, 16, 3), np.float32)
    with pytest.raises(CapabilityError, match=r"has no ReLU.*saliency"):
        explain(runtime(ModelRef("toy_linear")), pixels, 0, "guided_backprop")


def test_leaky_and_smooth_rectifiers_are_no_relu() -> None:
    from core.models.tensorflow import keras

    layers = keras.layers
    for layer in (layers.LeakyReLU(), layers.Activation("gelu"), layers.ReLU(negative_slope=0.1)):
        with pytest.raises(CapabilityError, match="no ReLU"):
            guided(keras.Sequential([keras.Input((3,)), layer]))


def test_a_layer_of_somebody_elses_is_refused_by_name() -> None:
    from core.models.tensorflow import keras

    class Hidden(keras.layers.Layer):
        def call(self, x: object) -> object:
            return keras.ops.relu(x)

    model = keras.Sequential([keras.Input((3,)), keras.layers.ReLU(), Hidden(name="mine")])
    with pytest.raises(CapabilityError, match=r"'mine'.*Hidden"):
        guided(model)


@pytest.fixture(scope="module")
def seen(cat: Path) -> np.ndarray:
    return images.to_input(images.open_picture(cat), shape=(224, 224, 3)).tensor()[None]


def test_the_default_model_keeps_its_logits(seen: np.ndarray) -> None:
    model = runtime(ModelRef("efficientnet_lite0"))
    directions = np.eye(1000, dtype=np.float32)[[281]]
    logits, gradients = model.guided_gradient(seen, directions)
    np.testing.assert_allclose(logits, model.network().logits(seen), atol=1e-4)
    assert not np.allclose(gradients, model.gradient(seen, directions)[1], atol=1e-3)


def test_guided_gradcam_is_the_product(seen: np.ndarray) -> None:
    model = runtime(ModelRef("efficientnet_lite0"))
    directions = np.eye(1000, dtype=np.float32)[[281]]
    _, gradients = model.guided_gradient(seen, directions)
    region = explain(model, seen, 281, "gradcam")
    expected = np.abs(gradients[0]).max(axis=-1) * region
    np.testing.assert_allclose(
        explain(model, seen, 281, "guided_gradcam"), expected, atol=1e-4 * expected.max()
    )


def test_it_draws_the_same_whatever_the_class(seen: np.ndarray) -> None:
    """Why it is a control: the map of another class is nearly the same, the gradient's is not."""
    model = runtime(ModelRef("efficientnet_lite0"))
    order = np.argsort(-model.logits(seen)[0])
    ranks = correlation_of_ranks()

    def likeness(method: str) -> float:
        a, b = (explain(model, seen, int(target), method) for target in (order[0], order[500]))
        return ranks(a, b)

    assert METHODS["guided_backprop"].control
    assert likeness("guided_backprop") > likeness("saliency")
    assert likeness("guided_backprop") > likeness("gradcam")


def correlation_of_ranks() -> Callable[[np.ndarray, np.ndarray], float]:
    from scipy.stats import spearmanr

    return lambda a, b: float(spearmanr(a.ravel(), b.ravel()).statistic)


def test_cards_say_what_is_a_control() -> None:
    controls = {c.id for c in api.methods() if c.control}
    assert controls == {"guided_backprop", "random", "edges", "centre"}
