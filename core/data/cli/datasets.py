"""The command that lists datasets, or says what one holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import typer

from core import api
from core.contracts import DatasetCard, SplitName, count_text
from core.data.base import Dataset
from core.terminal.options import JsonFlag, app, emit, tell_broken

__all__: list[str] = []

_FEW = 12
_WIDE = 32


@app.command()
def datasets(
    dataset: Annotated[
        str | None, typer.Argument(help="Say what this one holds, such as portraits?bias=0.9.")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """List the datasets with their parameters, or say what one holds."""
    if dataset is None:
        cards = api.datasets()
        document = {"datasets": [asdict(card) for card in cards]}
        emit(document, json_, lambda: (line for card in cards for line in _card(card)))
        tell_broken("datasets")
    else:
        opened = api.open_dataset(dataset)
        emit(_contents(opened), json_, lambda: _report(opened))


def _card(card: DatasetCard) -> Iterator[str]:
    yield f"{card.usage}" + (f"    (not here: {card.needs})" if card.needs else "")
    yield f"    {card.summary}"
    yield f"    {card.limits}"
    for p in card.parameters:
        yield f"    ?{p.name}=… ({p.expected}; default {p.default}): {p.help}"


def _contents(opened: Dataset) -> dict[str, Any]:
    return {
        "dataset": opened.ref.text,
        "fingerprint": opened.fingerprint,
        "classes": list(opened.classes),
        "size": opened.size,
        "splits": {
            name: {"n": len(part), "by_class": _by_class(opened, name), "masks": part.has_masks}
            for name, part in opened.parts.items()
        },
        "groups": _groups(opened),
        "unreadable": list(opened.unreadable),
        **({"notes": list(opened.notes)} if opened.notes else {}),
    }


def _by_class(opened: Dataset, split: SplitName) -> list[int]:
    labels = opened.part(split).labels
    return [int(n) for n in np.bincount(labels, minlength=len(opened.classes))]


def _groups(opened: Dataset) -> dict[str, list[str]]:
    """Return the values of each attribute, in whichever split they occur."""
    values: dict[str, set[str]] = {}
    for part in opened.parts.values():
        for name, own in part.groups.items():
            values.setdefault(name, set()).update(own)
    return {name: sorted(found) for name, found in values.items()}


def _report(opened: Dataset) -> Iterator[str]:
    side = f" of {opened.size}×{opened.size} pixels" if opened.size else ""
    n = sum(len(part) for part in opened.parts.values())
    yield (
        f"{opened.ref.text}: {count_text(n, 'picture')}{side}, "
        f"{count_text(len(opened.classes), 'class')}"
    )
    yield f"fingerprint {opened.fingerprint}"
    yield ""
    yield from _table(opened)
    if groups := _groups(opened):
        yield ""
        for name, values in groups.items():
            yield f"group {name}: {_few(values)}"
    if any(part.has_masks for part in opened.parts.values()):
        yield "with a mask of each picture's object"
    if opened.unreadable:
        yield "Left out:"
        yield from (f"  {problem}" for problem in opened.unreadable)
    yield from opened.notes


def _table(opened: Dataset) -> Iterator[str]:
    counts = {name: _by_class(opened, name) for name in opened.parts}
    wide = min(_WIDE, max(map(len, ("class", *opened.classes))))
    yield f"{'class':{wide}}" + "".join(f"{name:>12}" for name in counts)
    for i, label in enumerate(opened.classes):
        yield f"{label:{wide}.{wide}}" + "".join(f"{own[i]:12}" for own in counts.values())
    yield f"{'all':{wide}}" + "".join(f"{sum(own):12}" for own in counts.values())


def _few(values: list[str]) -> str:
    rest = len(values) - _FEW
    return ", ".join(values[:_FEW]) + (f" and {rest} more" if rest > 0 else "")
