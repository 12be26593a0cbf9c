"""Rows that are none: a total below the table or a line of units above makes a class of its own."""

from __future__ import annotations

from collections.abc import Sequence, Set

from core.contracts import count_text, groups_in_order
from core.errors import InputError
from core.fairness.class_column import ClassColumn
from core.fairness.sql import identifier
from core.tabular.values import OPPOSITES

__all__ = ["non_data_row_notes"]

_LEAST = 20
"""In fewer rows a class of one row is nothing special."""
_SHOWN = 3
_EDGE = 3
"""So many rows at either end may be totals or units."""
_WORDS = frozenset(
    (
        "total", "totals", "subtotal", "subtotals", "grandtotal", "sum", "sums", "subsum",
        "summe", "zwischensumme", "gesamtsumme", "gesamt", "insgesamt", "average", "mittelwert",
        "bool", "boolean", "int", "integer", "float", "double", "str", "string", "text",
        "varchar", "0/1", "1/0",
    )
)  # fmt: skip
"""Words for totals and units, without case, blanks, hyphens and marks around them."""


def non_data_row_notes(
    columns: Sequence[ClassColumn], counted: str, fixed: Set[str]
) -> tuple[str, ...]:
    """Say which classes, of more than two, are held by a single row.

    Whether one class is named as positive makes no difference: a total is not the negative class.

    Parameters
    ----------
    columns : sequence of ClassColumn
        Labels and predictions, under the names that they are shown by.
    counted : str
    fixed : set of str
        Classes that the caller named: they are classes.

    Raises
    ------
    InputError
        Where the table is binary but for its first or last row, or a class is a word for a total
        or a unit. A number that goes on counting (2 beside 0 and 1) may be a class.
    """
    names: set[str] = set().union(*(column.names for column in columns))
    n = int(columns[0].rows.database.rows(f"SELECT sum(n)::BIGINT FROM {counted}")[0][0])
    if len(names) < 3:
        return ()
    held = {name: max(column.n_of(counted, name) for column in columns) for name in names - fixed}
    single = [name for name in groups_in_order(held) if held[name] == 1]
    words = [name for name in groups_in_order(held) if _bare(name) in _WORDS]
    if n < _LEAST and not words:
        return ()
    first = {
        name: min(c.first(name) for c in columns if name in c.names) for name in {*single, *words}
    }
    rows = {name: first[name] for name in single} if n >= _LEAST else {}
    said = _said(columns[0], rows, n)
    binary = _is_binary(names - rows.keys()) and not rows.keys() & {"2", "-1"}
    lines = {*rows.values()}
    if said and binary and len(lines) == 1 and lines <= {1, _n_rows(columns[0])}:
        raise InputError(
            f"{columns[0].rows.name}: {said} Take that row out, or say that it is a class "
            '(--map "VALUE=VALUE").'
        )
    if words:
        _check_text({name: first[name] for name in words}, names - {*single}, held, columns[0], n)
    mend = "If that is no class but a total or a unit, take the row out."
    return (f"{said} {mend}",) if said else ()


def _check_text(
    rows: dict[str, int], common: Set[str], held: dict[str, int], column: ClassColumn, n: int
) -> None:
    """Refuse words for totals and units: beside two opposites anywhere, else at the ends."""
    total = _n_rows(column)
    if not _is_binary(common - rows.keys()):
        rows = {
            name: row
            for name, row in rows.items()
            if n >= _LEAST and (row > total - _EDGE or (row <= _EDGE and held[name] == 1))
        }
    if not rows:
        return
    shown = [f"{name!r} (row {row})" for name, row in list(rows.items())[:_SHOWN]]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    raise InputError(
        f"{column.rows.name}: {', '.join(shown)}{more} stands where a class should, but is a word "
        "for a total or a unit. Take such rows out, or say that it is a class "
        '(--map "VALUE=VALUE").'
    )


def _bare(name: str) -> str:
    return "".join(name.casefold().replace("-", "").split()).strip("\ufeff:=.()[]<>*#\"'")


def _n_rows(column: ClassColumn) -> int:
    ((total,),) = column.rows.database.rows(f"SELECT count(*) FROM {identifier('given')}")
    return int(total)


def _said(column: ClassColumn, rows: dict[str, int], n: int) -> str:
    if not rows:
        return ""
    shown = [f"{name!r} (row {row})" for name, row in list(rows.items())[:_SHOWN]]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    one = len(rows) == 1
    what = "Class" if one else "Classes"
    holds = "is held" if one else "are each held"
    return f"{what} {', '.join(shown)}{more} {holds} by 1 of {count_text(n, 'row')}."


def _is_binary(names: Set[str]) -> bool:
    lowered = {name.casefold() for name in names}
    return len(lowered) == 2 and any(lowered <= set(pair) for pair in OPPOSITES)
