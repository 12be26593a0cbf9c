"""corruptions: how accuracy falls when pictures get worse by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, cast

import typer

from core import api, numerals
from core.contracts import Corrupted, SplitName
from core.errors import NumeralError, ParameterError
from core.terminal.lists import ListCommand, words
from core.terminal.options import (
    Classes,
    JsonFlag,
    Model,
    Seed,
    SliceText,
    Terminal,
    Weights,
    app,
    emit,
    tell_dataset,
    whole,
)

__all__: list[str] = []


@app.command(cls=ListCommand)
def corruptions(
    dataset: Annotated[
        str | None, typer.Option(help="A dataset or a folder; without one, they are listed.")
    ] = None,
    model: Model = api.DEFAULT_MODEL,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    limit: Annotated[
        int | None, whole(low=1, help="So many pictures, drawn from the split.")
    ] = None,
    corruption: Annotated[
        list[str] | None, typer.Option(help="Id of a corruption, or several; all by default.")
    ] = None,
    severity: Annotated[str, typer.Option(help="From 1 to 5, by commas.")] = "1,2,3,4,5",
    by: Annotated[
        str | None, typer.Option(help="Attribute that subgroups are formed by, or 'class'.")
    ] = None,
    slice_: SliceText = None,
    ood: Annotated[
        str | None, typer.Option(help="Dataset of other things, for out-of-distribution scores.")
    ] = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Measure how a model does on corrupted pictures, or list the corruptions."""
    if dataset is None:
        cards = api.corruptions()
        listed = {"corruptions": [asdict(card) for card in cards]}
        emit(listed, json_, lambda: (f"{c.id:18} {c.kind:8} {c.name}" for c in cards))
        return
    found = api.corruption_robustness(
        dataset,
        model=model,
        split=cast(SplitName, split),
        limit=limit,
        corruptions=words(corruption),
        severities=_levels(severity),
        by=by,
        slice=slice_,
        out_of_distribution=ood,
        weights=weights,
        classes=None if classes is None else str(classes),
        seed=seed,
        control=Terminal(),
    )
    emit(asdict(found), json_, lambda: _matrix(found))
    tell_dataset(dataset)


def _levels(text: str) -> list[int]:
    try:
        return [numerals.whole(word, 1, 5) for word in text.replace(",", " ").split()]
    except NumeralError as error:
        raise ParameterError(f"--severity takes 1 to 5, by commas. {error}") from error


def _matrix(found: Corrupted) -> Iterator[str]:
    yield f"as they are: {found.clean.accuracy:.1%} right of {found.n}"
    by_id: dict[str, list[str]] = {}
    for row in found.rows:
        by_id.setdefault(row.corruption, []).append(f"{row.severity}: {row.accuracy:6.1%}")
    for name, cells in by_id.items():
        yield f"{name:18} " + "  ".join(cells)
    if found.mean_error is not None and found.relative_error is not None:
        yield (
            f"mean corruption error (unnormalised) {found.mean_error:.1%}, "
            f"{found.relative_error:+.1%} against clean"
        )
    for score in found.out_of_distribution:
        yield (
            f"{score.score} against {score.dataset}: AUROC {score.auroc:.3f}, "
            f"FPR@95 {score.fpr95:.1%}"
        )
