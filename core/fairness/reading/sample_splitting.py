"""Two halves of a table that never mix: one to explore, one to confirm on, once.

A row's half follows from its position alone: neither another name, another column, another format
nor a row added at the end moves it, and no choice of columns, rules or seed does. So every work
about the table, today or later, draws the same line. Of each two neighbouring rows one goes into
each half, by the MD5 of their number: the halves are equally large, and a table that is sorted by a
group is halved within each group.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.contracts import RowsChoice, RowsTaken, count_text
from core.errors import InputError
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import identifier, literal

__all__ = ["explored", "taken_rows"]

_SALT = "pellucid "


def explored(n: int) -> npt.NDArray[np.bool_]:
    """Return which of ``n`` rows belong to the exploring half; the others confirm.

    >>> explored(8).astype(int).tolist()
    [0, 1, 0, 1, 0, 1, 1, 0]
    """
    first = [
        hashlib.md5(f"{_SALT}{pair}".encode(), usedforsecurity=False).hexdigest() < "8"
        for pair in range((n + 1) // 2)
    ]
    return np.repeat(np.array(first, bool), 2)[:n] == (np.arange(n) % 2 == 0)


def taken_rows(rows: Rows, which: RowsChoice) -> Rows:
    """Return the table as one of its halves; cells are still looked up in the whole of it.

    Raises
    ------
    InputError
        For a table of a single row.
    """
    if which == "all":
        return rows
    columns = ", ".join(identifier(f"c{i}") for i in range(len(rows.names)))
    numbered = f"SELECT *, row_number() OVER () - 1 AS r FROM {rows.view}"
    first = f"md5({literal(_SALT)} || (r // 2)::VARCHAR) < '8'"
    inside = f"(({first}) = (r % 2 = 0))"
    for half, wanted in (("explore", inside), ("confirm", f"NOT {inside}")):
        rows.database.run(
            f"CREATE TEMP VIEW {identifier(half)} AS SELECT {columns} FROM ({numbered}) "
            f"WHERE {wanted}"
        )
    taken = _counted(rows, columns, f"SELECT {columns}, {inside} AS inside FROM ({numbered})")
    if taken.of < 2:
        raise InputError(f"{rows.name} has {count_text(taken.of, 'row')}: too few to be halved.")
    own = taken.of - taken.n if which == "confirm" else taken.n
    return replace(
        rows, source=which, cut_source="explore", taken=replace(taken, which=which, n=own)
    )


def _counted(rows: Rows, columns: str, halved: str) -> RowsTaken:
    """Count rows, those that explore, those that confirm and are no news, and different ones."""
    ((total, inside, repeated, distinct),) = rows.database.rows(
        "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(own), 0)::BIGINT, "
        "coalesce(sum(n - own) FILTER (WHERE own > 0), 0)::BIGINT, count(*) FROM "
        f"(SELECT count(*) AS n, count(*) FILTER (WHERE inside) AS own FROM ({halved}) "
        f"GROUP BY {columns})"
    )
    return RowsTaken(n=inside, of=total, repeated=repeated, distinct=distinct)
