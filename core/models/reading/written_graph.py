"""A graph that Keras has written down for OpenVINO: what it answers, and names of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from core.contracts import Array

__all__ = ["answering", "named_anew"]

_NUMBER = re.compile(r"_\d+(?=/|$)")


def answering(file: Path) -> Callable[[Array], list[npt.NDArray[Any]]]:
    """Return the function that a graph is: from a batch to its outputs, in single precision."""
    import openvino

    graph = openvino.Core().compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda batch: list(graph(batch).values())


def named_anew(file: Path) -> Path:
    """Write a graph once more, its names numbered by their order.

    TensorFlow numbers them by all that the process has built before, so one model would be another
    each time it is written down.
    """
    import openvino

    graph = openvino.Core().read_model(str(file))
    taken: Counter[str] = Counter()
    for node in graph.get_ordered_ops():
        name = _NUMBER.sub("", node.get_friendly_name())
        unique = f"{name}_{taken[name]}" if taken[name] else name
        taken[name] += 1
        node.set_friendly_name(unique)
        for i, output in enumerate(node.outputs()):
            if output.get_names():
                output.get_tensor().set_names({f"{unique}:{i}"})
    to = file.parent / "named" / file.name
    to.parent.mkdir()
    openvino.serialize(graph, str(to))
    return to
