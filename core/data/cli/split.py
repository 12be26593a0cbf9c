"""What a model says about a whole split: the part of ``predict`` behind ``--dataset``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import typer

from core import api
from core.contracts import SPLITS, Evaluation, SplitName
from core.errors import InputError
from core.terminal.options import Terminal, emit, printable

__all__ = ["predict_split"]


def predict_split(
    dataset: str,
    split: str,
    *,
    limit: int | None,
    out: Path | None,
    as_json: bool,
    strict: bool,
    **options: Any,
) -> None:
    """Predict a split, write the table if asked to, and print how the model does.

    With ``strict``, the status is 2 where files were left out because the dataset's name says so.

    Raises
    ------
    InputError
        For a name, a split or a file that cannot be; nothing is computed then.
    """
    if out is not None:
        api.check_predictions_file(out)
    found = api.predict_dataset(
        dataset, split=_split(split), limit=limit, control=Terminal(), **options
    )
    if out is not None:
        api.write_predictions(found, out)
    measured = api.evaluation(found)
    document = {
        "model": found.model,
        "weights_sha256": found.weights_sha256,
        "dataset": found.dataset,
        "fingerprint": found.fingerprint,
        "split": measured.split,
        "n": measured.n,
        "accuracy": measured.accuracy,
        "balanced_accuracy": measured.balanced_accuracy,
        "loss": measured.loss,
        "classes": list(found.classes),
        "confusion": [list(row) for row in measured.confusion],
        "groups": [
            asdict(count) | {"accuracy": count.correct / count.n} for count in measured.groups
        ],
        "file": None if out is None else str(out),
        "seconds": found.seconds,
        "cached": found.cached,
        "device": found.device,
    }
    opened = api.open_dataset(dataset)
    document |= {"notes": list(opened.notes)} if opened.notes else {}
    document |= {"unreadable": list(opened.unreadable)} if opened.unreadable else {}
    emit(document, as_json, lambda: chain(_lines(measured, found.classes, out), opened.notes))
    for problem in opened.unreadable:
        print(printable(f"left out: {problem}"), file=sys.stderr)
    if strict and opened.unreadable:
        raise typer.Exit(2)


def _split(text: str) -> SplitName:
    for name in SPLITS:
        if text == name:
            return name
    raise InputError(f"--split must be one of {', '.join(SPLITS)}. Received: {text!r}.")


def _lines(measured: Evaluation, classes: tuple[str, ...], out: Path | None) -> Iterator[str]:
    yield (
        f"{measured.n} {measured.split} pictures: {measured.accuracy:.1%} right, balanced "
        f"{measured.balanced_accuracy:.1%}, loss {measured.loss:.3f}"
    )
    yield from _right_of("class", _recalls(measured, classes))
    for attribute, counts in groupby(measured.groups, key=lambda count: count.attribute):
        yield from _right_of(attribute, [(c.group, c.correct, c.n) for c in counts])
    if out is not None:
        yield f"written to {out}"


def _recalls(measured: Evaluation, classes: tuple[str, ...]) -> list[tuple[str, int, int]]:
    rows = enumerate(zip(classes, measured.confusion, strict=True))
    return [(name, row[i], sum(row)) for i, (name, row) in rows if sum(row)]


def _right_of(attribute: str, rows: list[tuple[str, int, int]]) -> Iterator[str]:
    yield attribute
    for name, right, n in rows:
        yield f"  {right / n:6.1%}  {right:6} of {n:6}  {name}"
