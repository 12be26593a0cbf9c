"""A graph of OpenVINO made ready to be rebuilt: one picture, all sizes known, numbers folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import ModelFileError
from core.models.reading.opset.values import Numbers

__all__ = ["Graph", "prepared"]

_MOST_NODES = 20_000
_MOST_VALUES = 2**29
_LIKELY = (3, 1, 4, 2)
"""Numbers of channels that pictures have."""
_KEEPING = frozenset(
    {
        "Add", "Subtract", "Multiply", "Divide", "Convert", "Clamp", "Relu", "PRelu", "Pad",
        "Power", "Sqrt", "Sigmoid", "Tanh", "BatchNormInference", "Concat", "Interpolate",
        "StridedSlice", "Slice", "FakeQuantize", "Round",
    }
)  # fmt: skip
"""Operators that leave each axis where it is."""
_IMAGES = frozenset({"Convolution", "GroupConvolution", "MaxPool", "AvgPool", "DepthToSpace",
                     "SpaceToDepth", "LRN", "ConvolutionBackpropData"})  # fmt: skip
"""Operators whose images have their channels on axis 1."""


class Graph:
    """A graph of one picture.

    Parameters
    ----------
    model : openvino.Model
        Belongs to this object.
    name : str
        Of the file, for sentences.

    Attributes
    ----------
    picture : openvino.Node
        The parameter that takes it.
    channels : int
        Which axis of it the channels are.
    numbers : dict
        What is known without a picture, by node and output.
    """

    def __init__(self, model: Any, name: str) -> None:
        self.model, self.name = model, name
        self.picture = model.get_parameters()[0]
        self.channels = _channels(self.picture, name)
        self.depends = self._dependent()
        self.numbers = self._computed()

    def nodes(self) -> Iterator[Any]:
        """Yield the nodes that need a picture, each after those that it reads."""
        for node in self.model.get_ordered_ops():
            if node.get_name() in self.depends and node.get_type_name() != "Parameter":
                yield node

    def _dependent(self) -> set[str]:
        found = {self.picture.get_name()}
        for node in self.model.get_ordered_ops():
            if any(given.get_node().get_name() in found for given in node.input_values()):
                found.add(node.get_name())
        return found

    def _computed(self) -> dict[tuple[str, int], Numbers]:
        """Return the numbers that nodes which need a picture read from those that do not."""
        import openvino as ov

        held: dict[tuple[str, int], Numbers] = {}
        made = {}
        for node in self.nodes():
            for given in node.input_values():
                key = key_of(given)
                if key[0] in self.depends or key in held:
                    continue
                if given.get_node().get_type_name() == "Constant":
                    held[key] = _numbers(given.get_node())
                else:
                    made[key] = given
        if made:
            results = [ov.opset13.result(given) for given in made.values()]
            try:
                compiled = ov.Core().compile_model(
                    ov.Model(results, [], "numbers"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
                )
                answers = compiled([])
            except RuntimeError as error:
                raise _refused(self.name, error) from error
            held |= {key: np.array(answers[i]) for i, key in enumerate(made)}
        return held


def key_of(output: Any) -> tuple[str, int]:
    """Return what names an output in its graph."""
    return output.get_node().get_name(), output.get_index()


def prepared(model: Any, name: str) -> Graph:
    """Return a copy of a graph for one picture, what can be computed beforehand computed.

    Parameters
    ----------
    model : openvino.Model
        Of one picture; its batch is free, or one. It is left as it is.
    name : str
        Of the file, for sentences.

    Raises
    ------
    ModelFileError
        If it takes anything but one picture of a fixed size, or is too large.
    """
    from openvino._offline_transformations import apply_moc_transformations

    if len(model.inputs) != 1:
        raise ModelFileError(f"{name} has {len(model.inputs)} inputs; one picture is expected.")
    shape = model.inputs[0].get_partial_shape()
    if shape.rank.is_dynamic or len(shape) != 4 or any(each.is_dynamic for each in list(shape)[1:]):
        raise ModelFileError(
            f"{name} takes inputs of shape {shape}; one picture of a fixed size is expected, "
            "(1, height, width, channels) or (1, channels, height, width)."
        )
    copy = model.clone()
    try:
        copy.reshape([1, *(side.get_length() for side in list(shape)[1:])])
        _check_size(copy, name)
        apply_moc_transformations(copy, True)
        copy.validate_nodes_and_infer_types()
    except RuntimeError as error:
        raise _refused(name, error) from error
    _check_size(copy, name)
    return Graph(copy, name)


def _check_size(model: Any, name: str) -> None:
    """Refuse graphs that no memory would hold: so far they are described alone."""
    nodes = model.get_ordered_ops()
    if len(nodes) > _MOST_NODES:
        raise ModelFileError(f"{name} has more than {_MOST_NODES:,} operators.")
    left = _MOST_VALUES
    for node in nodes:
        if node.get_type_name() == "Constant":
            continue
        for output in node.outputs():
            shape = output.get_partial_shape()
            if shape.is_static:
                left -= int(np.prod([side.get_length() for side in shape], dtype=object))
            if left < 0:
                raise ModelFileError(
                    f"{name}: its operators give more than {_MOST_VALUES:,} values of one "
                    f"picture, from {node.get_friendly_name()!r} on."
                )


def _channels(picture: Any, name: str) -> int:
    """Return which axis the channels are: that of the graph's first image, or the likely one."""
    found = _traced(picture)
    shape = list(picture.output(0).get_shape())
    if found is None:
        found = next((a for n in _LIKELY for a in (3, 1) if shape[a] == n), None)
    if found not in (1, 3):
        raise ModelFileError(
            f"{name} takes inputs of shape {tuple(shape)}; channels are expected last or first."
        )
    return found


def _traced(picture: Any) -> int | None:
    waiting: list[tuple[Any, tuple[int, ...]]] = [(picture.output(0), (0, 1, 2, 3))]
    seen = set()
    while waiting:
        output, axes = waiting.pop(0)
        for reader in output.get_target_inputs():
            node = reader.get_node()
            kind = node.get_type_name()
            if kind in _IMAGES and reader.get_index() == 0:
                return axes[1]
            if node.get_name() in seen or node.get_output_size() != 1:
                continue
            seen.add(node.get_name())
            after: tuple[int, ...] = axes if kind in _KEEPING else ()
            order = node.input_value(1).get_node() if kind == "Transpose" else None
            if order is not None and order.get_type_name() == "Constant":
                after = tuple(axes[int(i)] for i in order.get_data())
            if after and len(node.output(0).get_partial_shape()) == 4:
                waiting.append((node.output(0), after))
    return None


def _numbers(constant: Any) -> Numbers:
    """Return a constant's numbers; of half precision as float32."""
    kind = constant.output(0).get_element_type()
    if kind.is_real():
        return np.array(constant.get_data(dtype=np.float32))
    return np.array(constant.get_data())


def _refused(name: str, error: RuntimeError) -> ModelFileError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ModelFileError(f"{name}: OpenVINO does not take it for one picture ({lines[-1][:200]}).")
