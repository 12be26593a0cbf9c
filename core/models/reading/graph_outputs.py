"""What a graph gives: which of its outputs, and the softmax or sigmoid at its end, taken off.

Run apart (:mod:`core.models.reading.apart`): graphs of strangers are in memory here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from core.models.reading.plain import refuse, shown

__all__ = ["Ending", "ending", "names_of", "row"]

_MOST_OUTPUTS = 20_000
_SAME = frozenset({"Squeeze", "Unsqueeze", "Reshape", "Convert", "Transpose", "FakeQuantize"})
"""Operators that leave a row of numbers as it is, but for its precision."""
_ENDS = {"Softmax": "softmax", "Sigmoid": "sigmoid"}


@dataclass(frozen=True)
class Ending:
    """What a graph ends in.

    Parameters
    ----------
    name : str
        Of the output.
    n : int
        How many numbers it gives.
    said : openvino.Output
        The whole output.
    end : {"softmax", "sigmoid", ""}
    entering : openvino.Output
        What enters that; ``said`` where there is none.
    step : float
        Of the grid that a quantised end puts its numbers on; 0 for none.
    """

    name: str
    n: int
    said: Any
    end: str
    entering: Any
    step: float


def names_of(model: ov.Model) -> list[str]:
    """Return a name for each output, in order."""
    named = [
        str(min(each.names, default="")) or f"output_{i}" for i, each in enumerate(model.outputs)
    ]
    return [f"{each}_{i}" if named.count(each) > 1 else each for i, each in enumerate(named)]


def ending(model: ov.Model, order: Mapping[str, Any]) -> Ending:
    """Return what the chosen output is.

    Raises
    ------
    ModelFileError
        If there are several and none is chosen, or it is no row of numbers with fractions.
    """
    where, named = order["name"], names_of(model)
    chosen = order["output"]
    if chosen and chosen not in named:
        refuse(where, f"it has no output {shown(chosen)}. It has: {', '.join(named)[:200]}.")
    if not chosen and len(named) != 1:
        refuse(where, f"it has {len(named)} outputs: {', '.join(named)[:200]}. Choose one "
               f"(--output {(named or ['NAME'])[0]}).")  # fmt: skip
    output = model.outputs[named.index(chosen) if chosen else 0]
    said = output.get_node().input_value(0)
    kind = said.get_element_type().get_type_name()
    if kind not in ("f32", "f16", "f64", "bf16"):
        refuse(where, f"it gives values of the kind {kind}: end in the layer that gives each class "
               "its score, before any argmax or rounding (of a quantised model: convert it with "
               "float outputs).")  # fmt: skip
    shape = said.get_partial_shape()
    n = prod(said.get_shape()) if shape.is_static else 0
    if not 0 < n <= _MOST_OUTPUTS or max(said.get_shape(), default=1) != n:
        text = str(shape).replace("?", "any")
        refuse(where, f"it gives outputs of shape {text} for one picture, but one row of numbers "
               "is expected: a class each, or a value. (A map of classes is a segmentation.)"
               )  # fmt: skip
    end, entering, step = _traced(said, n)
    name = named[model.outputs.index(output)]
    return Ending(name, n, said, end, entering, step)


def _traced(said: Any, n: int) -> tuple[str, Any, float]:
    """Return the last softmax or sigmoid, what enters it, and the grid behind it."""
    at, step = said, 0.0
    while True:
        node = at.get_node()
        kind = node.get_type_name()
        if kind in _ENDS:
            if kind == "Softmax" and (n == 1 or at.get_shape()[node.get_attributes()["axis"]] != n):
                return "", said, 0.0
            return _ENDS[kind], node.input_value(0), step
        if kind not in _SAME or prod(node.input_value(0).get_shape()) != n:
            return "", said, 0.0
        if kind == "FakeQuantize":
            step = max(step, _step(node))
        at = node.input_value(0)


def _step(node: Any) -> float:
    """Return the distance of two neighbours of a grid."""
    low, high = (node.input_value(i).get_node() for i in (3, 4))
    if any(each.get_type_name() != "Constant" for each in (low, high)):
        return 0.0
    span = float(np.max(high.get_data())) - float(np.min(low.get_data()))
    return span / max(1, int(node.get_attributes()["levels"]) - 1)


def row(output: Any, n: int) -> Any:
    """Return a result that gives an output as float32 ``(1, n)``."""
    x = output
    if output.get_element_type().get_type_name() != "f32":
        x = op.convert(x, "f32")
    return op.result(op.reshape(x, np.array([1, n]), special_zero=False))
