"""Tokens of a graph that maps can read as a grid: a transformer's, behind a class token or none.

Run apart (:mod:`core.models.reading.apart`): graphs of strangers are in memory here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from core.models.reading.graph_layers import named, ordered, passages
from core.models.tokens import MOST_BEFORE

__all__ = ["FoundTokens", "found_tokens", "shown_as_grid"]


@dataclass(frozen=True)
class FoundTokens:
    """A sequence of tokens that all of the logits pass through.

    Parameters
    ----------
    name : str
        Unique in its graph.
    output : openvino.Output
        ``(1, before + height · width, channels)``.
    height, width, before : int
    """

    name: str
    output: Any
    height: int
    width: int
    before: int


def found_tokens(model: ov.Model, logits: Any) -> FoundTokens | None:
    """Return the last tokens that the logits hear of all of the picture, if they are of a grid.

    Their number is that of a grid that a convolution gave, and of tokens that are joined before it.
    Where there are some, tokens behind the last attention are left out: a class token that is read
    there hears of no other.

    Parameters
    ----------
    logits : openvino.Output
    """
    passed = passages(model, logits)
    # Sides in a tensor as they are in a row of tokens: height before width.
    grids = [
        tuple(output.get_shape()[axis] for axis in order[1:3])
        for output, order in ordered(model)
        if order[1] < order[2]
    ]
    nodes = model.get_ordered_ops()
    last: tuple[Any, int, int, int] | None = None
    for i, node in enumerate(nodes):
        for output in node.outputs():
            shape = output.get_partial_shape()
            whole = shape.is_static and len(shape) == 3 and output.get_shape()[0] == 1
            if not whole or (node.get_name(), output.get_index()) not in passed:
                continue
            n = output.get_shape()[1]
            near = (g for g in reversed(grids) if 0 <= n - math.prod(g) <= MOST_BEFORE)
            sides = next(near, None)
            if sides is None or min(sides) < 2 or output.get_shape()[2] < 2:
                continue
            before = n - math.prod(sides)
            if not before or (_joined(nodes[: i + 1], n, before) and _attended(nodes[i:], n)):
                last = output, *sides, before
    return FoundTokens(named(model, [last[0]])[0], *last) if last else None


def shown_as_grid(found: FoundTokens) -> Any:
    """Return a result that gives the grid as float32 ``(1, h, w, K)``."""
    x = found.output
    _, n, channels = x.get_shape()
    if x.get_element_type().get_type_name() != "f32":
        x = op.convert(x, "f32").output(0)
    if found.before:
        ends = (np.array([each], np.int64) for each in (found.before, n, 1, 1))
        x = op.slice(x, *ends).output(0)
    sides = np.array([1, found.height, found.width, channels], np.int64)
    return op.result(op.reshape(x, sides, special_zero=False))


def _joined(nodes: list[Any], n: int, before: int) -> bool:
    """Whether tokens were put before those of the grid, and none behind them."""
    for node in nodes:
        if node.get_type_name() != "Concat" or node.get_attributes()["axis"] not in (1, -2):
            continue
        out, last = node.output(0).get_partial_shape(), node.input_values()[-1].get_partial_shape()
        if out.is_static and last.is_static and len(out) == 3:
            return bool(out[1].get_length() == n and last[1].get_length() == n - before)
    return False


def _attended(nodes: list[Any], n: int) -> bool:
    """Whether tokens still learn of each other."""
    for node in nodes:
        shape = node.output(0).get_partial_shape() if node.outputs() else None
        if shape is None or not shape.is_static or len(shape) < 2:
            continue
        sides = [side.get_length() for side in shape][-2:]
        kind = node.get_type_name()
        if (kind == "Softmax" and sides == [n, n]) or (
            kind == "ScaledDotProductAttention" and sides[0] == n
        ):
            return True
    return False
