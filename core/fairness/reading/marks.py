"""Numbers as half the world writes them: a decimal comma, and marks between thousands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.fairness.reading.sql import Database, identifier, literal
from core.tabular.head import CsvHead
from core.tabular.source import TextSource

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Marks", "marks_of", "marks_of_texts", "read_with"]

_HEAD_BYTES, _HEAD_ROWS = 2**18, 1000
_THOUSANDS = {".": r"\.", ",": ",", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}
_NAMES = {".": "points", ",": "commas", " ": "blanks", "'": "apostrophes"}
_DIGIT, _MARK = r"\d", "[., \u00a0\u2009\u202f'\u2019]"


@dataclass(frozen=True, slots=True)
class Marks:
    """Which marks stand in the numbers of a column.

    Parameters
    ----------
    thousands : str
        ``""`` for none.
    decimal : str
    sure : bool
        Whether nothing else fits: ``1.000`` may be one or a thousand.
    """

    thousands: str = ""
    decimal: str = "."
    sure: bool = True

    @property
    def pattern(self) -> str:
        """What matches a number that is written so, and no other cell.

        >>> bool(re.fullmatch(Marks(".", ",").pattern, "-12.345,6"))
        True
        """
        grouped = f"|[1-9]\\d{{0,2}}({_THOUSANDS.get(self.thousands)}\\d{{3}})+"
        whole = f"(\\d+{grouped if self.thousands else ''})"
        short = r"|\.\d+" if self == _PLAIN else ""
        least = "*" if self == _PLAIN else "+"
        return f"[+-]?({whole}({re.escape(self.decimal)}\\d{least})?{short})([eE][+-]?\\d+)?"

    def plain(self, column: str) -> str:
        """Return SQL for a column with numbers as every reader reads them, other cells as is."""
        if self == _PLAIN or not self.sure:
            return column
        mark = _THOUSANDS.get(self.thousands)
        bare = f"regexp_replace({column}, {literal(mark)}, '', 'g')" if mark else column
        number = f"replace({bare}, {literal(self.decimal)}, '.')"
        fits = f"regexp_full_match({column}, {literal(self.pattern)})"
        return f"CASE WHEN {fits} THEN {number} ELSE {column} END"

    @property
    def words(self) -> str:
        """How the numbers were read."""
        if not self.thousands:
            return "decimal points" if self.decimal == "." else "decimal commas"
        beside = " and decimal commas" if self.decimal == "," and self.thousands != "." else ""
        return f"{_NAMES[self.thousands]} between thousands{beside}"


_PLAIN, _COMMA = Marks(), Marks("", ",")
_READINGS = (
    _PLAIN, _COMMA, *(Marks(mark, to) for mark in _THOUSANDS for to in ".," if mark != to)
)  # fmt: skip
_GERMAN, _ENGLISH = Marks(".", ","), Marks(",", ".")
Fits = Set[Marks]


def marks_of(
    database: Database, view: str, source: TextSource, head: CsvHead
) -> Mapping[str, Marks]:
    """Return how the numbers of those columns of ``view`` are written that have marks.

    A column has if every cell that holds a digit is a number written alike. Whether a single point
    or comma stands between thousands or before decimals is told by the other columns; where they
    say nothing, or both, it is not sure. Points are decimals but in tables with decimal commas or
    semicolons.
    """
    seen = _first_rows(source, head)
    return _marks_of(database, view, seen, head.names, semicolons=head.delimiter == ";")


def marks_of_texts(database: Database, view: str, schema: pa.Schema) -> Mapping[str, Marks]:
    """Return the same of columns that have types: numbers may stand in text there too."""
    import pyarrow as pa

    kinds = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in schema]
    texts = [
        i
        for i, kind in enumerate(kinds)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind)
    ]
    if not texts:
        return {}
    columns = ", ".join(map(_cell, texts))
    rows = database.rows(f"SELECT {columns} FROM {view} LIMIT {_HEAD_ROWS}")
    cells = [{cell.strip() for cell in column if cell} for column in zip(*rows, strict=True)]
    seen = {i: fits for i, each in zip(texts, cells, strict=False) if (fits := _fitting(each))}
    return _marks_of(database, view, seen, schema.names, semicolons=False)


def _marks_of(
    database: Database,
    view: str,
    seen: Mapping[int, Fits],
    names: Sequence[str],
    *,
    semicolons: bool,
) -> Mapping[str, Marks]:
    proofs = {mark for fits in seen.values() for mark in _proof(fits)}
    asked = semicolons or "," in proofs
    used = {i: fits for i, fits in seen.items() if asked or _PLAIN not in fits}
    found = {}
    for i, fits in _whole(database, view, used).items():
        marks = _chosen(fits, proofs, asked=asked)
        if marks is not None and names[i]:
            found[names[i]] = marks
    return found


def read_with(marks: Mapping[str, Marks], used: Iterable[str]) -> Iterator[str]:
    """Say how the numbers of columns were read, where they could have been read otherwise."""
    by_text: dict[str, list[str]] = {}
    for name in dict.fromkeys(used):
        if name in marks and marks[name].sure:
            by_text.setdefault(marks[name].words, []).append(repr(name))
    for words, names in by_text.items():
        yield f"Read with {words}: {', '.join(names)}."


def _chosen(fits: Fits, proofs: Set[str], *, asked: bool) -> Marks | None:
    """Return how a column is written; ``None`` where there is nothing to tell."""
    if {_PLAIN, _COMMA} <= fits or not fits:
        return None
    if _PLAIN in fits and (_GERMAN not in fits or not asked):
        return None
    if _COMMA in fits and _ENGLISH not in fits:
        return _COMMA
    if fits & {_GERMAN, _ENGLISH} and len(fits) > 1:
        for decimal in ".,":
            if proofs == {decimal}:
                return next(m for m in _READINGS if m in fits and m.decimal == decimal)
        return Marks(sure=False)
    return next(marks for marks in _READINGS if marks in fits)


def _proof(fits: Fits) -> Set[str]:
    """Return the decimal mark that a column shows, if it shows one."""
    decimals = {marks.decimal for marks in fits}
    return decimals if len(decimals) == 1 else set()


def _fitting(cells: Iterable[str]) -> Fits:
    numbers = {cell for cell in cells if re.search(_DIGIT, cell)}
    return {
        marks
        for marks in (_READINGS if numbers else ())
        if all(re.fullmatch(marks.pattern, cell) for cell in numbers)
    }


def _first_rows(source: TextSource, head: CsvHead) -> dict[int, Fits]:
    """Return the columns of which the first cells are numbers, and how those may be written."""
    with source.open() as file:
        data = file.read(_HEAD_BYTES)
    lines = io.StringIO(data.decode(head.encoding, errors="replace"), newline="")
    for _ in range(head.skipped):
        next(lines)
    try:
        rows = list(
            islice(
                csv.reader(lines, delimiter=head.delimiter, skipinitialspace=True), 1, _HEAD_ROWS
            )
        )
    except csv.Error:  # whoever reads the rows says where
        return {}
    if len(data) == _HEAD_BYTES:  # the last one may be cut within a number
        del rows[-1:]
    columns = [{row[i].strip() for row in rows if i < len(row)} for i in range(len(head.names))]
    return {i: fits for i, cells in enumerate(columns) if (fits := _fitting(cells))}


def _whole(database: Database, view: str, seen: Mapping[int, Fits]) -> dict[int, Fits]:
    """Return how the numbers of whole columns may be written, of what their first rows allow."""
    marked = _true(
        database, view, [f"bool_or(regexp_matches({_cell(i)}, {literal(_MARK)}))" for i in seen]
    )
    columns = [i for i, yes in zip(seen, marked, strict=True) if yes]
    pairs = [(i, marks) for i in columns for marks in _READINGS if marks in seen[i]]
    tests = [
        f"bool_and(NOT regexp_matches({_cell(i)}, {literal(_DIGIT)}) "
        f"OR regexp_full_match({_cell(i)}, {literal(marks.pattern)}))"
        for i, marks in pairs
    ]
    found: dict[int, set[Marks]] = {}
    for (i, marks), yes in zip(pairs, _true(database, view, tests), strict=True):
        if yes:
            found.setdefault(i, set()).add(marks)
    return dict(found)


def _true(database: Database, view: str, tests: Sequence[str]) -> tuple[bool, ...]:
    if not tests:
        return ()
    (found,) = database.rows(f"SELECT {', '.join(tests)} FROM {view}")
    return tuple(map(bool, found))


def _cell(column: int) -> str:
    return identifier(f"c{column}")
