"""The command that lists datasets, or says what one holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import typer

from core import api
from core.cli._common import JsonFlag, app, emit
from core.data.base import Dataset

__all__: list[str] = []


@app.command()
def datasets(
    dataset: Annotated[
        str | None, typer.Argument(help="Say what this one holds, such as portraits?bias=0.9.")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """List the datasets with their parameters, or say what one holds."""
    if dataset is None:
        _list(json_)
    else:
        document = _contents(api.open_dataset(dataset))
        emit(document, json_, lambda: iter(f"{k:12} {v}" for k, v in document.items()))


def _list(as_json: bool) -> None:
    cards = api.datasets()

    def lines() -> Iterator[str]:
        for card in cards:
            source = f":{card.source}" if card.source else ""
            yield f"{card.id}{source}"
            yield f"    {card.summary}"
            for p in card.parameters:
                yield f"    ?{p.name}=… ({p.expected}; default {p.default}): {p.help}"

    emit({"datasets": [asdict(card) for card in cards]}, as_json, lines)


def _contents(opened: Dataset) -> dict[str, Any]:
    n_classes = len(opened.classes)
    return {
        "dataset": opened.ref.text,
        "fingerprint": opened.fingerprint,
        "classes": list(opened.classes),
        "splits": {
            name: {
                "n": len(part),
                "by_class": np.bincount(part.labels, minlength=n_classes).tolist(),
                "masks": part.has_masks,
            }
            for name, part in opened.parts.items()
        },
        "groups": {
            name: sorted(set(values)) for name, values in opened.part("train").groups.items()
        },
        "unreadable": list(opened.unreadable),
    }
