"""Rows that are none: a total below the table or a line of units above makes a class of its own."""

from __future__ import annotations

from collections.abc import Sequence, Set

from core.contracts import count_text, groups_in_order
from core.errors import InputError
from core.fairness.reading.class_column import ClassColumn
from core.fairness.reading.keys import Codes, Key
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import identifier, literal
from core.tabular.totals import EDGE, is_total, is_total_or_unit
from core.tabular.values import OPPOSITES

__all__ = ["check_groups", "non_data_row_notes"]

_LEAST = 20
"""In fewer rows a class of one row is nothing special."""
_SHOWN = 3


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
    words = [name for name in groups_in_order(held) if is_total_or_unit(name)]
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


def check_groups(rows: Rows, key: Key, codes: Codes) -> None:
    """Refuse a word for a total that a single row at either end holds where a group should stand.

    Raises
    ------
    InputError
        Naming the row.
    """
    words = [raw for raw in codes if raw is not None and is_total(raw)]
    if not words or key.labels:
        return
    test = f"CAST({key.expression} AS VARCHAR) IN ({', '.join(map(literal, words))})"
    ((n, total),) = rows.database.rows(
        f"SELECT count(*) FILTER (WHERE {test}), count(*) FROM {identifier('given')}"
    )
    row = rows.first_where(test) or 0
    if n == 1 and (row <= EDGE or row > total - EDGE):
        raise InputError(
            f"{rows.name}: the column {key.column!r} holds {words[0]!r} in row {row} alone, which "
            "is a word for a total. Take that row out; if it is a group, give it another name."
        )


def _check_text(
    rows: dict[str, int], common: Set[str], held: dict[str, int], column: ClassColumn, n: int
) -> None:
    """Refuse words for totals and units: beside two opposites anywhere, else at the ends."""
    total = _n_rows(column)
    if not _is_binary(common - rows.keys()):
        rows = {
            name: row
            for name, row in rows.items()
            if n >= _LEAST and (row > total - EDGE or (row <= EDGE and held[name] == 1))
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
