"""What rows are counted by: each attribute an expression over the table, each group a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.contracts import UNKNOWN, TableColumns, groups_in_order
from core.errors import InputError
from core.fairness.reading.bins import cuts_of
from core.fairness.reading.dates import PERIODS, period_of
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import identifier
from core.tabular.missing import Missing
from core.tabular.values import group_text

__all__ = ["MAX_GROUPS", "Codes", "Key", "group_codes", "group_keys", "spellings"]

MAX_GROUPS = 200
"""Groups that one attribute may have; a column of more is an identifier, or a number to be cut."""
Codes = dict[str | None, int]


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that rows are counted by.

    Parameters
    ----------
    alias : str
        Quoted name in the counted table.
    column : str
        The table's own name, for messages.
    expression : str
        SQL over the table.
    labels : tuple of str
        Names of the groups where the attribute was cut.
    """

    alias: str
    column: str
    expression: str
    labels: tuple[str, ...] = ()


def group_keys(rows: Rows, wanted: Sequence[str], columns: TableColumns) -> list[Key]:
    """Return a key for each attribute, cut where that was asked for."""
    keys, bins, missing = [], dict(columns.bins), Missing.of(columns.missing)
    for i, column in enumerate(wanted):
        quoted, alias = rows.column(column), identifier(f"g{i}")
        if bins.get(column) in PERIODS:
            period = next(each for each in PERIODS if each == bins[column])
            keys.append(Key(alias, column, period_of(rows, column, period, missing)))
        elif column in bins:
            cuts = cuts_of(rows, column, bins[column], missing)
            keys.append(Key(alias, column, cuts.expression(quoted), cuts.labels))
        else:
            keys.append(Key(alias, column, quoted))
    return keys


def spellings(
    rows: Rows, counted: str, key: Key, *, most: int, advice: str
) -> tuple[str | None, ...]:
    """Return every spelling of a key's values in the counted table.

    Raises
    ------
    InputError
        If there are more than ``most``; it ends with ``advice``.
    """
    database = rows.database
    ((n,),) = database.rows(f"SELECT count(DISTINCT {key.alias}) FROM {counted}")
    if n > most:
        raise InputError(
            f"{rows.name}: the column {key.column!r} holds {n} different values; at most {most} "
            f"can be told apart. {advice}"
        )
    found = database.rows(f"SELECT DISTINCT CAST({key.alias} AS VARCHAR) FROM {counted}")
    return tuple(raw for (raw,) in found)


def group_codes(
    rows: Rows, counted: str, key: Key, words: Sequence[str]
) -> tuple[tuple[str, ...], Codes]:
    """Return an attribute's groups in order, and the code of each spelling.

    Parameters
    ----------
    words : sequence of str
        What stands for no value.
    """
    advice = (
        f"Cut a number into groups (--bin {key.column}=4), a date by month or year (--bin "
        f"{key.column}=month), or leave the column out."
    )
    found = spellings(rows, counted, key, most=MAX_GROUPS, advice=advice)
    if key.labels:
        shown = {raw: UNKNOWN if raw is None else key.labels[int(raw)] for raw in found}
        order = [name for name in (*key.labels, UNKNOWN) if name in shown.values()]
    else:
        missing = Missing.of(words, found)
        marks = rows.marks.get(key.column)
        sure = marks is None or marks.sure  # else 1.000 may be a thousand, and stays as it is
        shown = {raw: group_text(raw, missing, whole=sure) for raw in found}
        order = groups_in_order(set(shown.values()))
    return tuple(order), {raw: order.index(text) for raw, text in shown.items()}
