from __future__ import annotations

import numpy as np
import pytest

from core.contracts import ModelRef
from core.models.fold import folded
from core.models.runtime import runtime


@pytest.mark.parametrize(
    ("model_id", "weights", "left"),
    [("efficientnet_lite0", "pretrained", 0), ("mobilenet_v2", "random", 0),
     ("resnet50v2", "random", 17)],
)  # fmt: skip
def test_folding_changes_the_cost_and_nothing_else(model_id: str, weights: str, left: int) -> None:
    """What cannot be folded (a normalisation before its convolution, in ResNet v2) stays."""
    from core.models.tensorflow import keras

    network = runtime(ModelRef(model_id, weights)).network()
    fast = folded(network.model)
    norms = [x for x in fast.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(norms) == left
    batch = np.random.default_rng(0).random((2, *network.model.input_shape[1:]), dtype=np.float32)
    expected = network.model(batch, training=False).numpy()
    np.testing.assert_allclose(
        fast(batch, training=False), expected, atol=1e-4 * abs(expected).max()
    )
    assert [x.name for x in fast.layers] == [x.name for x in network.model.layers]


def model_of(*layers: object) -> object:
    from core.models.tensorflow import keras

    model = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    rng = np.random.default_rng(1)
    for variable in model.weights:
        variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    return keras.Model(model.inputs, model.outputs)


def test_what_stands_between_is_respected() -> None:
    """An activation inside the convolution, or a layer that somebody reads, is not folded."""
    from core.models.tensorflow import keras

    layers = keras.layers
    active = model_of(layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization())
    assert folded(active) is active
    read = model_of(layers.Conv2D(4, 3, name="read"), layers.BatchNormalization())
    assert folded(read, keep={"read"}) is read
    assert folded(read) is not read


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}, {"epsilon": 0.1}])
@pytest.mark.parametrize("kind", ["Conv2D", "DepthwiseConv2D"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_every_variant_of_the_normalisation(kind: str, use_bias: bool, options: dict) -> None:
    from core.models.tensorflow import keras

    layers = keras.layers
    convolution = {
        "Conv2D": lambda: layers.Conv2D(4, 3, use_bias=use_bias),
        "DepthwiseConv2D": lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=use_bias),
    }[kind]()
    model = model_of(convolution, layers.BatchNormalization(**options), layers.ReLU())
    batch = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(folded(model)(batch), model(batch, training=False), atol=1e-4)


def test_custom_layers_are_left_alone() -> None:
    from core.models.tensorflow import keras

    class Mine(keras.layers.Layer):
        def call(self, x: object) -> object:
            return x

    model = model_of(Mine(), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization())
    assert folded(model) is model
