"""Commands about pictures: predict, explain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.cli._common import (
    Classes,
    GeometryOrNone,
    ImagePaths,
    JsonFlag,
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
from core.cli._folders import (
    DepthName,
    RecursiveFlag,
    StrictFlag,
    checked_depth,
    find_pictures,
)  # fmt: skip
from core.cli._outputs import class_suffix
from core.cli._split import predict_split
from core.contracts import Explanation, OpenedSource
from core.errors import InputError

__all__: list[str] = []


@app.command()
def predict(
    image: Annotated[
        list[Path] | None, typer.Argument(help="Pictures or folders of pictures.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Predict a whole split instead; see 'datasets'.")
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test; with --dataset.")] = "test",
    limit: Annotated[
        int | None, whole(low=1, help="The first so many pictures; with --dataset.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Table of the predictions, .parquet or .csv; with --dataset."),
    ] = None,
    model: Model = api.DEFAULT_MODEL,
    weights: Weights = "pretrained",
    classes: Classes = None,
    top: Annotated[int, whole(low=1, help="How many classes to list for each picture.")] = 5,
    geometry: GeometryOrNone = None,
    depth: DepthName = "auto",
    recursive: RecursiveFlag = False,
    strict: StrictFlag = False,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Say what a model sees in pictures, or how it does on a dataset."""
    options = common_options(model, weights, classes, geometry, seed)
    if dataset is not None:
        if image:
            raise InputError(f"Give pictures or --dataset, not both: {image[0]}, {dataset}.")
        if options.pop("geometry") not in (None, "crop"):
            raise InputError("A dataset is predicted with --geometry crop alone.")
        if recursive or depth != "auto":
            raise InputError(
                "--recursive and --depth go with pictures. A dataset's depth is part of its name: "
                "folder:PATH?depth=12."
            )
        predict_split(dataset, split, limit=limit, out=out, as_json=json_, strict=strict, **options)
        return
    if not image:
        raise InputError("Nothing to predict: name pictures, folders of pictures or a --dataset.")
    if limit is not None or out is not None:
        raise InputError("--limit and --out go with --dataset alone.")
    found = find_pictures(image, recursive=recursive, model=model)
    bits = checked_depth(depth)
    results = list(
        api.predict_many(
            found.paths,
            control=Terminal(),
            depth=bits,
            on_unreadable=found.missed,
            on_opened=found.noted,
            **options,
        )
    )
    paths = found.read
    ranked = [api.reading(r, top, classes=options["classes"]) for r in results]
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
        **found.facts(),
    }

    def lines() -> Iterator[str]:
        for path, scores in zip(paths, ranked, strict=True):
            yield f"{path}"
            yield from (f"  {s.shown}  {s.label} ({s.index})" for s in scores)

    emit(document, json_, lines)
    found.tell(strict=strict)


@app.command()
def explain(
    image: ImagePaths,
    out: Annotated[Path, typer.Option(help="Folder for the maps; made if missing.")],
    model: Model = api.DEFAULT_MODEL,
    method: Annotated[
        str, typer.Option(help="Id of the method; see 'methods'.")
    ] = api.DEFAULT_METHOD,
    layer: Annotated[str | None, typer.Option(help="Feature layer, for CAMs.")] = None,
    target: Annotated[
        str,
        typer.Option(
            help="auto (the predicted class), an index, a name, a WordNet id, or a target "
            "as kind:…, such as contrast:281/285."
        ),
    ] = "auto",
    against: Annotated[
        str | None, typer.Option(help="Explain the difference to this class instead.")
    ] = None,
    param: Annotated[list[str], typer.Option(help="A parameter as name=value.")] = [],  # noqa: B006
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryOrNone = None,
    depth: DepthName = "auto",
    recursive: RecursiveFlag = False,
    strict: StrictFlag = False,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Draw what a decision rests on: <stem>.<method>.npz (raw map) and .png (overlay)."""
    options = common_options(model, weights, classes, geometry, seed)
    found = find_pictures(image, recursive=recursive, model=model)
    bits = checked_depth(depth)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; expected a folder.")
    results = list(
        api.explain_many(
            found.paths,
            control=Terminal(),
            depth=bits,
            on_unreadable=found.missed,
            on_opened=found.noted,
            method=method,
            layer=layer,
            target=target,
            against=against,
            parameters=parameter_pairs(param),
            **options,
        )
    )
    # Nothing is written before every picture has succeeded.
    out.mkdir(parents=True, exist_ok=True)
    paths = found.read
    stems = _unique_stems(paths)
    entries = [
        _write(
            path, api.open_source(path, model=model, depth=bits), out / f"{stem}.{method}", result
        )
        for path, stem, result in zip(paths, stems, results, strict=True)
    ]
    document = {
        "model": model,
        "device": results[0].device,
        "explanations": entries,
        **found.facts(),
    }

    def lines() -> Iterator[str]:
        for entry in entries:
            yield f"{entry['overlay']}  {entry['target']['label']}  f = {entry['logit']:.3g}"

    emit(document, json_, lines)
    found.tell(strict=strict)


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


def _write(path: Path, source: OpenedSource, target: Path, result: Explanation) -> dict[str, Any]:
    about = [one for one in (result.target, result.against) if one is not None]
    name = f"{target}{class_suffix(Path(f'{target}.npz'), about)}"
    map_file, overlay_file = Path(f"{name}.npz"), Path(f"{name}.png")
    map_file.write_bytes(api.explanation_npz(result))
    overlay_file.write_bytes(api.drawn(source, result))
    return {
        "image": str(path),
        "key": result.key,
        "method": result.method,
        "target": asdict(result.target),
        "against": None if result.against is None else asdict(result.against),
        "layer": result.layer,
        "parameters": result.parameters,
        **result.seen.place(),
        "logit": result.logit,
        "map": str(map_file),
        "overlay": str(overlay_file),
        "completeness_error": result.completeness_error,
        "diagnostics": result.diagnostics,
        "seconds": result.seconds,
        "cached": result.cached,
    }
