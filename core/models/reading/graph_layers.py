"""Layers of a graph that maps can read: where all that leads to the logits passes through.

Run apart (:mod:`core.models.reading.apart`): graphs of strangers are in memory here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

__all__ = [
    "KERNELS", "Found", "key_of", "layers", "named", "ordered", "passages", "shown_last", "tokens",
]  # fmt: skip

_MOST_LAYERS, _LONGEST = 4, 80
KERNELS = frozenset({"Convolution", "GroupConvolution", "ConvolutionBackpropData",
                    "GroupConvolutionBackpropData"})  # fmt: skip
_KEEPING = frozenset({
    "Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum", "Relu", "PRelu", "Clamp",
    "Sigmoid", "Tanh", "HSwish", "Swish", "HSigmoid", "Gelu", "Elu", "Mish", "SoftPlus", "Selu",
    "BatchNormInference", "MaxPool", "AvgPool", "Concat", "Pad", "StridedSlice", "Slice",
    "FakeQuantize", "Convert", "Interpolate", "MVN", "GroupNormalization", "Split", "VariadicSplit",
    "DepthToSpace", "SpaceToDepth", "LRN", "Erf", "Exp", "Sqrt", "Power", "Abs", "Negative",
    "HardSigmoid", "SoftSign", "ReduceMean", "NormalizeL2",
})  # fmt: skip
"""Operators whose output has its sides where their first input has them."""
_MADE_UP = re.compile(r"([A-Z][A-Za-z]*_)?\d+")
"""Names that a front end made up; they say nothing, and differ between processes."""
_NO_NAME = re.compile(r"[^\w./-]+")
Order = tuple[int, ...]
"""Where batch, height, width and channels stand in a tensor."""
_CONV: Order = (0, 2, 3, 1)


@dataclass(frozen=True)
class Found:
    """A layer that maps can read.

    Parameters
    ----------
    name : str
        Unique in its graph.
    output : openvino.Output
    order : tuple of int
        That brings its sides to (batch, height, width, channels).
    """

    name: str
    output: Any
    order: Order


def layers(model: ov.Model, logits: Any) -> list[Found]:
    """Return the last layer of each size that all of the logits pass through, shallow to deep.

    Parameters
    ----------
    logits : openvino.Output
    """
    passed = passages(model, logits)
    found: dict[tuple[int, int], tuple[Any, Order]] = {}
    for output, order in ordered(model):
        shape = output.get_shape()
        _, height, width, channels = (shape[i] for i in order)
        if shape[0] != 1 or min(height, width, channels) < 2 or key_of(output) not in passed:
            continue
        found.pop((height, width), None)  # the last of a size takes its place in the order
        found[height, width] = output, order
    chosen = [(o, order) for o, order in found.values() if key_of(o) != key_of(logits)]
    chosen = chosen[-_MOST_LAYERS:]
    names = named(model, [output for output, _ in chosen])
    return [Found(name, *each) for name, each in zip(names, chosen, strict=True)]


def shown_last(found: Found) -> Any:
    """Return a result that gives a layer as float32 ``(1, h, w, K)``."""
    x = found.output
    if found.order != (0, 1, 2, 3):
        x = op.transpose(x, np.array(found.order))
    if found.output.get_element_type().get_type_name() != "f32":
        x = op.convert(x, "f32")
    return op.result(x)


def tokens(model: ov.Model, logits: Any) -> tuple[str, int, int, int] | None:
    """Return the last row of tokens that all of the logits pass through, if they are of a grid.

    Returns
    -------
    tuple
        Its name, height and width of the grid, and how many tokens stand before it.
    """
    passed, last = passages(model, logits), None
    for node in model.get_ordered_ops():
        for output in node.outputs():
            shape = output.get_partial_shape()
            if not shape.is_static or len(shape) != 3 or key_of(output) not in passed:
                continue
            n, side = output.get_shape()[1], isqrt(output.get_shape()[1])
            for before in (0, 1, 2):
                side = isqrt(n - before) if n > before else 0
                if side > 1 and side * side == n - before and output.get_shape()[0] == 1:
                    last = (output, side, before)
                    break
    if last is None:
        return None
    return named(model, [last[0]])[0], last[1], last[1], last[2]


def passages(model: ov.Model, logits: Any) -> set[tuple[str, int]]:
    """Return the outputs that every way from the picture to the logits passes through.

    Ways are counted: from the picture to a tensor, times from there to the logits, is the number
    of all ways where none runs around it.
    """
    ordered = model.get_ordered_ops()
    start = model.get_parameters()[0].output(0)
    reaching = {key_of(start): 1}
    for node in ordered:
        n = sum(reaching.get(key_of(each), 0) for each in node.input_values())
        if n:
            reaching |= {key_of(each): n for each in node.outputs()}
    leading = {key_of(logits): 1}
    for node in reversed(ordered):
        behind = 0
        for output in node.outputs():
            for reader in output.get_target_inputs():
                behind_it = leading.get((reader.get_node().get_name(), -1), 0)
                leading[key_of(output)] = leading.get(key_of(output), 0) + behind_it
            behind += leading.get(key_of(output), 0)
        leading[node.get_name(), -1] = behind
    total = reaching.get(key_of(logits), 0)
    return {key for key, n in reaching.items() if n * leading.get(key, 0) == total and total}


def ordered(model: ov.Model) -> Iterator[tuple[Any, Order]]:
    """Yield the outputs behind the first convolution whose sides are known, in order."""
    known: dict[tuple[str, int], Order] = {}
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        before = [known.get(key_of(each)) for each in node.input_values()]
        order = next((each for each in before if each is not None), None)
        if kind in KERNELS:
            order = _CONV
        elif kind == "Transpose" and before[0] is not None:
            order = _turned(node, before[0])
        elif kind not in _KEEPING:
            order = None
        if order is None:
            continue
        for output in node.outputs():
            shape = output.get_partial_shape()
            if shape.is_static and len(shape) == 4:
                known[key_of(output)] = order
                yield output, order


def _turned(node: Any, order: Order) -> Order | None:
    given = node.input_value(1).get_node()
    if given.get_type_name() != "Constant":
        return None
    turn = [int(i) for i in np.asarray(given.get_data()).ravel()]
    return tuple(turn.index(i) for i in order)


def named(model: ov.Model, outputs: Sequence[Any]) -> list[str]:
    """Return a name for each, the file's own where it has one."""
    of_kind: dict[str, int] = {}
    places = {}
    for node in model.get_ordered_ops():
        kind = node.get_type_name().lower()
        of_kind[kind] = of_kind.get(kind, 0) + 1
        places[node.get_name()] = f"{kind}_{of_kind[kind]}"
    names: list[str] = []
    for output in outputs:
        node = output.get_node()
        own = _NO_NAME.sub("_", node.get_friendly_name())
        if _MADE_UP.fullmatch(own) or len(own) > _LONGEST or not own.strip("_./-"):
            own = places[node.get_name()]
        while own in (*names, "logits", "said"):
            own = f"{own}_"
        names.append(own)
    return names


def key_of(output: Any) -> tuple[str, int]:
    """Return what tells an output from all others of its graph."""
    return output.get_node().get_name(), output.get_index()
