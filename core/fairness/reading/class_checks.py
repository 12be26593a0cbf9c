"""No value that is held by one of two columns alone counts as the negative class unasked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from core.contracts import groups_in_order, map_option, pair_text
from core.errors import InputError
from core.fairness.reading.class_column import NO_CLASSES, ClassColumn
from core.fairness.reading.keys import Key
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import literal
from core.tabular.spellings import is_word

__all__ = [
    "check_clear", "check_headers", "check_matched", "check_one_scale", "check_positive",
    "check_sources", "check_varies",
]  # fmt: skip

_SHOWN = 8
_AROUND = "\ufeff \u00a0\t\r\n\"'"
"""What may stand around a name in a header that is put below another one."""
_SCALES = {frozenset(("0", "1")), frozenset(("-1", "1"))}
_FRACTION = re.compile(r"[+-]?\d*[.]\d+(?:[eE][+-]?\d+)?")


def check_headers(rows: Rows, counted: str, keys: Sequence[Key]) -> None:
    """Refuse a row that holds the names of its columns: the header of a table put behind another.

    Names are compared in any order, without a byte order mark, blanks, quotes and case: those of
    the columns that are used, or of the whole table.

    Raises
    ------
    InputError
        Naming the first such row.
    """
    if len(keys) < 2:
        return
    known = _sorted(map(literal, rows.names))
    seen = _sorted(key.alias for key in keys)
    among = f"list_has_all({known}, {seen}) AND list_unique({seen}) > 1"
    distinct = f"SELECT DISTINCT {', '.join(key.alias for key in keys)} FROM {counted}"
    if not rows.database.rows(f"SELECT 1 FROM ({distinct}) WHERE {among} LIMIT 1"):
        return
    used = f"{_sorted(key.expression for key in keys)} = {_sorted(literal(k.column) for k in keys)}"
    whole = f"{_sorted(map(rows.column_at, range(len(rows.names))))} = {known}"
    row = rows.first_where(f"({used}) OR ({whole})")
    if row is not None:
        raise InputError(
            f"{rows.name}: row {row} holds the names of the columns once more, as tables do that "
            "were put one behind the other. Take that line out."
        )


def _sorted(cells: Iterable[str]) -> str:
    """Return SQL for the list of cells in order, without what headers differ in."""
    marks = literal(_AROUND)
    told = (f"lower(nfc_normalize(trim(CAST({cell} AS VARCHAR), {marks})))" for cell in cells)
    return f"list_sort([{', '.join(told)}])"


def check_sources(columns: Sequence[ClassColumn], values: Set[str]) -> None:
    """Check that every value that the caller gave a class occurs somewhere.

    Raises
    ------
    InputError
        For one that does not.
    """
    if not values:
        return
    held = {value for column in columns for value in column.values()}
    for value in sorted(values):
        if value not in held and value not in columns[0].given.values():
            raise InputError(
                f"{columns[0].rows.name}: no label or prediction is {value!r}, which was to mean a "
                f"class. They are: {_listed(held)}."
            )


def check_clear(columns: Sequence[ClassColumn], unclear: Set[str]) -> None:
    """Refuse names that may be one class or several.

    Raises
    ------
    InputError
        For two that differ in case alone, in one column but not in the other.
    """
    if unclear:
        first = min(unclear)
        raise InputError(
            f"{columns[0].rows.name}: {_listed(unclear)} differ in case alone, and not all are "
            f"labels as well as predictions: are they one class? Say which class each value means "
            f"({map_option([(first, 'CLASS')])})."
        )


def check_one_scale(columns: Sequence[ClassColumn], fixed: Set[str]) -> None:
    """Refuse a column that holds 0.0 and 1.0 as well as -1 and 1: two tables, put together.

    Written alike, -1, 0 and 1 are three classes, as of opinions.

    Raises
    ------
    InputError
        Since -1 may be the same as 0.
    """
    for column in columns:
        whole = {name for raw, name in column.texts.items() if "." not in (raw or "")}
        pointed = {name for raw, name in column.texts.items() if "." in (raw or "")}
        if not fixed and {frozenset(whole), frozenset(pointed)} == _SCALES:
            raise InputError(
                f"{column.rows.name}: the column {column.key.column!r} holds 0 and 1 in some rows, "
                "-1 and 1 in others, written differently: are 0 and -1 one class? Say so "
                '(--map "-1=0"), or that they are two (--map "-1=-1").'
            )


def check_varies(true: ClassColumn) -> None:
    """Refuse labels of one class.

    Raises
    ------
    InputError
        Since there are no rates of errors then.
    """
    if len(true.names) == 1:
        (only,) = true.names
        raise InputError(
            f"{true.rows.name}: the column {true.key.column!r} holds {only!r} in every row. Rates "
            "of errors need rows of both classes; for selection rates alone, leave the labels out "
            "(--no-labels)."
        )


def check_matched(true: ClassColumn, said: ClassColumn, fixed: Set[str]) -> None:
    """Refuse predictions that are no class of the labels, where no positive class is named.

    Of more than two classes each column may hold some that the other does not, as small tables
    do: not if they have none in common, or if words for yes or no are among them.

    Raises
    ------
    InputError
        For the first such value.
    """
    extra, lacking = said.names - true.names - fixed, true.names - said.names - fixed
    if extra and len(true.names) > 2 and sum(map(_is_fraction, true.names | extra)) > 2:
        raise InputError(
            f"{said.rows.name}: the columns {true.key.column!r} and {said.key.column!r} hold "
            f"numbers. {NO_CLASSES}"
        )
    if len(true.names) == 2 and extra:
        raise _unmatched(said, true, extra)
    numbers = all(name.removeprefix("-").isdigit() for name in extra | lacking)
    words = any(map(is_word, extra)) or any(map(is_word, lacking))
    apart = not said.names & true.names
    if len(true.names) > 2 and extra and lacking and (apart or (words and not numbers)):
        raise _unmatched(said, true, extra)


def check_positive(
    true: ClassColumn | None, said: ClassColumn | None, positive: str, fixed: Set[str]
) -> None:
    """Check that the named class is in both columns, and every prediction among the labels.

    Raises
    ------
    InputError
        For a column that never holds the positive class, or predictions that no label is: nobody
        said that they count as negative.
    """
    columns = [column for column in (true, said) if column is not None]
    for column in columns:
        if positive not in column.names | fixed and positive not in column.everywhere():
            raise InputError(
                f"{column.rows.name}: the column {column.key.column!r} never holds the positive "
                f"class {positive!r}. It holds: {_listed(column.names)}. Say which value means it "
                f"({map_option([('VALUE', positive)])}), or "
                f"{pair_text(positive, positive)!r} if there really is none."
            )
    if true is None or said is None:
        return
    if extra := said.names - true.everywhere() - fixed:
        raise _unmatched(said, true, extra)


def _is_fraction(name: str) -> bool:
    return bool(_FRACTION.fullmatch(name))


def _unmatched(own: ClassColumn, other: ClassColumn, extra: Set[str]) -> InputError:
    name = groups_in_order(extra)[0]
    more = f" (and {len(extra) - 1} more such values)" if len(extra) > 1 else ""
    as_is = map_option((each, each) for each in groups_in_order(extra))
    return InputError(
        f"{own.rows.name}: the column {own.key.column!r} holds {name!r} in row {own.first(name)}"
        f"{more}, but the labels in {other.key.column!r} are {_listed(other.names)}. Correct the "
        f"value, or say which class it means ({map_option([(name, 'CLASS')])}); {as_is} makes it a "
        "class of its own."
    )


def _listed(names: Set[str]) -> str:
    shown = [repr(name) for name in groups_in_order(names)]
    if 1 < len(shown) <= _SHOWN:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
