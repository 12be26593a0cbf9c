"""The command about smaller models: compress."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

import typer

from core import api
from core.contracts import DEFAULT_MODEL, CompressionForm, Run
from core.terminal.options import JsonFlag, Seed, Terminal, app, emit, number

__all__: list[str] = []

_FORMS = ", ".join(card.id for card in api.compressions())


@app.command()
def compress(
    model: Annotated[str, typer.Option(help="Id of the model; see 'models'.")] = DEFAULT_MODEL,
    form: Annotated[str, typer.Option(help=f"One of {_FORMS}.")] = "int8",
    dataset: Annotated[
        str | None,
        typer.Option(
            help="Pictures to calibrate with and compare on: a dataset, or a folder of pictures; "
            "by default the model's own dataset."
        ),
    ] = None,
    sparsity: Annotated[float, number(help="Share of weights set to 0 (pruned).")] = 0.7,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Make a model smaller and hold it against the one it was made of."""
    run = api.compress(
        model,
        form=cast(CompressionForm, form),  # an unknown one is told there
        dataset=dataset,
        sparsity=sparsity,
        seed=seed,
        control=Terminal(),
    )
    document = {
        "model": run.model,
        "key": run.key,
        "twin": run.twin,
        "form": run.recipe,
        "facts": run.facts,
        "test": None if run.test is None else asdict(run.test),
        "twin_test": None if run.twin_test is None else asdict(run.twin_test),
        "cached": run.cached,
        "seconds": run.seconds,
        "notes": list(run.notes),
        "folder": str(api.run_folder(run.model)),
    }
    emit(document, json_, lambda: _compressed(run, api.run_folder(run.model)))


def _compressed(run: Run, folder: Path) -> Iterator[str]:
    facts = run.facts
    yield f"bytes       {facts['bytes_before']:>12,} → {facts['bytes_after']:,}"
    before, after = float(facts["latency_ms_before"]), float(facts["latency_ms_after"])
    yield f"one picture {before:9.2f} ms → {after:.2f} ms  ({run.device})"
    yield f"agreement   {facts['agreement']:>12.2%} of {facts['compared_pictures']} pictures"
    if run.test is not None and run.twin_test is not None:
        yield f"accuracy    {run.twin_test.accuracy:>12.2%} → {run.test.accuracy:.2%}"
    yield from run.notes
    yield f"{run.model}  {folder}" + ("  (was made before)" if run.cached else "")
