"""What commands share: options, output, folders of pictures, progress."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api, numerals
from core.contracts import GEOMETRIES, Geometry
from core.errors import InputError, ParameterError
from core.terminal.once import App

__all__ = [
    "Classes",
    "GeometryName",
    "GeometryOrNone",
    "ImagePaths",
    "JsonFlag",
    "Method",
    "Model",
    "Seed",
    "SliceText",
    "Terminal",
    "Weights",
    "app",
    "checked_geometry",
    "common_options",
    "emit",
    "number",
    "parameter_pairs",
    "printable",
    "tell_dataset",
    "tell_broken",
    "whole",
]


def whole(
    *names: str,
    help: str,
    low: int | None = None,
    high: int | None = None,
    envvar: str | None = None,
) -> Any:
    """Return an option that takes a whole number within bounds (:mod:`core.numerals`)."""
    read = partial(numerals.whole, low=low, high=high)
    return typer.Option(*names, parser=read, metavar="INTEGER", help=help, envvar=envvar)


def number(*, help: str) -> Any:
    """Return an option that takes a finite number."""
    return typer.Option(parser=numerals.number, metavar="NUMBER", help=help)


app = App(
    name="pellucid",
    help="Open up image models: predict, explain, and say how far to trust it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, or turns round the direction of what follows."""

ImagePaths = Annotated[list[Path], typer.Argument(help="Pictures or folders of pictures.")]
Model = Annotated[str, typer.Option(help="Id of the model; see 'models'.")]
Method = Annotated[str, typer.Option(help="Id of the method; see 'methods'.")]
Weights = Annotated[
    str, typer.Option(help="'pretrained', 'random', or a .weights.h5, .h5 or .safetensors file.")
]
Classes = Annotated[Path | None, typer.Option(help="Text file, one class name a line.")]
GeometryName = Annotated[str, typer.Option(help="crop, squash or letterbox.")]
GeometryOrNone = Annotated[
    str | None, typer.Option(help="crop, squash or letterbox, of pictures; crop by default.")
]
Seed = Annotated[
    int,
    whole(low=0, help="Seed of every random draw.", envvar="PELLUCID_SEED"),
]
SliceText = Annotated[
    str | None,
    typer.Option(
        "--slice", help="Pictures of this slice alone, as 'slices' prints it: 'age_band=young'."
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def emit(document: dict[str, Any], as_json: bool, lines: Callable[[], Iterator[str]]) -> None:
    """Print one JSON object, or the lines for people."""
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False), file=sys.__stdout__)
    else:
        for line in lines():
            print(printable(line), file=sys.__stdout__)


def tell_broken(kind: api.PluginKind) -> None:
    """Say on stderr what installed packages bring that cannot be used."""
    for text in api.broken_plugins(kind):
        print(f"left out: {printable(text)}", file=sys.stderr)


def printable(text: str) -> str:
    """Return a line in which no name of a stranger can steer the terminal."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def tell_dataset(text: str) -> None:
    """Say on stderr how a dataset was read, and how many of its files were left out."""
    for note in api.open_dataset(text).notes:
        print(printable(note), file=sys.stderr)


def checked_geometry(text: str) -> Geometry:
    """Return the geometry that ``text`` names."""
    for geometry in GEOMETRIES:
        if text == geometry:
            return geometry
    raise InputError(f"--geometry must be one of {', '.join(GEOMETRIES)}. Received: {text!r}.")


def parameter_pairs(pairs: Sequence[str], option: str = "--param") -> dict[str, str]:
    """Return ``name=value`` pairs as a mapping."""
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ParameterError(f"{option} takes name=value. Received: {pair!r}.")
        if name in given:
            raise ParameterError(
                f"{option} {name} is given twice: {given[name]!r} and {value!r}. Give it once."
            )
        given[name] = value
    return given


def common_options(
    model: str, weights: str, classes: Path | None, geometry: str | None, seed: int
) -> dict[str, Any]:
    """Return the options that every command about pictures shares."""
    return {
        "model": model,
        "weights": weights,
        "classes": None if classes is None else str(classes),
        "geometry": None if geometry is None else checked_geometry(geometry),
        "seed": seed,
    }


class Terminal:
    """A control that draws progress on stderr where that is a terminal."""

    def progress(self, fraction: float, message: str = "") -> None:
        """Draw how far the work is."""
        if sys.stderr.isatty():
            end = "\n" if fraction >= 1 else ""
            print(f"\r{fraction:4.0%} {message:40.40}", end=end, file=sys.stderr, flush=True)

    def check(self) -> None:
        """Never stops: Ctrl-C does."""
