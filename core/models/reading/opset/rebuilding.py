"""From a graph of OpenVINO to one of Keras that computes the same, and has gradients."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from core.errors import ModelFileError, UnknownOperatorError
from core.models.reading.opset.making import Maker
from core.models.reading.opset.preparing import Graph, key_of, prepared
from core.models.reading.opset.registry import REBUILDS, Node
from core.models.reading.opset.values import Numbers, Value
from core.models.tensorflow import keras

__all__ = ["CLOSE", "Rebuilt", "answer_of", "checked_rebuild", "rebuilt"]

CLOSE = 1e-4
"""Largest difference from OpenVINO's answers, relative to their span."""
_FAMILIES = (
    "activations", "convolution", "dense", "einsum", "elementwise", "normalisation", "pooling",
    "reductions", "resizing", "shapes",
)  # fmt: skip
for _family in _FAMILIES:
    import_module(f"core.models.reading.opset.{_family}")

_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
_MADE_UP = re.compile(r"([A-Za-z][A-Za-z0-9]*_)?\d+")
"""Names of no meaning: they differ between processes."""
_ENDS = frozenset({"Softmax", "Sigmoid", "LogSoftmax"})


@dataclass(frozen=True)
class Rebuilt:
    """A rebuilt graph that was held against OpenVINO.

    Parameters
    ----------
    model : keras.Model
        Takes pictures ``(N, H, W, C)``.
    difference : float
        Largest difference of an answer, relative to the span of the answers.
    """

    model: Any
    difference: float


def answer_of(model: Any, index: int) -> Any:
    """Return the part of a graph that one of its answers needs."""
    import openvino as ov

    said = model.get_results()[index].input_value(0)
    return ov.Model([ov.opset13.result(said)], model.get_parameters(), "answer")


def rebuilt(model: Any, *, name: str) -> Any:
    """Rebuild a graph in Keras.

    Parameters
    ----------
    model : openvino.Model
        Of one picture, channels first or last; from any front end. It is left as it is.
    name : str
        Of the file, for sentences.

    Returns
    -------
    keras.Model
        Takes pictures ``(N, H, W, C)`` as the graph takes them; gives what the graph gives, in its
        order.

    Raises
    ------
    UnknownOperatorError
        If it holds an operator that is not rebuilt.
    ModelFileError
        If it takes anything but one picture, or is too large.
    """
    graph = prepared(model, name)
    outputs, _ = _rebuilt(graph)
    return outputs


def checked_rebuild(model: Any, *, name: str, close: float = CLOSE, seed: int = 0) -> Rebuilt:
    """Rebuild a graph in Keras and hold its answers against OpenVINO's of the graph as it came.

    Where it ends in a softmax or sigmoid, which may hide differences, what comes before is compared
    too.

    Raises
    ------
    UnknownOperatorError
        If it holds an operator that is not rebuilt.
    ModelFileError
        If the answers differ by more than ``close`` of their span, or it cannot be rebuilt.
    """
    graph = prepared(model, name)
    made, values = _rebuilt(graph)
    theirs, ours = _with_ends(model, made, graph, values)
    difference = _difference(theirs, ours, graph, seed)
    if not difference <= close:
        raise ModelFileError(
            f"{name}: rebuilt in Keras it answers differently from OpenVINO (by {difference:.2g} "
            "of the answers' span), so it has forward passes, and no gradients."
        )
    return Rebuilt(made, difference)


def _rebuilt(graph: Graph) -> tuple[Any, dict[tuple[str, int], Value | Numbers]]:
    """Return the model, and each value of the graph."""
    shape = list(graph.picture.output(0).get_shape())
    sides = [1, 2] if graph.channels == 3 else [2, 3]
    order = (*sides, graph.channels)
    pixels = keras.Input([shape[axis] for axis in order], name="picture")
    make = Maker(pixels)
    values: dict[tuple[str, int], Value | Numbers] = dict(graph.numbers)
    values[graph.picture.get_name(), 0] = Value(shape, order, pixels)
    outputs = []
    numbered: Counter[str] = Counter()
    for node in graph.nodes():
        make.name = _name(node, numbered)
        if node.get_type_name() == "Result":
            outputs.append(_end(make, values[key_of(node.input_value(0))]))
            continue
        made = _one(node, values, make)
        for i, value in enumerate(made):
            values[node.get_name(), i] = value
    if len(outputs) != len(graph.model.get_results()):
        raise ModelFileError(f"{graph.name} gives answers that do not depend on the picture.")
    kept = outputs[0] if len(outputs) == 1 else outputs
    return keras.Model(pixels, kept, name="network"), values


def _name(node: Any, numbered: Counter[str]) -> str:
    """Return a node's name; where a front end made it up, the tensor's, or its kind, numbered."""
    tensors = [name.rpartition(":")[0] or name for name in sorted(node.output(0).names)]
    for name in (node.get_friendly_name(), *tensors):
        if not _MADE_UP.fullmatch(name):
            return str(name)
    kind = node.get_type_name().lower()
    numbered[kind] += 1
    return f"{kind}_{numbered[kind]}"


def _one(node: Any, values: dict[tuple[str, int], Value | Numbers], make: Maker) -> list[Value]:
    kind, name = node.get_type_name(), make.name
    rebuild = REBUILDS.get(kind)
    if rebuild is None:
        raise UnknownOperatorError.of(kind, name)
    outputs = node.outputs()
    if any(output.get_partial_shape().is_dynamic for output in outputs):
        raise UnknownOperatorError.of(
            kind, name, "the shape of what it gives depends on the picture"
        )
    if any(0 in output.get_shape() for output in outputs):
        raise UnknownOperatorError.of(kind, name, "it gives nothing")
    given = node.input_values()
    reads = Node(
        kind=kind,
        name=name,
        given=[values[key_of(each)] for each in given],
        attributes={**node.get_attributes(), "version": node.get_type_info().version_id},
        shapes=[tuple(output.get_shape()) for output in outputs],
        sole=[len(each.get_target_inputs()) == 1 for each in given],
        read=[bool(output.get_target_inputs()) for output in outputs],
        real=[each.get_element_type().is_real() for each in (*given, outputs[0])],
    )
    try:
        made = rebuild(reads, make)
    except ModelFileError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, NotImplementedError) as error:
        raise UnknownOperatorError.of(
            kind, name, f"Keras does not take it so ({_first_line(error)})"
        ) from error
    listed = made if isinstance(made, list) else [made]
    for value, shape in zip(listed, reads.shapes, strict=False):
        if reads.read[0] and len(listed) == 1 and value.shape != shape:
            raise UnknownOperatorError.of(
                kind, name, f"it gives {shape}, and {value.shape} was made"
            )
    return listed


def _end(make: Maker, value: Value | Numbers) -> Any:
    """Return a value in the graph's own order, the batch first."""
    if not isinstance(value, Value):
        raise ModelFileError("an answer that does not depend on the picture")
    axes = range(1, value.rank) if value.rank > 1 and value.shape[0] == 1 else range(value.rank)
    return make.place(value, tuple(axes))


def _with_ends(
    model: Any, made: Any, graph: Graph, values: dict[tuple[str, int], Value | Numbers]
) -> tuple[Any, Any]:
    """Return both graphs, with what comes before a last softmax or sigmoid as outputs too."""
    import openvino as ov

    theirs = model.clone()
    shape = [side.get_length() for side in list(theirs.inputs[0].get_partial_shape())[1:]]
    theirs.reshape([1, *shape])
    results = theirs.get_results()
    outputs = list(made.outputs)
    before, more = [], []
    for result, ours in zip(results, graph.model.get_results(), strict=True):
        ends = [each.input_value(0).get_node() for each in (result, ours)]
        if all(end.get_type_name() in _ENDS for end in ends):
            value = values[key_of(ends[1].input_value(0))]
            if isinstance(value, Value):
                before.append(ov.opset13.result(ends[0].input_value(0)))
                more.append(keras.layers.Flatten()(value.tensor) if value.rank == 2 else None)
    kept = [(b, m) for b, m in zip(before, more, strict=True) if m is not None]
    wide = ov.Model([*results, *(b for b, _ in kept)], theirs.get_parameters(), "compared")
    return wide, keras.Model(made.input, [*outputs, *(m for _, m in kept)])


def _difference(theirs: Any, ours: Any, graph: Graph, seed: int) -> float:
    """Return the largest difference of an answer, relative to the span of all of its kind.

    Pictures of several ranges are drawn; an answer beyond float32 in one has to fit in another.
    """
    import openvino as ov

    run = ov.Core().compile_model(theirs, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    shape = graph.picture.output(0).get_shape()
    rng = np.random.default_rng(seed)
    found: list[list[float]] = [[] for _ in ours.outputs]
    for low, high in _RANGES:
        pictures = rng.uniform(low, high, (2, *shape[1:])).astype(np.float32)
        rows = [[np.array(each) for each in run([picture[None]]).values()] for picture in pictures]
        last = pictures if graph.channels == 3 else pictures.transpose(0, 2, 3, 1)
        answers = keras.tree.flatten(ours(last, training=False))
        for i, (row, answer) in enumerate(zip(zip(*rows, strict=True), answers, strict=True)):
            a, b = np.concatenate([each.ravel() for each in row]), np.asarray(answer).ravel()
            if np.isfinite(a).all():
                span = max(float(np.ptp(a)), float(np.abs(a).max()), 1e-6)
                found[i].append(float(np.abs(a.astype(np.float64) - b).max()) / span)
    return max(float(np.max(each)) if each else np.inf for each in found)  # NaN stays NaN


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
