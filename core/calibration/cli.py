"""The command that measures how often verdicts are right: calibrate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.contracts import CalibrationTable, ClaimStatus, MeasuredClaim
from core.errors import InputError
from core.numerals import NOTHING
from core.terminal.lists import ListCommand, words
from core.terminal.options import JsonFlag, Seed, Terminal, app, emit
from core.terminal.outputs import check_places

__all__: list[str] = []

_MARKS = {"holds": "✓", "not refuted": "△", "broken": "✗", "not measured": "–"}


@app.command(cls=ListCommand)
def calibrate(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Claims, or what they begin with: gaps, maps.centre; all by default."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few trials of each claim.")] = False,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder of photographs, for the claims that need them.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the table as .json; its rows that were not measured now stay."),
    ] = None,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Measure how often verdicts are right where the truth is known; status 1 if a claim breaks."""
    if out is not None and out.suffix != ".json":
        raise InputError(f"--out takes a .json file. Received: {out.name or NOTHING}.")
    check_places({"--out": out}, [])
    found = api.calibrate(
        only=words(only) or (),
        quick=quick,
        pictures="" if pictures is None else str(pictures),
        seed=seed,
        control=Terminal(),
    )
    if out is not None:
        api.write_calibration(found, out)
    emit(_document(found), json_, lambda: _lines(found))
    if found.broken:
        raise typer.Exit(1)


def _document(found: CalibrationTable) -> dict[str, Any]:
    return {
        "holds": _count(found, "holds"),
        "not_refuted": _count(found, "not refuted"),
        "broken": [row.card.id for row in found.broken],
        "quick": found.quick,
        "seed": found.seed,
        "machine": found.machine,
        "versions": found.versions,
        "seconds": found.seconds,
        "command": found.command,
        "rows": [_row(row) for row in found.rows],
    }


def _row(row: MeasuredClaim) -> dict[str, Any]:
    card = asdict(row.card)
    fields = {name: card[name] for name in ("id", "topic", "claim", "how", "direction", "bound")}
    counted = {k: v for k, v in asdict(row).items() if k != "card"}
    share = row.share if row.n else None
    return fields | {"unit": row.card.unit} | counted | {"share": share, "status": row.status}


def _lines(found: CalibrationTable) -> Iterator[str]:
    topic = ""
    for row in found.rows:
        if row.card.topic != topic:
            topic = row.card.topic
            yield topic
        yield f"{_MARKS[row.status]} {row.status}: {row.card.claim} {_measured(row)}"
    yield (
        f"Of {len(found.rows)} claims {_count(found, 'holds')} hold (the whole interval lies "
        f"inside), {_count(found, 'not refuted')} are not refuted (it reaches beyond), "
        f"{len(found.broken)} are broken (it lies outside), {_count(found, 'not measured')} were "
        "not measured."
    )


def _count(found: CalibrationTable, status: ClaimStatus) -> int:
    return sum(row.status == status for row in found.rows)


def _measured(row: MeasuredClaim) -> str:
    if row.reason:
        option = " Give it with --pictures FOLDER." if row.card.needs else ""
        return f"{row.reason}{option} ({row.card.id})"
    return (
        f"Measured: {row.k} of {row.n} {row.card.unit}, {row.share:.1%} "
        f"[{row.low:.1%}, {row.high:.1%}]. ({row.card.id}, {row.seconds:.0f} s)"
    )
