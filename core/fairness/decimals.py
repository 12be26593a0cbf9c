"""Numbers with a decimal comma, as spreadsheets of half the world write them."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice

from core.contracts import MISSING
from core.fairness.sql import Database, identifier, literal
from core.tabular.head import CsvHead
from core.tabular.source import TextSource

__all__ = ["decimal_columns", "with_point"]

_HEAD_BYTES, _HEAD_ROWS = 2**18, 1000
_COMMA = r"[+-]?\d+,\d+([eE][+-]?\d+)?"
_NUMBER = r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?"
_THOUSANDS = r"[+-]?[1-9]\d{0,2},\d{3}"


def with_point(column: str) -> str:
    """Return SQL for a column of numbers with a comma, the comma a point."""
    return f"replace({column}, ',', '.')"


def decimal_columns(
    database: Database, view: str, source: TextSource, head: CsvHead
) -> frozenset[str]:
    """Return the columns of ``view`` whose numbers have a decimal comma.

    A column has if every cell is a number or missing, some have a comma, and not all of those can
    be read as thousands (``1,234``).
    """
    candidates = _candidates(source, head)
    if not candidates:
        return frozenset()
    missing = ", ".join(literal(word.lower()) for word in MISSING)

    def tests(i: int) -> str:
        cell = identifier(f"c{i}")
        fits = f"regexp_full_match({cell}, {literal(_NUMBER)}) OR lower({cell}) IN ({missing})"
        proof = (
            f"regexp_full_match({cell}, {literal(_COMMA)}) "
            f"AND NOT regexp_full_match({cell}, {literal(_THOUSANDS)})"
        )
        return f"coalesce(bool_and({fits}), false) AND coalesce(bool_or({proof}), false)"

    (found,) = database.rows(f"SELECT {', '.join(map(tests, candidates))} FROM {view}")
    chosen = (i for i, yes in zip(candidates, found, strict=True) if yes)
    return frozenset(head.names[i] for i in chosen if head.names[i])


def _candidates(source: TextSource, head: CsvHead) -> list[int]:
    """Return the columns of which some of the first cells have a comma between digits."""
    with source.open() as file:
        text = file.read(_HEAD_BYTES).decode(head.encoding, errors="replace")
    lines = io.StringIO(text, newline="")
    for _ in range(head.skipped):
        next(lines)
    comma = re.compile(_COMMA)
    found = set()
    try:
        for row in islice(csv.reader(lines, delimiter=head.delimiter), 1, _HEAD_ROWS):
            cells = row[: len(head.names)]
            found |= {i for i, cell in enumerate(cells) if comma.fullmatch(cell.strip())}
    except csv.Error:  # whoever reads the rows says where
        return []
    return sorted(found)
