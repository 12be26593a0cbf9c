"""The command that lists the metrics of maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from core import api
from core.terminal.options import JsonFlag, app, emit, tell_broken

__all__: list[str] = []

_BETTER = {True: "higher is better", False: "lower is better", None: "describes"}


@app.command()
def metrics(json_: JsonFlag = False) -> None:
    """List the metrics of maps and the protocols of deletion and insertion."""
    cards, presets = api.metrics(), api.presets()

    def lines() -> Iterator[str]:
        for card in cards:
            notes = [_BETTER[card.higher_is_better]]
            notes += ["quick set"] if card.quick else []
            notes += ["needs a mask"] if card.needs_mask else []
            notes += ["computes maps again"] if card.recomputes else []
            yield f"{card.id:18} {card.summary} ({', '.join(notes)})"
        for id, summary in presets.items():
            yield f"--preset {id:9} {summary}"

    document = {"metrics": [asdict(card) for card in cards], "presets": presets}
    emit(document, json_, lines)
    tell_broken("metrics")
