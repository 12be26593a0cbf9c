"""Graphs for the tests of rebuilding: drawn by OpenVINO's own builder, or exported from Keras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from core.models.reading.config import clean
from core.models.reading.opset.rebuilding import Rebuilt, checked_rebuild
from core.models.reading.rebuild import built
from core.models.tensorflow import keras


def image(channels: int = 3, height: int = 7, width: int = 6, *, first: bool = True) -> Any:
    """Return a parameter of a free batch of pictures."""
    shape = [-1, channels, height, width] if first else [-1, height, width, channels]
    made = op.parameter(shape, np.float32, "x")
    made.set_friendly_name("x")
    return made


def numbers(shape: tuple[int, ...], seed: int = 0, *, low: float = -1.0) -> Any:
    """Return a constant of drawn numbers in [low, 1]."""
    return op.constant(np.random.default_rng(seed).uniform(low, 1.0, shape).astype(np.float32))


def convolved(x: Any, out: int = 4, seed: int = 3) -> Any:
    """Return a 1 × 1 convolution of a picture, so that it is known to be one."""
    channels = x.get_output_partial_shape(0)[1].get_length()
    made = op.convolution(x, numbers((out, channels, 1, 1), seed), [1, 1], [0, 0], [0, 0], [1, 1])
    made.set_friendly_name("first")
    return made


def graph(x: Any, *ends: Any) -> Any:
    """Return the graph from ``x`` to ``ends``."""
    return ov.Model([op.result(end) for end in ends], [x], "drawn")


def forward(model: Any, pictures: np.ndarray) -> list[np.ndarray]:
    """Return OpenVINO's answers, picture by picture."""
    one = model.clone()
    one.reshape([1, *pictures.shape[1:]])
    run = ov.Core().compile_model(one, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rows = [[np.array(v) for v in run([picture[None]]).values()] for picture in pictures]
    return [np.concatenate(each) for each in zip(*rows, strict=True)]


def kept(model: Any) -> Any:
    """Return a Keras model after the way through a cleaned description, as runs keep it."""
    read = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    again = built(clean(read, "kept"), numbers=model.count_params() + 10_000, where="kept")
    assert [v.path for v in again.weights] == [v.path for v in model.weights]
    again.set_weights(model.get_weights())
    return again


def checked(model: Any, *, close: float = 1e-5) -> Rebuilt:
    """Rebuild a graph, check it, its kept form, and that a gradient comes back."""
    found = checked_rebuild(model, name="drawn", close=close)
    again = kept(found.model)
    shape = (2, *found.model.input.shape[1:])
    pictures = np.random.default_rng(1).random(shape, dtype=np.float32)
    for a, b in zip(flat(found.model(pictures)), flat(again(pictures)), strict=True):
        np.testing.assert_array_equal(a, b)
    return found


def flat(answers: Any) -> list[np.ndarray]:
    """Return answers as a list of arrays."""
    return [np.asarray(each) for each in keras.tree.flatten(answers)]


def stirred(model: Any, seed: int = 0) -> Any:
    """Return a Keras model with biases and statistics that are not 0 and 1."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.path.endswith(("bias", "beta", "moving_mean")):
            weight.assign(rng.normal(0, 0.1, weight.shape))
        if weight.path.endswith(("gamma", "moving_variance")):
            weight.assign(rng.uniform(0.7, 1.3, weight.shape))
    return model


def exported(model: Any, folder: Path, kind: str) -> Any:
    """Return what OpenVINO reads of a Keras model's export as SavedModel or LiteRT."""
    path = folder / ("model.tflite" if kind == "litert" else "saved")
    model.export(path, format="tf_saved_model" if kind == "saved_model" else kind, verbose=False)
    return ov.convert_model(path)
