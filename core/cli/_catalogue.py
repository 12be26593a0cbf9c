"""Commands that say what there is: models, methods, cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from core import api
from core.cli._common import JsonFlag, app, emit, tell_broken
from core.workspace import open_store

__all__: list[str] = []


@app.command()
def models(json_: JsonFlag = False) -> None:
    """List the models of the zoo."""
    cards = api.models()

    def lines() -> Iterator[str]:
        for card in cards:
            where = "offline" if card.offline else "downloaded"
            millions = f"{card.parameters / 1e6:.1f} M"
            yield f"{card.id:20} {card.size_text}  {millions:>8}  {where:10}  {card.summary}"

    emit({"default": api.DEFAULT_MODEL, "models": [asdict(card) for card in cards]}, json_, lines)
    tell_broken("models")
    tell_broken("modalities")


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
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove every stored result.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Show how much the store holds, or empty it."""
    store = open_store()
    removed = store.clear() if clear else 0
    stats = asdict(store.stats())
    document = {**stats, "root": str(store.root), "removed": removed}
    emit(document, json_, lambda: iter(f"{name:12} {value}" for name, value in document.items()))
