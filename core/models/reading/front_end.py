"""A graph's file opened by OpenVINO, and made what is kept of it: one picture in, float32 out.

Run apart (:mod:`core.models.reading.apart`): what a stranger's file makes of a library in C++ is
met here first. What this writes has been compiled and run once before anything else opens it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import openvino as ov
from openvino.frontend import FrontEndManager
from openvino.passes import ConstantFolding, Manager

from core.models.reading import (
    graph_inputs,
    graph_layers,
    graph_outputs,
    graph_scalings,
    graph_tokens,
)
from core.models.reading.graph_file import ANSWERS, MODEL, MOST_NODES, check_nodes
from core.models.reading.plain import refuse, shown
from core.models.tokens import TOKENS

__all__ = ["prepare"]

_MOST_VALUES = 2**29
_N = 4
_UNKNOWN = re.compile(r"No conversion rule found for operations:\s*([^\n]+)")
_OF_ONNX = re.compile(r"(?:unsupported|not supported|unknown)[^\n]*operator[^\n]*", re.IGNORECASE)
_F32 = {"INFERENCE_PRECISION_HINT": "f32"}


def prepare(order: Mapping[str, Any]) -> dict[str, Any]:
    """Open a file, and write what is kept of it.

    Parameters
    ----------
    order : mapping
        ``name``, ``front_end``, ``path``; ``folder``, where to write; ``size``, ``layout``,
        ``output``, as they were chosen.

    Returns
    -------
    dict
        What was found: the picture's shape and layout, outputs, end, layers, scaling.

    Raises
    ------
    ModelFileError
        If it is damaged, too large, has operators that OpenVINO lacks, or is no model of one
        picture and one row of numbers.
    """
    model = _read(order)
    check_nodes(len(model.get_ops()), order["name"], most=10 * MOST_NODES)
    _check_operators(model, order["name"])
    n_numbers = _check_weights(model, order["name"])
    picture = graph_inputs.fitted(model, order)
    _check_values(model, order["name"])
    _answers(model.clone(), picture, order)
    folding = Manager()
    folding.register_pass(ConstantFolding())  # what only asks for shapes is no way around a layer
    folding.run_passes(model)
    end = graph_outputs.ending(model, order)
    scalings = graph_scalings.first_scalings(model, picture, end.entering)
    gain = graph_scalings.first_gain(model)
    pixels = graph_inputs.with_pictures(model, picture)
    results = [graph_outputs.row(end.entering, end.n), graph_outputs.row(end.said, end.n)]
    wide = ov.Model(results, [pixels], "wide")
    entering = results[0].input_value(0).get_node().input_value(0)
    found = graph_layers.layers(wide, entering)
    tokens = graph_layers.tokens(wide, entering)
    grid = graph_tokens.found_tokens(wide, entering)
    wide.add_results([graph_layers.shown_last(each) for each in found])
    wide.add_results([graph_tokens.shown_as_grid(grid)] if grid else [])
    wide.validate_nodes_and_infer_types()
    _try(wide, picture, order["name"])
    ov.serialize(wide, str(Path(order["folder"]) / MODEL))
    return {
        "shape": picture.shape, "layout": picture.layout, "type": picture.type,
        "outputs": graph_outputs.names_of(model), "output": end.name, "n": end.n, "end": end.end,
        "step": end.step, "tokens": tokens,
        "layers": [each.name for each in found] + ([f"{grid.name}:{TOKENS}"] if grid else []),
        "scalings": scalings, "gain": gain, "numbers": n_numbers,
        "operators": sorted({node.get_type_name() for node in wide.get_ops()}),
    }  # fmt: skip


def _read(order: Mapping[str, Any]) -> ov.Model:
    try:
        front_end = FrontEndManager().load_by_framework(order["front_end"])
        return front_end.convert(front_end.load(order["path"]))
    except Exception as error:  # front ends tell misfits by kinds of their own
        _unread(str(error), order["name"])


def _unread(why: str, name: str) -> NoReturn:
    """Say why OpenVINO does not read a file, naming the operators that it lacks."""
    if found := _UNKNOWN.search(why):
        refuse(name, f"OpenVINO has no rule for its operators {shown_list(found[1])}: export the "
               "part that predicts, without layers of training, or with standard operators alone."
               )  # fmt: skip
    if found := _OF_ONNX.search(why):
        refuse(name, f"OpenVINO does not read it: {shown(found[0])}.")
    lines = [line.strip() for line in why.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Check ", "Exception", "FrontEnd API"))]
    refuse(name, f"OpenVINO does not read it ({shown((told or lines or ['no reason given'])[-1])})."
           )  # fmt: skip


def shown_list(text: str) -> str:
    """Return names from a list as one short text."""
    named = [shown(each.strip())[1:-1] for each in text.split(",")]
    return ", ".join(named[:6]) + (", …" if len(named) > 6 else "")


def _check_operators(model: ov.Model, name: str) -> None:
    """Refuse what OpenVINO computes otherwise than the framework that wrote the file."""
    for node in model.get_ops():
        if node.get_type_name() == "LRN" and int(node.get_attributes()["size"]) % 2 == 0:
            refuse(name, f"{shown(node.get_friendly_name())} normalises over an even number of "
                   "channels, which OpenVINO places otherwise than ONNX does: an odd size is read "
                   "as it is meant.")  # fmt: skip


def _check_weights(model: ov.Model, name: str) -> int:
    """Count a graph's weights, none of which may be no number."""
    n = 0
    for node in model.get_ops():
        if node.get_type_name() != "Constant":
            continue
        kind = node.get_output_element_type(0)
        size = int(np.prod(node.get_output_shape(0), dtype=object))
        if kind.is_real() and size > 1 and kind.get_type_name() in ("f16", "f32", "f64", "bf16"):
            n += size
            if np.isnan(np.asarray(node.get_data(), np.float32)).any():
                refuse(name, f"{shown(node.get_friendly_name())} holds values that are no numbers: "
                       "the training it comes from diverged, or the file is damaged.")  # fmt: skip
        elif size > 64:
            n += size  # quantised
    return n


def _check_values(model: ov.Model, name: str) -> None:
    """Refuse graphs whose outputs no memory would hold: so far they are described alone."""
    left = _MOST_VALUES
    for node in model.get_ops():
        for output in node.outputs():
            shape = output.get_partial_shape()
            if shape.is_static and node.get_type_name() != "Constant":
                left -= int(np.prod([side.get_length() for side in shape], dtype=object))
        if left < 0:
            refuse(name, f"its layers give more than {_MOST_VALUES:,} values of one picture, from "
                   f"{shown(node.get_friendly_name())} on.")  # fmt: skip


def _answers(model: ov.Model, picture: graph_inputs.Picture, order: Mapping[str, Any]) -> None:
    """Write what the file itself answers: read and compiled as anybody would."""
    drawn = np.random.default_rng(0).random((_N, *picture.shape), dtype=np.float32)
    raw = (drawn * np.array([1, 1, 255, 255], np.float32)[:, None, None, None]).astype(np.float32)
    if picture.type == "u8":
        raw = np.round(drawn * 255).astype(np.float32)
    given = raw if picture.layout == "hwc" else raw.transpose(0, 3, 1, 2)
    kind = model.inputs[0].get_element_type().to_dtype()
    names = graph_outputs.names_of(model)
    chosen = names.index(order["output"]) if order["output"] in names else 0
    try:
        compiled = ov.Core().compile_model(model, "CPU", _F32)
        rows = [compiled([one[None].astype(kind)])[chosen] for one in given]
    except RuntimeError as error:
        refuse(order["name"], f"OpenVINO does not run it ({_line(error)}).")
    said = np.stack([np.asarray(each, np.float64).ravel() for each in rows])
    np.savez(Path(order["folder"]) / ANSWERS, raw=raw, said=said)


def _try(model: ov.Model, picture: graph_inputs.Picture, name: str) -> None:
    """Compile and run what is kept, once."""
    zeros = np.zeros((1, *picture.shape), np.float32)
    try:
        ov.Core().compile_model(model, "CPU", _F32)([zeros])
    except RuntimeError as error:
        refuse(name, f"OpenVINO does not run it ({_line(error)}).")


def _line(error: RuntimeError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shown(lines[-1])[1:-1] if lines else "no reason given"
