"""Commands about training: train, recipes, runs, card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.contracts import DEFAULT_DATASET, DEFAULT_RECIPE, Epoch, Run, SeedSpread, count_text
from core.terminal.options import (
    JsonFlag,
    Seed,
    Terminal,
    Weights,
    app,
    emit,
    parameter_pairs,
    whole,
)

__all__: list[str] = []


@app.command()
def train(
    dataset: Annotated[
        str, typer.Option(help="Such as portraits?bias=0.9 or folder:PATH; see 'datasets'.")
    ] = DEFAULT_DATASET,
    recipe: Annotated[str, typer.Option(help="Id of the recipe; see 'recipes'.")] = DEFAULT_RECIPE,
    base: Annotated[str | None, typer.Option(help="Model of the zoo to start from.")] = None,
    weights: Weights = "pretrained",
    epochs: Annotated[int | None, whole(low=1, help="Passes over the data.")] = None,
    param: Annotated[list[str], typer.Option(help="A parameter as name=value.")] = [],  # noqa: B006
    seed: Seed = 0,
    seeds: Annotated[
        int | None,
        whole(help="Train with this many seeds, from --seed on, and say how far they differ."),
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Train a model, or go on where the same run was stopped; it then belongs to the zoo."""
    options: dict[str, Any] = {
        "dataset": dataset,
        "recipe": recipe,
        "base": base,
        "weights": weights,
        "epochs": epochs,
        "parameters": parameter_pairs(param),
        "seed": seed,
        "control": Terminal(),
    }
    if seeds is not None:
        spread = api.train_seeds(n=seeds, **options)
        emit({"seeds": asdict(spread)}, json_, lambda: _spread(spread))
        return
    run = api.train(**options)
    document = {
        "model": run.model,
        "key": run.key,
        "epochs": [asdict(epoch) for epoch in run.history],
        "test": None if run.test is None else asdict(run.test),
        "cached": run.cached,
        "resumed": run.resumed,
        "seconds": run.seconds,
        "notes": list(run.notes),
        "facts": run.facts,
        "folder": str(api.run_folder(run.model)),
    }
    emit(document, json_, lambda: _report(run, api.run_folder(run.model)))


@app.command()
def recipes(json_: JsonFlag = False) -> None:
    """List the recipes of training with their parameters."""
    cards = api.recipes()

    def lines() -> Iterator[str]:
        for card in cards:
            yield f"{card.id:16} {card.summary}"
            for p in card.parameters:
                yield f"{'':16}   --param {p.name}=… ({p.expected}; default {p.default}): {p.help}"

    emit({"recipes": [asdict(card) for card in cards]}, json_, lines)


@app.command()
def runs(
    delete: Annotated[str | None, typer.Option(help="Delete the run of this model.")] = None,
    json_: JsonFlag = False,
) -> None:
    """List the models that were trained here, and what lies unfinished."""
    if delete is not None:
        api.delete_run(delete)
    finished, unfinished = api.runs(), api.unfinished_runs()
    document = {
        "runs": [asdict(run) for run in finished],
        "unfinished": [
            {"key": u.request.key, "command": u.request.command, "epochs": len(u.history)}
            for u in unfinished
        ],
    }

    def lines() -> Iterator[str]:
        for run in finished:
            right = "" if run.test is None else f"{run.test.accuracy:6.1%} right on the test split"
            yield f"{run.model:32} {right}  {run.dataset}"
        for u in unfinished:
            yield f"unfinished, {count_text(len(u.history), 'epoch')} done: {u.request.command}"

    emit(document, json_, lines)


@app.command()
def card(
    model: Annotated[str, typer.Argument(help="A model that was trained here; see 'runs'.")],
    json_: JsonFlag = False,
) -> None:
    """Print the model card of a run: data, recipe, figures by class and group, limits."""
    text = api.run_card(model)
    emit({"model": model, "card": text}, json_, lambda: iter(text.splitlines()))


def _report(run: Run, folder: Path) -> Iterator[str]:
    for epoch in run.history:
        yield _line(epoch)
    if run.test is not None:
        yield f"test: {run.test.accuracy:.1%} right of {run.test.n}, loss {run.test.loss:.3f}"
    yield from run.notes
    yield f"{run.model}  {folder}" + ("  (was trained before)" if run.cached else "")


def _spread(spread: SeedSpread) -> Iterator[str]:
    runs = zip(spread.seeds, spread.accuracies, spread.models, strict=True)
    for seed, accuracy, model in runs:
        yield f"seed {seed:3}  {accuracy:6.1%} right on the test split  {model}"
    yield f"mean {spread.accuracy.mean:.1%}, {spread.range_text}"
    for gap in spread.gaps:
        mark = "△" if gap.beyond_chance else "○"
        low, high = (f"{share * 100:.1f}" for share in (gap.difference.low, gap.difference.high))
        yield (
            f"{mark} {gap.attribute}: widest gap {gap.difference.mean * 100:.1f} points, {low} to "
            f"{high}; {spread.verdict_text(gap)}"
        )
        for group in spread.groups:
            if group.attribute == gap.attribute:
                yield f"    {group.group:14} {group.accuracy.mean:6.1%}, {group.accuracy.words}"
    for name, fact in spread.facts.items():
        yield f"{name}: {fact.mean:.4g}, {fact.low:.4g} to {fact.high:.4g}"


def _line(epoch: Epoch) -> str:
    val = "" if epoch.val_accuracy is None else f"  validation {epoch.val_accuracy:6.1%}"
    train = "" if epoch.train_accuracy is None else f" {epoch.train_accuracy:6.1%}"
    return (
        f"{epoch.epoch:4} {epoch.stage:10} loss {epoch.train_loss:7.4f}{train}{val}  "
        f"{epoch.seconds:6.1f} s"
    )
