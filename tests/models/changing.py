"""Models that change while their weights stay, as a stranger's script: what its answers are called.

``python -m tests.models.changing VERSION SHIFT`` prints JSON: id → [key, cached, logits].
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from core import api

VERSIONS = ("first", "second")
PICTURE = np.random.default_rng(5).integers(0, 256, (16, 16, 3), dtype=np.uint8)
Middle = Callable[[Any], Any]


def build(middle: Middle, *, activation: Any = "relu", filters: int = 6) -> Callable[..., Any]:
    """Return a builder: a convolution, what ``middle`` does, and a dense layer; equal weights."""

    def builder(inputs: Any, n_classes: int) -> Any:
        from core.models.tensorflow import keras

        x = middle(inputs)
        x = keras.layers.Conv2D(filters, 3, activation=activation, name="features")(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        out = keras.layers.Dense(n_classes)(x)
        model = keras.Model(keras.utils.get_source_inputs(inputs), out)
        rng = np.random.default_rng(0)
        for variable in model.weights:
            variable.assign(rng.normal(0, 0.5, variable.shape))
        return model

    return builder


def rescaled(factor: float) -> Middle:
    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras

        return keras.layers.Rescaling(factor)(x)

    return middle


def written(version: str) -> Middle:
    """Return a Lambda whose body is another in each version."""

    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras

        if version == "first":
            return keras.layers.Lambda(lambda t: t * 2.0)(x)
        return keras.layers.Lambda(lambda t: t * 2.0 - 1.0)(x)

    return middle


def own_layer(version: str) -> Middle:
    """Return a layer of one's own that tells nothing of what it holds."""

    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras

        class Shifted(keras.layers.Layer):
            def __init__(self, by: float) -> None:
                super().__init__()
                self._by = by

            def call(self, x: Any) -> Any:
                return x + self._by

        return Shifted(0.25 if version == "first" else -0.5)(x)

    return middle


def noisy(_version: str) -> Middle:
    """Return noise that is drawn at each pass, and a dropout."""

    def middle(x: Any) -> Any:
        from core.models.tensorflow import keras, tf

        x = keras.layers.Lambda(lambda t: t + 0.1 * tf.random.normal(tf.shape(t)))(x)
        return keras.layers.Dropout(0.5)(x)

    return middle


def models(version: str) -> dict[str, Callable[..., Any]]:
    return {
        "changing_rescaled": build(rescaled(1.0 if version == "first" else -1.0)),
        "changing_lambda": build(written(version)),
        "changing_layer": build(own_layer(version)),
        "noisy": build(noisy(version)),
    }


def main(version: str, shift: int) -> None:
    from core.models.tensorflow import keras

    for _ in range(shift):  # Keras numbers what has no name by what was built before
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2), keras.layers.Rescaling(1.0)
    found = {}
    for model_id, builder in models(version).items():
        options = {"input_size": 16, "n_classes": 3, "feature_layer": "features"}
        api.register_model(model_id, builder, **options)
        said = api.predict(PICTURE, model=model_id, geometry="squash")
        found[model_id] = [said.key, said.cached, said.logits.tolist()]
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
