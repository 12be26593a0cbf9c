"""The command about one picture under attack: attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer
from PIL import Image

from core import api
from core.contracts import ExplanationDrift, Norm
from core.errors import InputError
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
)
from core.terminal.outputs import class_suffix

__all__: list[str] = []

AttackPairs = Annotated[list[str], typer.Option(help="A parameter of the attack as name=value.")]
MethodPairs = Annotated[
    list[str], typer.Option("--param", help="A parameter of the method as name=value.")
]


@app.command()
def attack(
    image: Annotated[Path, typer.Argument(help="A picture.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for pictures and maps; made if missing.")
    ] = None,
    attack: Annotated[
        str | None, typer.Option(help="Id of an attack; see 'attacks'. PGD by default.")
    ] = None,
    norm: Annotated[str, typer.Option(help="linf, l2, l1, or area (patches).")] = "linf",
    eps: Annotated[str, typer.Option(help="Such as 0.5/255,4/255; auto by default.")] = "auto",
    attack_param: AttackPairs = [],  # noqa: B006
    towards: Annotated[
        str,
        typer.Option(
            help="What the attack is after: untargeted (any other class), least-likely, top-5 (the "
            "class is no longer among so many), or a class."
        ),
    ] = "untargeted",
    model: Model = api.DEFAULT_MODEL,
    method: Method = api.DEFAULT_METHOD,
    layer: Annotated[str | None, typer.Option(help="Feature layer, for CAMs.")] = None,
    target: Annotated[
        str, typer.Option(help="Class explained: auto (the predicted one), index or name.")
    ] = "auto",
    param: MethodPairs = [],  # noqa: B006
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Attack one picture with growing ε, and see prediction, map and evidence change together."""
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is a file; expected a folder.")
    found = api.explanation_drift(
        opened(image, depth),
        control=Terminal(),
        attack=attack,
        attack_parameters=parameter_pairs(attack_param, "--attack-param"),
        norm=cast(Norm, norm),  # an unknown one is told there
        eps=eps,
        towards=towards,
        method=method,
        layer=layer,
        target=target,
        parameters=parameter_pairs(param),
        **common_options(model, weights, classes, geometry, seed),
    )
    document: dict[str, Any] = api.explanation_drift_document(found)
    document["files"] = [] if out is None else _written(out, found)
    emit(document, json_, lambda: _lines(found))


def _written(out: Path, found: ExplanationDrift) -> list[dict[str, str]]:
    out.mkdir(parents=True, exist_ok=True)
    epsilons = [step.eps for step in found.steps]
    suffix = class_suffix(out / "drift.npz", [found.target])
    np.savez(
        out / f"drift{suffix}.npz",
        epsilons=epsilons,
        pictures=found.frames,
        maps=found.maps,
        classes=[found.target.index],
        labels=[found.target.label],
    )
    files = []
    for i, layer in enumerate(api.explanation_drift_overlays(found)):
        kinds = {"picture": "picture", "change": "change", "map": f"map{suffix}"}
        names = {kind: out / f"eps-{i:02d}.{ending}.png" for kind, ending in kinds.items()}
        pixels = np.rint(found.frames[i] * 255).astype(np.uint8)
        Image.fromarray(pixels).save(names["picture"])
        Image.fromarray(api.magnified(found.frames[i] - found.frames[0])[0]).save(names["change"])
        names["map"].write_bytes(layer.png)
        files.append({kind: str(path) for kind, path in names.items()})
    return files


def _lines(found: ExplanationDrift) -> Iterator[str]:
    yield found.words
    yield f"{'ε':>10}  {'p':>6}  rank corr.  deletion  insertion  {found.model} says"
    for step in found.steps:
        eps = f"{step.eps * 255:.3g}/255" if found.norm == "linf" else f"{step.eps:.4g}"
        moved = "–" if step.spearman is None else f"{step.spearman:.2f}"
        yield (
            f"{eps:>10}  {step.target_probability:6.1%}  {moved:>10}  {step.deletion:8.3f}  "
            f"{step.insertion:9.3f}  {step.top[0].label} {step.top[0].probability:.1%}"
        )
