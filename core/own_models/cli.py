"""Commands about models of one's own: import, inspect-model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core import api
from core.contracts import ModelFacts, Outputs, Run
from core.errors import InputError
from core.numerals import NOTHING
from core.terminal.options import JsonFlag, Terminal, app, emit, whole

__all__: list[str] = []

_File = Annotated[
    Path,
    typer.Argument(
        help="A .keras, .h5, .onnx, .tflite or OpenVINO .xml file, a SavedModel's folder or a zip "
        "of it; of weights alone, theirs."
    ),
]
_Classes = Annotated[
    Path | None, typer.Option(help="Text file, one class name a line, in the order of the outputs.")
]
_Range = Annotated[
    str,
    typer.Option(
        "--range",
        help="What pixels are scaled to before the model sees them: auto, 0-1, 0-255, -1-1, "
        "imagenet or caffe.",
    ),
]
_Order = Annotated[str | None, typer.Option(help="Order of its channels: rgb or bgr.")]
_Size = Annotated[
    str | None, typer.Option(help="Height and width, 224x224, where the file leaves them free.")
]
_Output = Annotated[str, typer.Option(help="Name of the output, where there are several.")]
_Kind = Annotated[
    str,
    typer.Option(
        help="What it ends in: logits, probabilities, sigmoid, binary or values; told by its "
        "graph if left out."
    ),
]
_Layout = Annotated[
    str | None,
    typer.Option(help="Whether channels come last (hwc) or first (chw), where it is open."),
]
_Samples = Annotated[
    str,
    typer.Option(
        help="Labelled pictures, a folder a class or a zip of one, or a dataset: they tell how "
        "pictures are prepared for it."
    ),
]
_Trusted = Annotated[
    bool,
    typer.Option(
        "--trusted",
        help="Let the code run that a Keras file of yours holds (Lambdas, own layers), on this "
        "machine, once; what is kept is the graph that comes of it.",
    ),
]
_Code = Annotated[
    Path | None,
    typer.Option(help="With --trusted: a Python file with the layers that the file names."),
]


@app.command("inspect-model")
def inspect_model(
    file: _File, classes: _Classes = None, range_: _Range = "auto", order: _Order = None,
    size: _Size = None, output: _Output = "", kind: _Kind = "", layout: _Layout = None,
    samples: _Samples = "", trusted: _Trusted = False, code: _Code = None, json_: JsonFlag = False,
) -> None:  # fmt: skip
    """Say what a model's file holds, keeping nothing; nothing of it is run unless --trusted."""
    facts = api.inspect_model(
        file, classes=_names(classes), samples=samples, trusted=trusted, code=code,
        **_said(range_, order, size, output, kind, layout),
    )  # fmt: skip
    emit(facts.document(), json_, lambda: _told(facts))


@app.command("import")
def import_(
    file: _File,
    architecture: Annotated[
        str, typer.Option(help="Of weights alone: id of what they go into.")
    ] = "",
    classes: _Classes = None,
    name: Annotated[str, typer.Option(help="The model's name, for people; the file's.")] = "",
    input_size: Annotated[
        int | None, whole(help="Of weights alone: side of the input in pixels.")
    ] = None,
    range_: _Range = "auto", order: _Order = None, size: _Size = None, output: _Output = "",
    kind: _Kind = "", layout: _Layout = None, samples: _Samples = "", trusted: _Trusted = False,
    code: _Code = None, json_: JsonFlag = False,
) -> None:  # fmt: skip
    """Take a model of your own in from its file; nothing in it is run unless --trusted."""
    run = api.import_model(
        file, name=name, architecture=architecture, classes=_names(classes),
        input_size=input_size, samples=samples, trusted=trusted, code=code, control=Terminal(),
        **_said(range_, order, size, output, kind, layout),
    )  # fmt: skip
    emit(_document(run), json_, lambda: iter([f"{run.model}  {run.name}", *run.notes]))


def _document(run: Run) -> dict[str, Any]:
    understood: dict[str, Any] = json.loads(str(run.facts.get("understood", "{}")))
    return {
        **understood,
        "model": run.model,
        "key": run.key,
        "name": run.name,
        "architecture": run.architecture,
        "classes": list(run.classes),
        "weights_sha256": run.weights_sha256,
        "cached": run.cached,
        "notes": list(run.notes),
        "folder": str(api.run_folder(run.model)),
    }


def _said(
    range_: str, order: str | None, size: str | None, output: str, kind: str, layout: str | None
) -> dict[str, Any]:
    return {
        "range": range_, "order": order, "size": size, "output": output,
        "kind": cast("Outputs", kind), "layout": layout,
    }  # fmt: skip


def _names(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "--classes takes a text file (UTF-8) with one class name a line. Received: "
            f"{file if file.name else NOTHING}."
        ) from error
    return [line for line in lines if line.strip()]


def _told(facts: ModelFacts) -> Iterator[str]:
    named = "" if facts.named else " (numbered: the file does not name them)"
    yield f"{facts.name}  {facts.format}, {facts.n_parameters:,} weights"
    first = ", channels first" if facts.layout == "chw" else ""
    yield (
        f"input    {facts.height} × {facts.width} × {facts.channels}, pixels as {facts.range}, "
        f"{facts.order.upper()}{first}"
    )
    shown = ", ".join(facts.classes[:5]) + (", …" if len(facts.classes) > 5 else "")
    yield f"output   {facts.kind}: {shown}{named}"
    yield f"layers   {', '.join(facts.layers) or 'none that maps can read'}"
    for check in facts.checks:
        yield f"{'✓' if check.ok else '?'} {check.note}"
    for trial in facts.preprocessing[:8]:
        yield (
            f"  {trial.range:>9} {trial.order} {trial.geometry:<9} {trial.accuracy:6.1%}  "
            f"({trial.low:.0%} to {trial.high:.0%}, n = {trial.n})"
        )
