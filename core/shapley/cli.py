"""The command about Shapley values: shap."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from core import api
from core.contracts import DEFAULT_EXPLAINER, Picture, ShapResult
from core.errors import InputError
from core.terminal.folders import DepthName, Pictures, checked_depth, find_pictures, opened
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
    parameter_pairs,
    whole,
)
from core.terminal.outputs import class_suffix

__all__: list[str] = []

_MOST_BACKGROUND = 256


@app.command()
def explainers(json_: JsonFlag = False) -> None:
    """List the explainers of 'shap' with their parameters."""
    cards = api.explainers()

    def lines() -> Iterator[str]:
        for card in cards:
            yield f"{card.id:12} {card.summary}"
            for p in card.parameters:
                yield f"{'':12}   --param {p.name}=… ({p.expected}; default {p.default}): {p.help}"

    emit({"explainers": [asdict(card) for card in cards]}, json_, lines)


@app.command()
def shap(
    image: Annotated[Path, typer.Argument(help="The picture.")],
    out: Annotated[Path, typer.Option(help="Folder for the result; made if missing.")],
    model: Model = api.DEFAULT_MODEL,
    explainer: Annotated[
        str, typer.Option(help="Id of the explainer; see 'explainers'.")
    ] = DEFAULT_EXPLAINER,
    target: Annotated[
        list[str], typer.Option(help="A class: index, name or WordNet id. May be repeated.")
    ] = [],  # noqa: B006
    classes_top: Annotated[
        int, whole(low=1, high=10, help="How many of the likeliest classes, if no --target.")
    ] = 3,
    background: Annotated[
        Path | None, typer.Option(help="Folder of pictures to compare with, for 'gradient'.")
    ] = None,
    param: Annotated[list[str], typer.Option(help="A parameter as name=value.")] = [],  # noqa: B006
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Share out the logits of classes over a picture: <stem>.shap.<explainer>.npz and .png."""
    options = common_options(model, weights, classes, geometry, seed)
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; expected a folder.")
    behind = _background(background, depth)
    request = api.shap_request(
        opened(image, depth),
        explainer=explainer,
        parameters=parameter_pairs(param),
        targets=target,
        top=classes_top,
        background=[] if behind is None else _drawn(behind, seed, depth),
        **options,
    )
    result: ShapResult = api.answer(request, control=Terminal())
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"{image.stem}.shap.{explainer}"
    stem = Path(f"{stem}{class_suffix(Path(f'{stem}.npz'), result.targets)}")
    arrays, panels = Path(f"{stem}.npz"), Path(f"{stem}.png")
    arrays.write_bytes(api.shap_npz(result))
    panels.write_bytes(api.shap_panels(request, result))
    document = _document(image, result) | {"values": str(arrays), "panels": str(panels)}
    document |= {} if behind is None else behind.facts()
    emit(document, json_, lambda: _lines(document))


def _background(folder: Path | None, depth: str) -> Pictures | None:
    """Check the folder's pictures, and say what is left out."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise InputError(f"--background {folder} is no folder; expected a folder of pictures.")
    found = find_pictures([folder])
    found.check(checked_depth(depth))
    found.tell(strict=False)
    return found


def _drawn(found: Pictures, seed: int, depth: str) -> Sequence[Picture]:
    """Open the pictures; of more than 256, as many drawn with ``seed``."""
    bits, paths = checked_depth(depth), found.read
    if len(paths) > _MOST_BACKGROUND:
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.choice(len(paths), _MOST_BACKGROUND, replace=False))
        paths = [paths[i] for i in chosen]
    return [api.open_picture(path, depth=bits) for path in paths]


def _document(image: Path, result: ShapResult) -> dict[str, Any]:
    return {
        "image": str(image),
        "key": result.key,
        "model": result.model,
        "weights_sha256": result.weights_sha256,
        "device": result.device,
        "explainer": result.explainer,
        "parameters": result.parameters,
        "background": result.background,
        "classes": [_class(result, k) for k in range(len(result.targets))],
        "regions": int(result.region_values.shape[1]),
        "evaluations": result.evaluations,
        "gradient_passes": result.gradient_passes,
        "seed": result.seed,
        "command": result.command,
        "seconds": result.seconds,
        "cached": result.cached,
    }


def _class(result: ShapResult, k: int) -> dict[str, Any]:
    return {
        "index": result.targets[k].index,
        "label": result.targets[k].label,
        "probability": float(result.probabilities[k]),
        "base_value": float(result.base_values[k]),
        "output": float(result.outputs[k]),
        "sum": float(result.values[k].sum(dtype=np.float64)),
        "additivity_error": float(result.additivity_errors[k]),
        "relative_error": _known(float(result.relative_errors[k])),
    }


def _lines(document: dict[str, Any]) -> Iterator[str]:
    yield f"{document['panels']}  ({document['background']})"
    for one in document["classes"]:
        relative = one["relative_error"]
        share = "no difference to add up to" if relative is None else f"{relative:.1%}"
        yield (
            f"  {one['label']}: {one['base_value']:.3g} → {one['output']:.3g}, additivity error "
            f"{one['additivity_error']:.2g} ({share})"
        )


def _known(value: float) -> float | None:
    """Return ``None`` for NaN, which JSON lacks."""
    return None if math.isnan(value) else value
