"""models: the zoo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from core import api
from core.terminal.options import JsonFlag, app, emit, tell_broken

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
