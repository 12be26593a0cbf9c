"""The command that says what would change a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.contracts import Counterfactual
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
    whole,
)

__all__: list[str] = []


@app.command()
def counterfactual(
    image: Annotated[Path, typer.Argument(help="One picture.")],
    model: Model = api.DEFAULT_MODEL,
    regions: Annotated[
        str | None,
        typer.Option(help=f"How it is cut: {', '.join(api.partitions())}; the first by default."),
    ] = None,
    count: Annotated[int, whole(help="About how many regions, 4 to 64.")] = 30,
    baseline: Annotated[
        str | None,
        typer.Option(
            help=f"What a removed pixel becomes: {', '.join(api.baselines())}; blur by default."
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Class to turn to: index, name or WordNet id; else any.")
    ] = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Find the smallest set of regions whose removal changes the decision."""
    options = common_options(model, weights, classes, geometry, seed)
    request = api.counterfactual_request(
        opened(image, depth),
        regions=regions,
        count=count,
        baseline=baseline,
        target=target,
        **options,
    )
    found = api.counterfactual(request, control=Terminal())

    def lines() -> Iterator[str]:
        yield found.words
        for step in found.steps:
            yield (
                f"  region {step.region:3}  {step.share:6.1%} of the picture  "
                f"{found.before.label} {step.probability:6.1%}  decision {step.decision.label}"
            )

    emit(_document(image, found), json_, lines)


def _document(image: Path, found: Counterfactual) -> dict[str, Any]:
    return {
        "image": str(image),
        "key": found.key,
        "model": found.model,
        "device": found.device,
        "flipped": found.flipped,
        "before": asdict(found.before),
        "after": asdict(found.after),
        "target": None if found.target is None else asdict(found.target),
        "regions": found.n_regions,
        "removed": [asdict(step) for step in found.steps],
        "share": found.share,
        "minimal": found.minimal,
        "irreducible": found.irreducible,
        "size_at_least": found.size_at_least,
        "words": found.words,
        "passes": found.passes,
        "seconds": found.seconds,
        "cached": found.cached,
        "command": found.command,
    }
