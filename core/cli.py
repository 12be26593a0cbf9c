"""The command line. ``--json`` prints one JSON object on stdout; everything else goes to stderr.

Exit status: 0 done; 2 the caller's mistake, one line that says how to mend it; 1 our fault.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from core import __version__, api, images
from core.contracts import GEOMETRIES, Explanation, Geometry, Picture
from core.errors import InputError, ParameterError, PellucidError
from core.workspace import open_store

__all__ = ["app", "main"]

app = typer.Typer(
    name="pellucid",
    help="Open up image models: predict, explain, and say how far to trust it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Images = Annotated[list[Path], typer.Argument(help="Pictures or folders of pictures.")]
Model = Annotated[str, typer.Option(help="Id of the model; see 'models'.")]
Weights = Annotated[
    str, typer.Option(help="'pretrained', 'random', or a .weights.h5, .h5 or .safetensors file.")
]
Classes = Annotated[Path | None, typer.Option(help="Text file, one class name a line.")]
Geometry_ = Annotated[str, typer.Option(help="crop, squash or letterbox.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of every random draw.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def _emit(document: dict[str, Any], as_json: bool, lines: Callable[[], Iterator[str]]) -> None:
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False), file=sys.__stdout__)
    else:
        for line in lines():
            print(line, file=sys.__stdout__)


def _pictures(paths: Sequence[Path]) -> list[Path]:
    """Expand folders to the pictures in them, in the order of their names."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in images.SUFFIXES)
        if not inside:
            raise InputError(
                f"The folder {path} holds no pictures (PNG, JPEG, WebP, BMP, TIFF, GIF)."
            )
        found += inside
    return found


def _geometry(text: str) -> Geometry:
    for geometry in GEOMETRIES:
        if text == geometry:
            return geometry
    raise InputError(f"--geometry must be one of {', '.join(GEOMETRIES)}. Received: {text!r}.")


def _parameters(pairs: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name or not value:
            raise ParameterError(f"--param takes name=value. Received: {pair!r}.")
        given[name] = value
    return given


def _common(
    model: str, weights: str, classes: Path | None, geometry: str, seed: int
) -> dict[str, Any]:
    return {
        "model": model,
        "weights": weights,
        "classes": None if classes is None else str(classes),
        "geometry": _geometry(geometry),
        "seed": seed,
    }


@app.command()
def models(json_: Json = False) -> None:
    """List the models of the zoo."""
    cards = api.models()

    def lines() -> Iterator[str]:
        for card in cards:
            where = "offline" if card.offline else "downloaded"
            millions = f"{card.parameters / 1e6:.1f} M"
            yield f"{card.id:20} {card.input_size} px  {millions:>8}  {where:10}  {card.summary}"

    _emit({"default": api.DEFAULT_MODEL, "models": [asdict(card) for card in cards]}, json_, lines)


@app.command()
def methods(json_: Json = False) -> None:
    """List the saliency methods with their parameters."""
    cards = api.methods()

    def lines() -> Iterator[str]:
        for card in cards:
            yield f"{card.id:22} {card.summary}"
            for p in card.parameters:
                yield f"{'':22}   --param {p.name}=… ({p.expected}; default {p.default}): {p.help}"

    _emit({"methods": [asdict(card) for card in cards]}, json_, lines)


@app.command()
def predict(
    image: Images,
    model: Model = api.DEFAULT_MODEL,
    weights: Weights = "pretrained",
    classes: Classes = None,
    top: Annotated[int, typer.Option(min=1, help="How many classes to list.")] = 5,
    geometry: Geometry_ = "crop",
    seed: Seed = 0,
    json_: Json = False,
) -> None:
    """Say what a model sees in pictures."""
    options = _common(model, weights, classes, geometry, seed)
    paths = _pictures(image)
    results = list(api.predict_many(paths, control=_Terminal(), **options))
    ranked = [api.ranking(r, top, classes=options["classes"]) for r in results]
    document = {
        "model": model,
        "weights_sha256": results[0].weights_sha256,
        "device": results[0].device,
        "predictions": [
            {
                "image": str(path),
                "top": [asdict(score) for score in scores],
                "seconds": result.seconds,
                "cached": result.cached,
            }
            for path, result, scores in zip(paths, results, ranked, strict=True)
        ],
    }

    def lines() -> Iterator[str]:
        for path, scores in zip(paths, ranked, strict=True):
            yield f"{path}"
            yield from (f"  {s.probability:6.1%}  {s.label} ({s.index})" for s in scores)

    _emit(document, json_, lines)


@app.command()
def explain(
    image: Images,
    out: Annotated[Path, typer.Option(help="Folder for the maps; made if missing.")],
    model: Model = api.DEFAULT_MODEL,
    method: Annotated[str, typer.Option(help="Id of the method; see 'methods'.")] = "gradcam",
    layer: Annotated[str | None, typer.Option(help="Feature layer, for CAMs.")] = None,
    target: Annotated[
        str, typer.Option(help="auto (the predicted class), an index, a name, or a WordNet id.")
    ] = "auto",
    against: Annotated[
        str | None, typer.Option(help="Explain the difference to this class instead.")
    ] = None,
    param: Annotated[list[str], typer.Option(help="A parameter as name=value.")] = [],  # noqa: B006
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: Geometry_ = "crop",
    seed: Seed = 0,
    json_: Json = False,
) -> None:
    """Draw what a decision rests on: <stem>.<method>.npz (raw map) and .png (overlay)."""
    options = _common(model, weights, classes, geometry, seed)
    paths = _pictures(image)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; expected a folder.")
    results = list(
        api.explain_many(
            paths,
            control=_Terminal(),
            method=method,
            layer=layer,
            target=target,
            against=against,
            parameters=_parameters(param),
            **options,
        )
    )
    # Nothing is written before every picture has succeeded.
    out.mkdir(parents=True, exist_ok=True)
    stems = _unique_stems(paths)
    entries = [
        _write(path, out / f"{stem}.{method}", result)
        for path, stem, result in zip(paths, stems, results, strict=True)
    ]
    document = {"model": model, "device": results[0].device, "explanations": entries}

    def lines() -> Iterator[str]:
        for entry in entries:
            yield f"{entry['overlay']}  {entry['target']['label']}  f = {entry['logit']:.3g}"

    _emit(document, json_, lines)


def _unique_stems(paths: Sequence[Path]) -> list[str]:
    """Return file stems; a second picture of the same stem gets ``-2`` and so on."""
    taken: set[str] = set()
    stems = []
    for path in paths:
        stem, count = path.stem, 2
        while stem in taken:
            stem, count = f"{path.stem}-{count}", count + 1
        taken.add(stem)
        stems.append(stem)
    return stems


def _write(path: Path, target: Path, result: Explanation) -> dict[str, Any]:
    map_file, overlay_file = Path(f"{target}.npz"), Path(f"{target}.png")
    picture: Picture = api.open_picture(path)
    map_file.write_bytes(api.explanation_npz(result))
    overlay_file.write_bytes(api.overlay_png(picture, result))
    box = result.box
    return {
        "image": str(path),
        "key": result.key,
        "method": result.method,
        "target": asdict(result.target),
        "against": None if result.against is None else asdict(result.against),
        "layer": result.layer,
        "parameters": result.parameters,
        "box": [box.left, box.top, box.right, box.bottom],
        "logit": result.logit,
        "map": str(map_file),
        "overlay": str(overlay_file),
        "completeness_error": result.completeness_error,
        "diagnostics": result.diagnostics,
        "seconds": result.seconds,
        "cached": result.cached,
    }


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove every stored result.")] = False,
    json_: Json = False,
) -> None:
    """Show how much the store holds, or empty it."""
    store = open_store()
    removed = store.clear() if clear else 0
    stats = asdict(store.stats())
    document = {**stats, "root": str(store.root), "removed": removed}
    _emit(document, json_, lambda: iter(f"{name:12} {value}" for name, value in document.items()))


class _Terminal:
    """A control that draws progress on stderr where that is a terminal."""

    def progress(self, fraction: float, message: str = "") -> None:
        if sys.stderr.isatty():
            end = "\n" if fraction >= 1 else ""
            print(f"\r{fraction:4.0%} {message:40.40}", end=end, file=sys.stderr, flush=True)

    def check(self) -> None:
        """Never stops: Ctrl-C does."""


def _version(wanted: bool) -> None:
    if wanted:
        print(f"pellucid {__version__}", file=sys.__stdout__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Open up image models."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    # Libraries print to stdout (Keras' downloads do); only the result may.
    with contextlib.redirect_stdout(sys.stderr):
        sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        status = app(args=arguments, standalone_mode=False)
    except InputError as error:
        return _fail(str(error), 2)
    except TyperException as error:
        return _fail(error.format_message(), 2)
    except PellucidError as error:
        return _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Stopped.", 130)
    except OSError as error:
        return _fail(f"{error.filename or 'A file'}: {error.strerror or error}.", 1)
    return status if isinstance(status, int) else 0


def _fail(message: str, status: int) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return status
