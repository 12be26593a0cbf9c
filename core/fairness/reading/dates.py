"""Dates as groups: by month or by year."""

from __future__ import annotations

from typing import Literal, get_args

from core.errors import InputError
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import literal
from core.tabular.missing import Missing

__all__ = ["PERIODS", "period_of"]

Period = Literal["month", "year"]
PERIODS: tuple[Period, ...] = get_args(Period)
_SHOWN = {"month": "%Y-%m", "year": "%Y"}
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
_WRITTEN = (
    *(day + clock for day in ("%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d") for clock in _CLOCKS),
    "%Y-%m", "%Y/%m",
)  # fmt: skip
"""Beside ISO 8601. Of 03/04/2026 nobody knows which is the month."""

_FIRST_YEAR = 1000
"""Of 26, nobody knows the century."""


def period_of(rows: Rows, column: str, period: Period, missing: Missing) -> str:
    """Return SQL for the month or year of a row's date; NULL for no value.

    Parameters
    ----------
    column : str
        Its own name.

    Raises
    ------
    InputError
        If the column holds what is no date, or one whose month cannot be told.
    """
    quoted = rows.column(column)
    wrong = rows.first(quoted, "v", f"{_known('v', missing)} AND {_date('v')} IS NULL")
    if wrong is not None:
        raise InputError(
            f"{rows.name}: the column {column!r} is to be cut by {period}, but row {wrong[0]} "
            f"holds {wrong[1]!r}. Expected dates such as 2026-03-31 or 31.03.2026."
        )
    short = rows.first(
        quoted, "v", f"{_known('v', missing)} AND year({_date('v')}) < {_FIRST_YEAR}"
    )
    if short is not None:
        raise InputError(
            f"{rows.name}: the column {column!r} is to be cut by {period}, but the year of "
            f"{short[1]!r} in row {short[0]} has fewer than four digits. Write it in full, such as "
            "2026-03-31 or 31.03.2026."
        )
    return f"strftime({_date(quoted)}, {literal(_SHOWN[period])})"


def _date(value: str) -> str:
    text = f"trim(CAST({value} AS VARCHAR))"
    formats = ", ".join(map(literal, _WRITTEN))
    # A year alone would be cast to a date of its own.
    iso = f"CASE WHEN {text} LIKE '____-__-__%' THEN TRY_CAST({text} AS TIMESTAMP) END"
    zoned = f"CASE WHEN {text} LIKE '____-__-__%' THEN TRY_CAST(left({text}, 10) AS TIMESTAMP) END"
    eight = r"\d{8}"
    short = (
        f"CASE WHEN regexp_full_match({text}, {literal(eight)}) "
        f"THEN try_strptime({text}, '%Y%m%d') END"
    )
    return f"coalesce({iso}, {zoned}, {short}, try_strptime({text}, [{formats}]))"


def _known(value: str, missing: Missing) -> str:
    words = ", ".join(map(literal, sorted({*missing.words, "none"})))
    return f"{value} IS NOT NULL AND lower(trim(CAST({value} AS VARCHAR))) NOT IN ({words})"
