"""Scores and weights are numbers within bounds: the first cell that is none is named."""

from __future__ import annotations

from core.contracts import TableColumns
from core.errors import InputError
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import double, identifier, literal
from core.tabular.missing import Missing

__all__ = ["check_scores", "check_weights", "is_weight"]

_LEAST, _MOST = 1e-50, 1e50
"""Between these the fourth powers of weights, summed over all rows, are numbers too."""


def is_weight(value: str) -> str:
    """Return SQL that tells whether a number can be a weight; NULL for none."""
    return f"({value} = 0 OR {value} BETWEEN {_LEAST!r} AND {_MOST!r})"


def check_weights(rows: Rows, columns: TableColumns) -> None:
    """Refuse what is no weight, and weights that are all 0.

    Raises
    ------
    InputError
        Naming the first such row.
    """
    name, value = columns.weight, double("v")
    ((bad, total),) = rows.database.rows(f"SELECT sum(bad), sum(w) FROM {identifier('counted')}")
    if bad:
        row, cell = rows.first_of(rows.column(name), "v", _is_not(is_weight(value), value))
        raise InputError(
            f"{_told(rows, name, row, cell, bad)} "
            + (
                _without(columns, cell)
                or (
                    f"A weight is 0 or a number from {_LEAST:g} to {_MOST:g}: if those of the "
                    "column are all too large or too small, divide them by one number."
                    if _is_number(rows, cell)
                    else "A weight is a number: correct that cell."
                )
            )
        )
    if not total > 0:
        raise InputError(f"{rows.name}: the weights in {name!r} are all 0.")


def check_scores(rows: Rows, columns: TableColumns) -> None:
    """Refuse what is no score.

    Raises
    ------
    InputError
        Naming the first such row.
    """
    name = columns.score
    ((bad,),) = rows.database.rows(
        f"SELECT coalesce(sum(n), 0)::BIGINT FROM {identifier('counted')} "
        f"WHERE {_is_not(_is_score('s'), 's')}"
    )
    if bad:
        value = double("v")
        row, cell = rows.first_of(rows.column(name), "v", _is_not(_is_score(value), value))
        raise InputError(
            f"{_told(rows, name, row, cell, bad)} "
            + (
                _without(columns, cell)
                or "A score is a probability in [0, 1]: divide percentages by 100, put logits "
                "through a sigmoid. Of points on another scale (300 to 850), audit the decision "
                "that is made from them (--y-pred)."
            )
        )


def _is_score(value: str) -> str:
    return f"({value} BETWEEN 0 AND 1)"


def _is_not(test: str, value: str) -> str:
    return f"({value} IS NULL OR NOT {test})"


def _told(rows: Rows, column: str, row: int, cell: str, bad: int) -> str:
    held = f"holds {cell!r}" if cell else "is empty"
    more = f" ({bad} such rows)" if bad > 1 else ""
    return f"{rows.name}: the column {column!r} {held} in row {row}{more}."


def _is_number(rows: Rows, cell: str) -> bool:
    ((number,),) = rows.database.rows(f"SELECT {double(literal(cell))}")
    return number is not None


def _without(columns: TableColumns, cell: str) -> str:
    """Say how to mend a cell without a value; ``""`` where it has one."""
    if cell not in Missing.of(columns.missing):
        return ""
    read = f"{cell!r} stands for no value (--missing WORDS changes that). " if cell.strip() else ""
    return (
        f"{read}Every row needs a number there: fill it in, or leave such rows out "
        "(--drop-missing)."
    )
