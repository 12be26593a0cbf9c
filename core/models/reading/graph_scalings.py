"""The first operators of a graph, as far as they only scale and order channels.

Run apart (:mod:`core.models.reading.apart`): graphs of strangers are in memory here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from core.models.reading.graph_inputs import Picture
from core.models.reading.graph_layers import KERNELS, key_of, passages
from core.models.reading.scalings import gain, measured, probes

__all__ = ["first_gain", "first_scalings"]

_MOST = 40
_MIXING = KERNELS | {"MatMul"}
_READING = frozenset({"Convert", "FakeQuantize", "Reshape", "Transpose"})
"""Operators that a kernel's numbers may come through."""


def first_scalings(model: ov.Model, picture: Picture, logits: Any) -> list[dict[str, Any]]:
    """Return what stands after each of the first operators, up to the first that mixes values.

    Parameters
    ----------
    model : openvino.Model
        Of one picture, sizes known.
    logits : openvino.Output
        What all ways lead to.

    Returns
    -------
    list of dict
        ``a``, ``b`` and ``source`` of each, as :class:`~core.models.reading.scalings.Scaling`.
    """
    channels = picture.shape[-1]
    shown = [each for each in _passed(model, logits) if _channel_axis(each, channels) is not None]
    if not shown:
        return []
    part = ov.Model([op.result(op.convert(each, "f32")) for each in shown], model.get_parameters())
    compiled = ov.Core().compile_model(part.clone(), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    batch = probes(picture.shape)
    given = batch if picture.layout == "hwc" else batch.transpose(0, 3, 1, 2)
    kind = model.inputs[0].get_element_type().to_dtype()
    rows = [compiled([one[None].astype(kind)]) for one in given]
    found = []
    for i, each in enumerate(shown):
        axis = _channel_axis(each, channels)
        values = np.stack([_middle(row[i], axis) for row in rows])
        one = measured(batch[:, 0, 0], values, by="")
        if one is None:
            break
        found.append({"a": one.a.tolist(), "b": one.b.tolist(), "source": one.source})
    return found


def first_gain(model: ov.Model) -> float | None:
    """Return the gain of the first convolution; ``None`` if its numbers cannot be read."""
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Convolution":
            continue
        at = node.input_value(1).get_node()
        while at.get_type_name() in _READING:
            at = at.input_value(0).get_node()
        if at.get_type_name() != "Constant" or not at.get_output_element_type(0).is_real():
            return None
        kernel = np.asarray(at.get_data(), np.float32)
        return gain(kernel, inputs=int(np.prod(node.input_value(1).get_shape()[1:])))
    return None


def _passed(model: ov.Model, logits: Any) -> Iterator[Any]:
    """Yield the outputs that all ways pass through, before the first that mixes values."""
    passing, known = passages(model, logits), 0
    for node in model.get_ordered_ops():
        if node.get_type_name() in ("Parameter", "Constant", "Result"):
            continue
        if node.get_type_name() in _MIXING or known == _MOST:
            return
        known += 1
        output = node.output(0)
        if key_of(output) in passing and output.get_element_type().is_real():
            yield output


def _channel_axis(output: Any, channels: int) -> int | None:
    """Return the axis of channels, where it can be no other one."""
    shape = output.get_partial_shape()
    if not shape.is_static or len(shape) != 4:
        return None
    fitting = [i for i, side in enumerate(output.get_shape()) if i and side == channels]
    return fitting[0] if len(fitting) == 1 else None


def _middle(values: Any, axis: int | None) -> Any:
    at = np.moveaxis(np.asarray(values, np.float64)[0], (axis or 1) - 1, -1)
    return at[at.shape[0] // 2, at.shape[1] // 2]
