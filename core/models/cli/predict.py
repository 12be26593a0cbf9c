"""predict: what a model says about pictures, or about a whole split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core import api
from core.data.cli.split import predict_split
from core.errors import InputError
from core.terminal.folders import DepthName, RecursiveFlag, StrictFlag, checked_depth, find_pictures
from core.terminal.options import (
    Classes,
    GeometryOrNone,
    JsonFlag,
    Model,
    Seed,
    Terminal,
    Weights,
    app,
    common_options,
    emit,
    whole,
)

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
