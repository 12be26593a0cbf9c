"""What is bounded is no logit, whatever bounds it; and no honest network is taken for such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import api
from core.errors import InputError
from core.models import builders, zoo
from core.models.assembly import assemble
from core.models.final_layers import FinalLayers, bounds
from core.models.tensorflow import keras, tf
from core.models.validation import check_answers
from tests.models.test_own_builders import PICTURE, SIZE, Builder, body, net, saved, source

L = keras.layers
N = 3
Layers = Callable[[Any], Any]


def dense(activation: Any) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        x = L.GlobalAveragePooling2D()(body(inputs))
        return keras.Model(source(inputs), L.Dense(n_classes, activation=activation)(x))

    return builder


class OwnHead(keras.layers.Layer):
    """A last layer of somebody's own, with weights, whose end lies inside its call."""

    def __init__(self, end: Layers) -> None:
        super().__init__()
        self.inner, self.end = L.Dense(N, kernel_initializer="he_normal"), end

    def build(self, shape: Any) -> None:
        self.inner.build(shape)
        self.built = True

    def call(self, x: Any) -> Any:
        return self.end(self.inner(x))

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], N)


def own_head(end: Layers) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        x = L.GlobalAveragePooling2D()(body(inputs))
        return keras.Model(source(inputs), OwnHead(end)(x))

    return builder


def ensemble(end: Layers) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        x = L.GlobalAveragePooling2D()(body(inputs))
        return keras.Model(
            source(inputs), L.Average()([end(L.Dense(n_classes)(x)), end(L.Dense(n_classes)(x))])
        )

    return builder


def pooled_maps(activation: str | None) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        maps = L.Conv2D(n_classes, 1, activation=activation, name="maps")(body(inputs))
        return keras.Model(source(inputs), L.GlobalAveragePooling2D()(maps))

    return builder


def chosen(inputs: Any, n_classes: int) -> Any:
    x = net(lambda x: x)(inputs, n_classes).outputs[0]
    return keras.Model(source(inputs), keras.ops.argmax(x, axis=-1, keepdims=True))


def counted(inputs: Any, n_classes: int) -> Any:
    return net(lambda x: keras.ops.cast(x, "int32"))(inputs, n_classes)


def named(inputs: Any, n_classes: int) -> Any:
    names = L.Lambda(lambda x: tf.strings.as_string(x), output_shape=(N,), dtype="string")
    return net(names)(inputs, n_classes)


def truths(inputs: Any, n_classes: int) -> Any:
    return net(lambda x: x > 0)(inputs, n_classes)


def apart(inputs: Any, n_classes: int) -> Any:
    x = L.Dense(n_classes, bias_initializer="ones")(L.Flatten()(keras.ops.zeros_like(inputs)))
    return keras.Model(source(inputs), x)


SHARES, RESCALED, RANGE = "returns probabilities", "sum is always", "values between"
SAME = "answers the same whatever it is shown"
REFUSED: dict[str, tuple[Builder, str]] = {
    "percent": (
        net(lambda x: L.Rescaling(100.0)(L.Softmax()(x))), f"between 0 and 100 .*{RESCALED} 100",
    ),
    "shares from -1 to 1": (
        net(lambda x: L.Rescaling(2.0, -1.0)(L.Softmax()(x))), f"-1 and 1 .*{RESCALED} -1",
    ),
    "shares less their mean": (net(lambda x: L.Softmax()(x) - 1 / N), RESCALED),
    "shares turned round": (net(lambda x: 1 - L.Softmax()(x)), "sum is always 2|between 0 and 1"),
    "shares in a saved model": (saved(lambda x: L.Rescaling(100.0)(L.Softmax()(x))), RESCALED),
    "percent in a lambda": (net(L.Lambda(lambda x: 100 * tf.nn.softmax(x))), RESCALED),
    "mean of shares": (ensemble(L.Softmax()), SHARES),
    "clipped shares": (net(lambda x: keras.ops.clip(L.Softmax()(x), 1e-7, 1)), SHARES),
    "sparse shares": (net(keras.ops.sparsemax), f"{SHARES}|{RANGE} 0 and"),
    "one of them": (net(lambda x: keras.ops.one_hot(keras.ops.argmax(x, -1), N)), SHARES),
    "tanh": (net(L.Activation("tanh")), f"{RANGE} -1 and 1"),
    "tanh of a dense layer": (dense("tanh"), f"{RANGE} -1 and 1"),
    "softmax of a dense layer": (dense("softmax"), SHARES),
    "sigmoid of a dense layer": (dense("sigmoid"), f"{RANGE} 0 and 1"),
    "a function of a dense layer": (dense(lambda x: 5 * keras.ops.tanh(x)), f"{RANGE} -5 and 5"),
    "softsign": (net(L.Activation("softsign")), f"{RANGE} -"),
    "ReLU6": (net(L.ReLU(max_value=6.0)), f"{RANGE} 0 and 6"),
    "clipped": (net(lambda x: keras.ops.clip(x, -3, 3)), f"{RANGE} -3 and 3"),
    "sigmoid times ten": (net(lambda x: 10 * keras.ops.sigmoid(x)), f"{RANGE} 0 and 10"),
    "sigmoids of two": (net(lambda x: 2 * keras.ops.sigmoid(x) - 1), f"{RANGE} -1 and 1"),
    "directions": (net(L.UnitNormalization()), RANGE),
    "maps of shares, pooled": (pooled_maps("sigmoid"), f"{RANGE} 0"),
    "tanh with dropout behind": (net(lambda x: L.Dropout(0.5)(keras.ops.tanh(x))), RANGE),
    "nothing of it": (net(lambda x: 0 * x + 0.3), SAME),
    "zeros of it": (net(keras.ops.zeros_like), SAME),
    "beside the picture": (apart, SAME),
    "softmax in a layer of one's own": (own_head(keras.ops.softmax), SHARES),
    "percent in a layer of one's own": (
        own_head(lambda x: 100 * keras.ops.softmax(x * 50)), RESCALED,
    ),
    "tanh in a layer of one's own": (own_head(lambda x: keras.ops.tanh(x * 50)), RANGE),
    "sigmoids in a layer of one's own": (own_head(keras.ops.sigmoid), f"{RANGE} 0 and 1"),
    "the number of a class": (chosen, "values of the kind int"),
    "whole numbers": (counted, "values of the kind int32"),
    "truths": (truths, "values of the kind bool"),
    "names": (named, "values of the kind string"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_logit_is_refused(case: str) -> None:
    builder, told = REFUSED[case]
    with pytest.raises(InputError, match=told) as refused:
        api.register_model("end_refused", builder, input_size=SIZE, n_classes=N)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 600


def opposite(bias: float) -> Builder:
    """Two logits w and -w, as a head without need of both ends up."""

    def builder(inputs: Any, n_classes: int) -> Any:
        x = L.GlobalAveragePooling2D()(body(inputs))
        head = L.Dense(2)
        model = keras.Model(source(inputs), head(x))
        w = np.random.default_rng(0).normal(size=(6, 1))
        head.set_weights([np.hstack([w, -w]), np.array([bias, -bias])])
        return model

    return builder


def from_zero(bias: float) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        x = L.GlobalAveragePooling2D()(body(inputs))
        start = keras.initializers.Constant(bias)
        head = L.Dense(n_classes, kernel_initializer="zeros", bias_initializer=start)
        return keras.Model(source(inputs), head(x))

    return builder


def normalised(before: Layers, spread: float = 0.05) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        x = before(L.Flatten()(body(inputs)))
        start = keras.initializers.RandomNormal(0.0, spread, seed=1)
        return keras.Model(source(inputs), L.Dense(n_classes, kernel_initializer=start)(x))

    return builder


def centred(x: Any) -> Any:
    return x - keras.ops.mean(x, axis=-1, keepdims=True)


HONEST: dict[str, tuple[Builder, int]] = {
    "fresh": (net(lambda x: x), 3),
    "fresh and tiny": (normalised(lambda x: x, 1e-6), 3),
    "layer norm before": (normalised(L.LayerNormalization()), 3),
    "layer norm before, tiny": (normalised(L.LayerNormalization(), 1e-6), 3),
    "batch norm before": (normalised(L.BatchNormalization()), 3),
    "unit norm before": (normalised(L.UnitNormalization()), 3),
    "ReLU6 before": (normalised(L.ReLU(max_value=6.0)), 3),
    "tanh before": (normalised(L.Activation("tanh")), 3),
    "softmax before": (normalised(L.Softmax()), 3),
    "a head of 0": (from_zero(0.0), 3),
    "a head of 0 with a bias": (from_zero(0.25), 4),
    "two opposite logits": (opposite(0.0), 2),
    "two opposite logits with a bias": (opposite(0.7), 2),
    "opposite by hand": (net(lambda x: keras.ops.concatenate([x, -x], axis=-1), n=1), 2),
    "one against 0": (net(lambda x: keras.ops.concatenate([0 * x, x], axis=-1), n=1), 2),
    "centred": (net(centred), 3),
    "log-probabilities": (net(keras.ops.log_softmax), 3),
    "logarithms of shares": (
        net(lambda x: keras.ops.log(keras.ops.clip(keras.ops.softmax(x), 1e-7, 1.0))), 3,
    ),
    "a temperature": (net(L.Rescaling(0.01)), 3),
    "dropout at the end": (net(L.Dropout(0.5)), 3),
    "linear activation": (net(L.Activation("linear")), 3),
    "positive": (net(L.ReLU()), 3),
    "leaky": (net(L.LeakyReLU()), 3),
    "pooled maps": (pooled_maps(None), 3),
    "mean of logits": (ensemble(lambda x: x), 3),
    "a saved model": (saved(lambda x: x), 3),
    "a layer of one's own": (own_head(lambda x: x), 3),
    "a layer of one's own, opposite": (own_head(centred), 3),
}  # fmt: skip


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
@pytest.mark.parametrize("case", HONEST)
def test_no_honest_network_is_refused(case: str, seed: int) -> None:
    builder, n_classes = HONEST[case]
    keras.utils.set_random_seed(seed)
    api.register_model(
        f"end_{case.replace(' ', '_').replace(',', '').replace(chr(39), '').replace('-', '_')}",
        builder, input_size=SIZE, n_classes=n_classes,
    )  # fmt: skip


def test_a_head_of_0_answers_that_every_class_is_as_likely() -> None:
    api.register_model("end_from_zero", from_zero(0.0), input_size=SIZE, n_classes=4)
    found = api.predict(PICTURE, model="end_from_zero")
    assert [each.probability for each in api.ranking(found, 4)] == pytest.approx([0.25] * 4)


QUICK = ("mobilenet_v2",)


@pytest.mark.parametrize(
    "model_id",
    [
        pytest.param(each, marks=() if each in QUICK else pytest.mark.slow)
        for each in sorted(builders.KERAS_APPLICATIONS)
    ],
)
@pytest.mark.timeout(300)
def test_no_architecture_of_the_zoo_is_refused(model_id: str) -> None:
    keras.utils.set_random_seed(0)
    spec = replace(zoo.architecture(model_id), input_size=96)
    model = assemble(spec, 10)
    assert bounds(model) is None
    assert FinalLayers(model).known
    check_answers(model, spec)
    keras.backend.clear_session()


@pytest.mark.parametrize(
    "model_id", ["efficientnet_lite0", "resnet8", "resnet20", "convnet5", "portraits_fair"]
)
def test_no_small_architecture_is_refused(model_id: str) -> None:
    spec = zoo.specs().get(model_id) or zoo.architecture(model_id)
    for n_classes in (2, 10):
        check_answers(assemble(spec, n_classes), spec)


def test_applications_with_their_softmax_are_refused() -> None:
    inputs = keras.Input((96, 96, 3))
    model = keras.applications.MobileNetV2(weights=None, input_tensor=inputs, classes=5)
    with pytest.raises(InputError, match=SHARES):
        check_answers(model, zoo.architecture("mobilenet_v2"))
