"""The table that comes along: what the full run of the last release measured."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from core.calibration.registry import CLAIMS
from core.contracts import Artefact, CalibrationTable
from core.errors import InputError

__all__ = ["read_table", "shipped_table", "write_table"]

_SHIPPED = Path(__file__).parent / "table.json"


@lru_cache(maxsize=1)
def shipped_table() -> CalibrationTable:
    """Return the table that was measured for this release."""
    return read_table(_SHIPPED)


def read_table(path: Path) -> CalibrationTable:
    """Read a table that :func:`write_table` wrote.

    Raises
    ------
    InputError
        If the file is no such table.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return CalibrationTable.from_artefact(Artefact(document))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path.name} is no table of measured claims. Calibrate anew, and let it be written "
            f"there (--out {path.name})."
        ) from error


def write_table(table: CalibrationTable, path: Path) -> CalibrationTable:
    """Write a table; rows of a file that is there stay where this one measured nothing.

    Rows whose claim has gone, or says something else now, go.
    """
    known = {row.card.id: row for row in read_table(path).rows} if path.is_file() else {}
    known |= {row.card.id: row for row in table.rows if row.measured or row.card.id not in known}
    rows = tuple(
        known[id] for id, claim in CLAIMS.items() if id in known and known[id].card == claim.card
    )
    merged = replace(table, rows=rows, cached=False)
    text = json.dumps(merged.to_artefact().document, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")
    return merged
