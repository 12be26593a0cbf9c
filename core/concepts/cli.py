"""Commands about examples and concepts: neighbours, concepts, tcav, visualise."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.contracts import Concepts, ConceptScore, Neighbours, Result, Tcav, count_text
from core.errors import InputError
from core.modalities.picture.gallery import Gallery
from core.terminal.folders import DepthName, opened
from core.terminal.options import (
    Classes,
    GeometryName,
    JsonFlag,
    Model,
    Seed,
    Terminal,
    Weights,
    app,
    common_options,
    emit,
    printable,
    whole,
)

__all__: list[str] = []

Layer = Annotated[str | None, typer.Option(help="Feature layer; the declared one by default.")]


@app.command()
def neighbours(
    image: Annotated[Path, typer.Argument(help="A picture.")],
    folder: Annotated[
        Path, typer.Option(help="Reference pictures: class folders, or with metadata.csv.")
    ],
    model: Model = api.DEFAULT_MODEL,
    k: Annotated[int, whole(low=1, high=50, help="How many to list.")] = 8,
    layer: Layer = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Find the reference pictures that the model finds most like a picture."""
    request = api.neighbours_request(
        opened(image, depth),
        reference=(held := _read(folder)),
        k=k,
        layer=layer,
        **common_options(model, weights, classes, geometry, seed),
    )
    found: Neighbours = api.answer(request, control=Terminal())
    document = (
        _about(found)
        | _notes(held)
        | {
            "image": str(image),
            "predicted": asdict(found.predicted) | {"probability": found.probability},
            "n": found.n,
            "neighbours": [asdict(neighbour) for neighbour in found.neighbours],
        }
    )

    def lines() -> Iterator[str]:
        yield f"{image}: {found.predicted.label} {found.probability:.1%}, nearest of {found.n}"
        for n in found.neighbours:
            label = n.label or "no label"
            yield f"  {n.similarity:6.3f}  {n.name}  [{label}]  seen as {n.predicted.label}"
        yield from _left_out(found)

    emit(document, json_, lines)


@app.command()
def concepts(
    folder: Annotated[Path, typer.Argument(help="Pictures: class folders, or with metadata.csv.")],
    class_: Annotated[str, typer.Option("--class", help="Index, name or WordNet id.")],
    model: Model = api.DEFAULT_MODEL,
    select: Annotated[
        str, typer.Option(help="Pictures that count: predicted, labelled or all.")
    ] = "predicted",
    n_concepts: Annotated[int, whole(help="How many concepts to look for.")] = 6,
    n_pictures: Annotated[int, whole(help="At most so many pictures are cut up.")] = 100,
    out: Annotated[Path | None, typer.Option(help="Folder for the concepts' crops.")] = None,
    layer: Layer = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Find the recurring parts that a model recognises a class by, over a folder."""
    _check_out(out)
    request = api.concepts_request(
        held := _read(folder),
        target=class_,
        selection=select,
        n_concepts=n_concepts,
        n_pictures=n_pictures,
        layer=layer,
        **common_options(model, weights, classes, geometry, seed),
    )
    found: Concepts = api.answer(request, control=Terminal())
    document = (
        _about(found)
        | _notes(held)
        | {
            "target": asdict(found.target),
            "selection": found.selection,
            "n_pictures": found.n_pictures,
            "n_crops": found.n_crops,
            "reconstruction_error": found.reconstruction_error,
            "carried": found.carried,
            "protocol": found.protocol,
            "concepts": [
                {
                    "number": c.number,
                    "importance": c.importance,
                    "low": c.low,
                    "high": c.high,
                    "effect": c.effect,
                    "pictures": list(c.names),
                    "crops": _write_crops(out, c.number, c.crops),
                }
                for c in found.concepts
            ],
        }
    )

    def lines() -> Iterator[str]:
        yield (
            f"{found.target.label}: {count_text(found.n_pictures, 'picture')}, "
            f"{count_text(found.n_crops, 'crop')}"
        )
        for c in found.concepts:
            figures = f"importance {c.importance:.2f} [{c.low:.2f}, {c.high:.2f}]"
            yield f"  {c.number:2}  {figures}  {', '.join(c.names[:3])}"
        yield f"  left out of the features by the concepts: {found.reconstruction_error:.0%}"
        yield from _left_out(found)

    emit(document, json_, lines)


@app.command()
def tcav(
    folder: Annotated[Path, typer.Argument(help="Pictures of the class.")],
    concept: Annotated[list[str], typer.Option(help="NAME=FOLDER, once for each concept.")],
    random: Annotated[Path, typer.Option(help="Pictures of no concept in particular.")],
    target: Annotated[str, typer.Option(help="The class: index, name or WordNet id.")],
    model: Model = api.DEFAULT_MODEL,
    n_runs: Annotated[int, whole(help="Random sets for each concept.")] = 20,
    layer: Layer = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Test whether concepts, given as folders, matter to a class."""
    named = {name: _read(each) for name, each in _named_folders(concept).items()}
    others, held = _read(random), _read(folder)
    request = api.tcav_request(
        named,
        random=others,
        pictures=held,
        target=target,
        n_runs=n_runs,
        layer=layer,
        **common_options(model, weights, classes, geometry, seed),
    )
    found: Tcav = api.answer(request, control=Terminal())
    document = (
        _about(found)
        | _notes(*named.values(), others, held)
        | {
            "target": asdict(found.target),
            "n_pictures": found.n_pictures,
            "n_random": found.n_random,
            "n_runs": found.n_runs,
            "n_null": found.n_null,
            "alpha": found.alpha,
            "protocol": found.protocol,
            "concepts": [asdict(score) for score in found.concepts],
        }
    )

    def lines() -> Iterator[str]:
        yield (
            f"{found.target.label}: {count_text(found.n_pictures, 'picture')}, "
            f"{found.n_random} random ones"
        )
        yield from map(_line, found.concepts)
        yield from _left_out(found)

    emit(document, json_, lines)


@app.command()
def visualise(
    target: Annotated[str, typer.Option(help="The class: index, name or WordNet id.")],
    out: Annotated[Path, typer.Option(help="Folder for the picture; made if missing.")],
    model: Model = api.DEFAULT_MODEL,
    steps: Annotated[int, whole(help="Steps up the gradient.")] = 256,
    weights: Weights = "pretrained",
    classes: Classes = None,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Make a picture that excites one class: no typical picture of it."""
    _check_out(out)
    request = api.visualise_request(
        target=target,
        steps=steps,
        model=model,
        weights=weights,
        classes=None if classes is None else str(classes),
        seed=seed,
    )
    made = api.answer(request, control=Terminal())
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"class-{made.target.index}.{model}.seed{seed}.png"
    file.write_bytes(api.pixels_png(made.picture))
    document = _about(made) | {
        "target": asdict(made.target),
        "picture": str(file),
        "logit": made.logit,
        "probability": made.probability,
        "start_logit": made.start_logit,
        "steps": made.steps,
        "seed": made.seed,
    }

    def lines() -> Iterator[str]:
        change = f"logit {made.start_logit:.3g} → {made.logit:.3g}"
        yield f"{file}  {made.target.label}  {change} ({made.probability:.1%})"

    emit(document, json_, lines)


def _about(result: Result) -> dict[str, Any]:
    """Return what every result says of itself."""
    told = {
        name: getattr(result, name)
        for name in ("model", "weights_sha256", "device", "key", "seconds", "cached")
    }
    for name in ("layer", "unreadable", "n_unreadable", "seed", "command"):
        if hasattr(result, name):
            value = getattr(result, name)
            told[name] = list(value) if isinstance(value, tuple) else value
    return told


def _read(folder: Path) -> Gallery:
    """List a folder of reference pictures, and say on stderr what is not taken."""
    held = api.gallery(folder)
    for note in held.notes:
        print(printable(f"{folder}: {note}"), file=sys.stderr)
    return held


def _notes(*galleries: Gallery) -> dict[str, Any]:
    told = [note for held in galleries for note in held.notes]
    return {"notes": told} if told else {}


def _left_out(result: Neighbours | Concepts | Tcav) -> Iterator[str]:
    if result.n_unreadable:
        yield (
            f"  {count_text(result.n_unreadable, 'file')} could not be read: {result.unreadable[0]}"
        )


def _line(score: ConceptScore) -> str:
    middle = f"[{score.low:.2f}, {score.high:.2f}]"
    figures = f"score {score.score:.2f} {middle}  p = {score.p_adjusted:.2g}"
    return f"  {score.name}: {figures}  accuracy {score.accuracy:.0%}  {score.words}"


def _named_folders(pairs: Sequence[str]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for pair in pairs:
        name, equals, folder = pair.partition("=")
        if not (name and equals and folder):
            raise InputError(f"--concept takes NAME=FOLDER. Received: {pair!r}.")
        if name in named:
            raise InputError(f"Two concepts are called {name!r}: give each a name of its own.")
        named[name] = Path(folder)
    return named


def _check_out(out: Path | None) -> None:
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; expected a folder.")


def _write_crops(out: Path | None, number: int, crops: Any) -> list[str]:
    if out is None:
        return []
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for i, pixels in enumerate(crops, start=1):
        file = out / f"concept-{number:02}-{i}.png"
        file.write_bytes(api.pixels_png(pixels))
        written.append(str(file))
    return written
