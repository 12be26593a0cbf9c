"""explain: maps of pictures; methods: what there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.contracts import Explanation, OpenedSource
from core.errors import InputError
from core.terminal.folders import DepthName, RecursiveFlag, StrictFlag, checked_depth, find_pictures
from core.terminal.options import (
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
    tell_broken,
)
from core.terminal.outputs import class_suffix

__all__: list[str] = []


@app.command()
def methods(json_: JsonFlag = False) -> None:
    """List the saliency methods with their parameters."""
    cards = api.methods()

    def lines() -> Iterator[str]:
        for card in cards:
            yield f"{card.id:22} {card.summary}"
            for p in card.parameters:
                yield f"{'':22}   --param {p.name}=… ({p.expected}; default {p.default}): {p.help}"

    emit({"methods": [asdict(card) for card in cards]}, json_, lines)
    tell_broken("methods")


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
