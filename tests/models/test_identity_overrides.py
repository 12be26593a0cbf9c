"""Code that a class or an object puts over Keras's own is part of a model's name."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef
from core.errors import CapabilityError
from core.models.runtime import identify
from core.models.tensorflow import keras, tf
from tests.models.changing import PICTURE

ID = "overridden"
Builder = Callable[[Any, int], Any]


class Settings:
    """Settings as people keep them: an object with a dictionary, and another object, inside."""

    def __init__(self, gain: float) -> None:
        self.table = {"gain": gain}
        self.inner = SimpleNamespace(gain=gain)


class Nested:
    def __init__(self, gain: float) -> None:
        self.settings = Settings(gain)


def built(middle: Callable[[Any], Any], outer: Callable[[Any, Any], Any] = keras.Model) -> Builder:
    def builder(inputs: Any, n_classes: int) -> Any:
        keras.utils.set_random_seed(3)
        x = keras.layers.Conv2D(4, 3, name="features")(middle(inputs))
        x = keras.layers.GlobalAveragePooling2D()(x)
        logits = keras.layers.Dense(n_classes)(x)
        return outer(keras.utils.get_source_inputs(inputs), logits)

    return builder


def outer_class(gain: float) -> Builder:
    class Scaled(keras.Model):
        def call(self, x: Any, training: Any = None) -> Any:
            return super().call(x, training=training) * gain

    return built(lambda x: x, Scaled)


class ScaledBy(keras.Model):
    gain = 1.0

    def call(self, x: Any, training: Any = None) -> Any:
        return super().call(x, training=training) * self.gain


def outer_call(gain: float) -> Builder:
    def outer(inputs: Any, outputs: Any) -> Any:
        model = keras.Model(inputs, outputs)
        own = model.call
        model.call = lambda x, training=None, mask=None: own(x) * gain
        return model

    return built(lambda x: x, outer)


def layer_call(gain: float) -> Builder:
    def middle(x: Any) -> Any:
        layer = keras.layers.Rescaling(1.0)
        own = layer.call
        layer.call = lambda t: own(t) * gain
        return layer(x)

    return built(middle)


def call_set_afterwards(gain: float) -> Builder:
    def middle(x: Any) -> Any:
        layer = keras.layers.Rescaling(1.0)
        y = layer(x)
        own = layer.call
        layer.call = lambda t: own(t) * gain
        return y

    return built(middle)


def nested_attribute(gain: float) -> Builder:
    def middle(x: Any) -> Any:
        inside = keras.Input((16, 16, 3))
        model = ScaledBy(inside, keras.layers.Rescaling(1.0)(inside))
        model.gain = gain
        return model(x)

    return built(middle)


def rarely(read: Callable[[Any], float]) -> Callable[[float], Builder]:
    """Return code that acts where no picture of the probe is, and reads its gain from objects."""

    def with_gain(gain: float) -> Builder:
        kept = Nested(gain)

        def act(t: Any) -> Any:
            rare = tf.abs(tf.reduce_mean(t) - 0.123) < 1e-4
            return tf.where(rare, t * read(kept), t)

        return built(lambda x: keras.layers.Lambda(act, output_shape=(16, 16, 3))(x))

    return with_gain


WAYS: dict[str, Callable[[float], Builder]] = {
    "call of a layer": layer_call,
    "call set after it was used": call_set_afterwards,
    "attribute of a nested class": nested_attribute,
    "dictionary in an object": rarely(lambda kept: kept.settings.table["gain"]),
    "object in an object": rarely(lambda kept: kept.settings.inner.gain),
}


def named(builder: Builder) -> str:
    api.register_model(ID, builder, input_size=16, n_classes=3, feature_layer="features")
    return identify(ModelRef(ID))


@pytest.mark.parametrize("way", WAYS)
def test_another_gain_is_another_model(way: str) -> None:
    one, other = named(WAYS[way](1.0)), named(WAYS[way](-2.0))
    assert one != other
    assert named(WAYS[way](1.0)) == one


@pytest.mark.parametrize("way", ["call of a layer", "attribute of a nested class"])
def test_new_answers_and_not_those_of_the_old_code(way: str) -> None:
    logits = []
    for gain in (1.0, -2.0):
        named(WAYS[way](gain))
        logits.append(api.predict(PICTURE, model=ID, geometry="squash").logits)
    assert np.abs(logits[1] - logits[0]).max() > 1e-3


@pytest.mark.parametrize("outer", [outer_class, outer_call])
def test_what_would_be_lost_outside_the_graph_is_refused(outer: Callable[[float], Builder]) -> None:
    """It was left out in silence: the answers were those of the graph alone."""
    with pytest.raises(CapabilityError, match="whose call is its own"):
        named(outer(-2.0))


def test_a_class_that_only_trains_otherwise_is_taken() -> None:
    class Trained(keras.Model):
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    assert named(built(lambda x: x, Trained)) == named(built(lambda x: x))


def test_compiling_changes_no_name() -> None:
    def compiled(inputs: Any, outputs: Any) -> Any:
        model = keras.Model(inputs, outputs)
        model.compile(optimizer="sgd", loss="mse")
        return model

    assert named(built(lambda x: x)) == named(built(lambda x: x, compiled))
