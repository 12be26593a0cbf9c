"""Rows that are none: a total below the table or a line of units above makes a class of its own."""

from __future__ import annotations

from collections.abc import Sequence, Set

from core.contracts import count_words, groups_in_order
from core.errors import InputError
from core.fairness.class_column import ClassColumn
from core.fairness.sql import identifier
from core.tabular.values import OPPOSITES

__all__ = ["stray_notes"]

_LEAST = 20
"""In fewer rows a class of one row is nothing special."""
_SHOWN = 3


def stray_notes(
    columns: Sequence[ClassColumn], counted: str, fixed: Set[str], *, ask: bool
) -> tuple[str, ...]:
    """Say which classes, of more than two, are held by a single row.

    Parameters
    ----------
    columns : sequence of ClassColumn
        Labels and predictions, under the names that they are shown by.
    counted : str
    fixed : set of str
        Classes that the caller named: they are classes.
    ask : bool
        Refuse where the table is binary but for its first or last row, rather than say it.

    Raises
    ------
    InputError
        Then. A number that goes on counting (2 beside 0 and 1) may be a class.
    """
    names: set[str] = set().union(*(column.names for column in columns))
    n = int(columns[0].rows.database.rows(f"SELECT sum(n)::BIGINT FROM {counted}")[0][0])
    if len(names) < 3 or n < _LEAST:
        return ()
    held = {name: max(column.n_of(counted, name) for column in columns) for name in names - fixed}
    single = [name for name in groups_in_order(held) if held[name] == 1]
    rows = {name: min(c.first(name) for c in columns if name in c.names) for name in single}
    said = _said(columns[0], rows, n)
    if ask and said and _is_binary(names - rows.keys()) and not rows.keys() & {"2", "-1"}:
        ((total,),) = columns[0].rows.database.rows(f"SELECT count(*) FROM {identifier('given')}")
        if len({*rows.values()}) == 1 and {*rows.values()} <= {1, int(total)}:
            raise InputError(
                f"{columns[0].rows.name}: {said} Take that row out, or say that it is a class "
                '(--map "VALUE=VALUE").'
            )
    mend = "If that is no class but a total or a unit, take the row out."
    return (f"{said} {mend}",) if said else ()


def _said(column: ClassColumn, rows: dict[str, int], n: int) -> str:
    if not rows:
        return ""
    shown = [f"{name!r} (row {row})" for name, row in list(rows.items())[:_SHOWN]]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    one = len(rows) == 1
    what = "Class" if one else "Classes"
    holds = "is held" if one else "are each held"
    return f"{what} {', '.join(shown)}{more} {holds} by 1 of {count_words(n, 'row')}."


def _is_binary(names: Set[str]) -> bool:
    lowered = {name.casefold() for name in names}
    return len(lowered) == 2 and any(lowered <= set(pair) for pair in OPPOSITES)
