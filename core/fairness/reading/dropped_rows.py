"""Rows without a label, a prediction, a score or a weight, left out where that was asked for."""

from __future__ import annotations

from dataclasses import replace

from core.contracts import TableColumns
from core.fairness.reading.class_column import MAX_CLASSES, given_classes
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import double, identifier, literal
from core.tabular.missing import Missing
from core.tabular.values import NEVER, class_text

__all__ = ["complete_rows"]

_KEPT, _KEPT_CUT = "kept", "kept_cut"
_BLANKS = r"E' \t\n\r\f\v'"
_SHOWN = 5


def complete_rows(rows: Rows, columns: TableColumns) -> tuple[Rows, str]:
    """Return the rows that have a value wherever one is needed, and what is to be said of others.

    Parameters
    ----------
    rows : Rows
        A whole table, or a half of it; cells are still looked up in the whole of it.
    """
    if not columns.drop_missing:
        return rows, ""
    tests = {name: _no_class(rows, name, columns) for name in (columns.label, columns.prediction)}
    tests |= {name: _no_number(rows, name, columns) for name in (columns.score, columns.weight)}
    tests = {name: test for name, test in tests.items() if name}
    lacking = " OR ".join(f"({test})" for test in tests.values())
    for view, source in ((_KEPT, rows.view), (_KEPT_CUT, rows.cut_view)):
        rows.database.run(
            f"CREATE TEMP VIEW {identifier(view)} AS SELECT * FROM {source} WHERE NOT ({lacking})"
        )
    ((n,),) = rows.database.rows(f"SELECT count(*) FROM {rows.view} WHERE {lacking}")
    kept = replace(rows, source=_KEPT, cut_source=_KEPT_CUT)
    if not n:
        return kept, ""
    named = " or ".join(repr(name) for name in tests)
    was, place = ("row", "It is row") if n == 1 else ("rows", "The first are rows")
    numbers = _numbers(rows, lacking)
    return kept, (
        f"{n} {was} without a value in {named} {'was' if n == 1 else 'were'} left out."
        + (f" {place} {numbers}." if numbers else "")
    )


def _numbers(rows: Rows, lacking: str) -> str:
    """Return the numbers of the first such rows; ``""`` of a half, whose rows have none."""
    if rows.taken.which != "all":
        return ""
    found = rows.database.rows(
        f"SELECT r FROM (SELECT *, row_number() OVER () AS r FROM {rows.view}) WHERE {lacking} "
        f"ORDER BY r LIMIT {_SHOWN}"
    )
    return ", ".join(str(number) for (number,) in found)


def _no_class(rows: Rows, name: str, columns: TableColumns) -> str:
    if not name:
        return ""
    text = f"CAST({rows.column(name)} AS VARCHAR)"
    found = rows.database.rows(f"SELECT DISTINCT {text} FROM {rows.view} LIMIT {10 * MAX_CLASSES}")
    cells = [raw for (raw,) in found]
    missing, given = Missing.of(columns.missing, cells), given_classes(columns)
    words = [
        literal(raw)
        for raw in cells
        if raw is not None and raw in missing and class_text(raw, NEVER) not in given
    ]
    return f"{text} IS NULL" + (f" OR {text} IN ({', '.join(words)})" if words else "")


def _no_number(rows: Rows, name: str, columns: TableColumns) -> str:
    if not name:
        return ""
    column = rows.column(name)
    value = double(column)
    words = ", ".join(map(literal, sorted(Missing.of(columns.missing).words | {"none"})))
    text = f"lower(trim(CAST({column} AS VARCHAR), {_BLANKS}))"
    return f"{column} IS NULL OR isnan({value}) OR ({value} IS NULL AND {text} IN ({words}))"
