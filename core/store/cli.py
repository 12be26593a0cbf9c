"""cache: what the store holds."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from core.terminal.options import JsonFlag, app, emit
from core.workspace import open_store

__all__: list[str] = []


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
