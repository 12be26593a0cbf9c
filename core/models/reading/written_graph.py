"""A graph that Keras has written down for OpenVINO: what it answers, and names of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from core.contracts import Array

__all__ = ["answering", "named_anew", "write_graph"]

_NUMBER = re.compile(r"_\d+(?=/|$)")


def answering(file: Path) -> Callable[[Array], list[npt.NDArray[Any]]]:
    """Return the function that a graph is: from a batch to its outputs, in single precision."""
    import openvino

    graph = openvino.Core().compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda batch: list(graph(batch).values())


def write_graph(model: Any, file: Path) -> None:
    """Write a Keras model down as OpenVINO's graph, as it stands.

    Keras' own export to OpenVINO also joins what scales pixels to the kernel behind it, after which
    nothing tells the range of pixels, and gives results that only compute shapes.
    """
    from openvino import serialize
    from openvino.frontend import FrontEndManager

    saved = file.with_suffix("")
    model.export(str(saved), format="tf_saved_model", verbose=False)
    front_end = FrontEndManager().load_by_framework("tf")
    serialize(front_end.convert(front_end.load(str(saved))), str(file))


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
