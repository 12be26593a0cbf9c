"""Commands about two maps, and about one map along a path: compare, drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from PIL import Image

from core import api
from core.contracts import ClassScore, Drift, Explanation, MapComparison, Picture
from core.errors import InputError
from core.numerals import NOTHING
from core.terminal.folders import DepthName, opened
from core.terminal.options import (
    Classes,
    GeometryName,
    JsonFlag,
    Method,
    Model,
    Seed,
    Terminal,
    Weights,
    app,
    common_options,
    emit,
    parameter_pairs,
    whole,
)
from core.terminal.outputs import check_places, class_suffix

__all__: list[str] = []

OneImage = Annotated[Path, typer.Argument(help="A picture.")]
Layer = Annotated[str | None, typer.Option(help="Feature layer, for CAMs.")]
Target = Annotated[
    str, typer.Option(help="auto (the predicted class), an index, a name, or a WordNet id.")
]
Pairs = Annotated[list[str], typer.Option("--param", help="A parameter as name=value.")]


@app.command()
def compare(
    image: OneImage,
    model: Model = api.DEFAULT_MODEL,
    method: Method = api.DEFAULT_METHOD,
    target: Target = "auto",
    image_b: Annotated[Path | None, typer.Option(help="Second picture.")] = None,
    model_b: Annotated[str | None, typer.Option(help="Second model.")] = None,
    method_b: Annotated[str | None, typer.Option(help="Second method.")] = None,
    target_b: Annotated[str | None, typer.Option(help="Second class.")] = None,
    out: Annotated[Path | None, typer.Option(help="PNG file for the difference map.")] = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Hold two maps against each other: whatever has a second value (…-b) differs."""
    if (image_b, model_b, method_b, target_b) == (None, None, None, None):
        raise InputError(
            "Nothing differs. Give a second value: --method-b, --model-b, --target-b or --image-b."
        )
    options = common_options(model, weights, classes, geometry, seed)
    first = options | {"method": method, "target": target}
    second = first | {
        name: value
        for name, value in (("model", model_b), ("method", method_b), ("target", target_b))
        if value is not None
    }
    path_b = image if image_b is None else image_b
    _check_map(out, [image, path_b, classes])
    shown, shown_b = opened(image, depth), opened(path_b, depth)
    a = api.explain(shown, control=Terminal(), **first)
    b = api.explain(shown_b, control=Terminal(), **second)
    result = api.compare(a, b)
    if out is not None:
        _write_difference(out, shown, result)
    names = ("model", "weights", "classes", "geometry", "seed")
    sides = [
        _side(path, map_, api.predict(seen, **{name: given[name] for name in names}), classes)
        for path, seen, map_, given in ((image, shown, a, first), (path_b, shown_b, b, second))
    ]
    document = {
        "a": sides[0],
        "b": sides[1],
        "comparable": result.difference is not None,
        "agreement": result.agreement,
        "words": result.words,
        "scores": [asdict(score) for score in result.scores],
        "difference": None if out is None else str(out),
        "unit": result.unit,
    }

    def lines() -> Iterator[str]:
        for side in sides:
            yield f"{side['image']}  {side['model']}  {side['method']}  {side['target']['label']}"
        yield result.words
        for score in result.scores:
            shown = "not defined" if score.value is None else f"{score.value:.3f}"
            yield f"  {score.metric:9} {shown}"

    emit(document, json_, lines)


def _side(path: Path, result: Explanation, prediction: Any, classes: Path | None) -> dict[str, Any]:
    top: tuple[ClassScore, ...] = api.ranking(
        prediction, 3, classes=None if classes is None else str(classes)
    )
    return {
        "image": str(path),
        "model": result.model,
        "method": result.method,
        "target": asdict(result.target),
        "logit": result.logit,
        "top": [asdict(score) for score in top],
        "key": result.key,
    }


def _check_map(out: Path | None, read: Sequence[Path | None]) -> None:
    if out is not None and out.suffix.lower() != ".png":
        raise InputError(f"--out must name a .png file. Received: {out if out.name else NOTHING}.")
    check_places({"--out": out}, read, made=True)


def _write_difference(out: Path, shown: Picture, result: MapComparison) -> None:
    drawn = api.difference_png(shown, result)
    if drawn is None:
        raise InputError(f"There is no difference map to write: {result.words}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(drawn)


@app.command()
def drift(
    image: OneImage,
    out: Annotated[Path, typer.Option(help="Folder for the frames; made if missing.")],
    path: Annotated[
        str, typer.Option(help=f"One of {', '.join(p.id for p in api.drift_paths())}.")
    ] = "noise",
    steps: Annotated[int, whole(help="Changed pictures, 1 to 24.")] = 8,
    maximum: Annotated[
        str | None,
        typer.Option(
            help="Severity of the last step, in the path's unit; an ε (adversarial) as 2/255."
        ),
    ] = None,
    model: Model = api.DEFAULT_MODEL,
    method: Method = api.DEFAULT_METHOD,
    layer: Layer = None,
    target: Target = "auto",
    param: Pairs = [],  # noqa: B006
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Follow a map while its picture changes: frame-NN.png, frame-NN.map.png and maps.npz."""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; expected a folder.")
    result = api.drift(
        opened(image, depth), control=Terminal(), path=path, steps=steps, maximum=maximum,
        method=method, layer=layer, target=target, parameters=parameter_pairs(param),
        **common_options(model, weights, classes, geometry, seed),
    )  # fmt: skip
    maps, entries = _write_frames(out, result)
    document = {
        "image": str(image),
        "model": model,
        "path": path,
        "unit": result.unit.strip(),
        "method": result.method,
        "target": asdict(result.target),
        "flip": result.flip,
        "words": result.words,
        "frames": entries,
        "maps": str(maps),
        "key": result.key,
        "device": result.device,
        "seconds": result.seconds,
        "cached": result.cached,
    }

    def lines() -> Iterator[str]:
        yield result.words
        for e in entries:
            moved = "   –" if e["rank_correlation"] is None else f"{e['rank_correlation']:.2f}"
            yield (
                f"  {e['severity']:8.3g}{result.unit}  {moved}  "
                f"{e['target_probability']:6.1%}  {e['top']['label']}"
            )

    emit(document, json_, lines)


def _write_frames(out: Path, result: Drift) -> tuple[Path, list[dict[str, Any]]]:
    out.mkdir(parents=True, exist_ok=True)
    suffix = class_suffix(out / "maps.npz", [result.target])
    maps = out / f"maps{suffix}.npz"
    np.savez(
        maps, maps=result.maps, severities=result.severities, classes=[result.target.index],
        labels=[result.target.label],
    )  # fmt: skip
    entries = []
    for i, layer in enumerate(api.drift_overlays(result)):
        frame, over = out / f"frame-{i:02d}.png", out / f"frame-{i:02d}.map{suffix}.png"
        Image.fromarray(result.frames[i]).save(frame)
        over.write_bytes(layer.png)
        entries.append(
            {
                "severity": float(result.severities[i]),
                "linf_255": float(result.linf[i]),
                "target_probability": float(result.target_probability[i]),
                "top": asdict(result.top[i]) | {"probability": float(result.top_probability[i])},
                "rank_correlation": result.correlations[i],
                "frame": str(frame),
                "map": str(over),
            }
        )
    return maps, entries
