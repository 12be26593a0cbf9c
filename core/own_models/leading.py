"""The first layers of a Keras network, as far as they only scale and order channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.models.reading.scalings import Scaling, gain, measured, probes
from core.models.tensorflow import keras

__all__ = ["first_gain", "first_scalings", "named"]

_MOST = 40
"""Calls that are looked at."""


def first_scalings(model: Any) -> list[Scaling]:
    """Return what stands after each of the first layers, up to the first that mixes values.

    Parameters
    ----------
    model : keras.Model
        From one picture on, models inside it opened. What it is made of does not matter: each
        tensor that all ways pass through is computed from plain pictures.
    """
    pixels = model.inputs[0]
    batch = probes(tuple(pixels.shape[1:]))
    colours = batch[:, 0, 0]
    found: list[Scaling] = []
    for tensor in _passed(model):
        if len(tensor.shape) != 4:
            break
        layer = tensor._keras_history.operation
        values = _middle(keras.Model(pixels, tensor)(batch, training=False))
        by = f"{layer.name!r} ({type(layer).__name__})"
        seen = _seen(layer, found)
        one = seen or measured(colours, values, by=by)
        if one is None:
            break
        found.append(one)
        if seen is not None:
            break  # what is learned behind it is no statistic of pixels
    return found


def named(found: Sequence[Scaling]) -> str:
    """Return the first and the last of some layers, for sentences."""
    first, last = found[0].by, found[-1].by
    return first + (f" to {last}" if len(found) > 1 else "")


def first_gain(model: Any) -> float | None:
    """Return the gain of the first kernel; ``None`` if there is none."""
    for _, depth in sorted(model._nodes_by_depth.items(), reverse=True):
        for node in depth:
            for weight in getattr(node.operation, "weights", []):
                if weight.path.endswith("/kernel") and len(weight.shape) in (2, 4):
                    each = np.asarray(weight)
                    last = 2 if "Depthwise" in type(node.operation).__name__ else 1
                    return gain(each, inputs=int(np.prod(each.shape[:-last])))
    return None


def _passed(model: Any) -> Iterator[Any]:
    """Yield the tensors that all ways from the picture pass through, before the first kernel."""
    nodes = [node for _, depth in sorted(model._nodes_by_depth.items(), reverse=True)
             for node in depth if not node.is_input]  # fmt: skip
    readers = Counter(id(tensor) for node in nodes for tensor in node.input_tensors)
    waiting = {id(model.inputs[0])}
    for node in nodes[:_MOST]:
        if any(len(weight.shape) > 1 for weight in getattr(node.operation, "weights", [])):
            return
        for tensor in node.input_tensors:
            readers[id(tensor)] -= 1
            if not readers[id(tensor)]:
                waiting.discard(id(tensor))
        waiting |= {id(tensor) for tensor in node.outputs}
        if len(node.outputs) == 1 and waiting == {id(node.outputs[0])}:
            yield node.outputs[0]


def _middle(values: Any) -> Any:
    given = np.asarray(keras.ops.convert_to_numpy(values), np.float64)
    return given[:, given.shape[1] // 2, given.shape[2] // 2]


def _seen(layer: Any, found: list[Scaling]) -> Scaling | None:
    """Return what a trained batch normalisation has seen, its own scale and offset aside."""
    if not isinstance(layer, keras.layers.BatchNormalization):
        return None
    mean, variance = (np.asarray(each, np.float64) for each in (
        layer.moving_mean, layer.moving_variance))  # fmt: skip
    n = len(mean)
    if np.allclose(mean, 0) and np.allclose(variance, 1):
        return None  # never trained: the layer itself is measured
    deviation = np.sqrt(variance + layer.epsilon)
    before = found[-1] if found else Scaling(np.ones(n), np.zeros(n), tuple(range(n)), n, "")
    if len(before.a) != n:
        return None
    return Scaling(
        before.a / deviation, (before.b - mean) / deviation, before.source, before.channels,
        f"{layer.name!r} (BatchNormalization)", learned=True,
    )  # fmt: skip
