"""Rows become counts: one scan by DuckDB, then integers only.

The table is counted once by everything at the same time (``counted``); then spellings become codes
(``coded``), of which all groupings are sums.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import TableColumns
from core.errors import InputError
from core.fairness.counting.counted import Counted
from core.fairness.reading.class_checks import check_headers
from core.fairness.reading.classes import Classes, find_classes
from core.fairness.reading.count_notes import marks_notes, merged_notes, without_labels_note
from core.fairness.reading.dropped_rows import complete_rows
from core.fairness.reading.keys import Codes, Key, group_codes, group_keys
from core.fairness.reading.non_data_rows import check_groups
from core.fairness.reading.number_checks import check_scores, check_weights, is_weight
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import double, identifier

__all__ = ["count"]


def count(rows: Rows, columns: TableColumns, *, scores: bool = True) -> Counted:
    """Count a table.

    Parameters
    ----------
    columns : TableColumns
    scores : bool
        Whether to keep counts by exact score, where the table has scores.

    Raises
    ------
    InputError
        For a column that is missing, an empty table, cells that are no classes, scores or weights:
        the text names column and row.
    """
    rows, left_out = complete_rows(rows, columns)
    wanted = (*columns.groups, *([columns.condition] if columns.condition else []))
    attributes = group_keys(rows, wanted, columns)
    label = _key(rows, "y", columns.label)
    prediction = _key(rows, "p", columns.prediction)
    with_scores = bool(columns.score) and (scores or prediction is None)
    values = [f"{key.expression} AS {key.alias}" for key in (*attributes, label, prediction) if key]
    if with_scores:
        values.append(f"{double(rows.column(columns.score))} AS s")
    counted = identifier("counted")
    _count_once(rows, values, columns)
    ((n,),) = rows.database.rows(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {counted}")
    if not n:
        every = " that are complete" if left_out else ""
        raise InputError(f"{rows.name} has no rows{every}. Expected one for each prediction.")
    if columns.weight:
        check_weights(rows, columns)
    if with_scores:
        check_scores(rows, columns)
    keys = [key for key in (label, prediction, *attributes) if key is not None and not key.labels]
    check_headers(rows, counted, keys)
    classes = find_classes(rows, counted, label, prediction, columns)
    groups = [group_codes(rows, counted, key, columns.missing) for key in attributes]
    for key, (_, spelt) in zip(attributes, groups, strict=True):
        check_groups(rows, key, spelt)
    codes, joins = _coding(rows, attributes, [c for _, c in groups], classes, columns.threshold)
    codes += ["s"] if with_scores else []
    sums = (
        "fsum(w) AS w, fsum(w2) AS w2"
        if columns.weight
        else "sum(n)::DOUBLE AS w, sum(n)::DOUBLE AS w2"
    )
    rows.database.run(
        f"CREATE TEMP TABLE {identifier('coded')} AS SELECT {', '.join(codes)}, "
        f"sum(n)::BIGINT AS n, {sums} FROM {counted} {joins} GROUP BY ALL"
    )
    weight = rows.number(columns.weight) if columns.weight else "1::DOUBLE"
    return Counted(
        rows=rows,
        coded=identifier("coded"),
        row_query=(
            f"SELECT {', '.join(codes)}, w FROM (SELECT {', '.join(values)}, {weight} AS w, "
            f"row_number() OVER () AS r FROM {rows.view}) AS {counted} {joins} ORDER BY r"
        ),
        attributes=tuple(key.column for key in attributes),
        groups=tuple(names for names, _ in groups),
        classes=classes,
        has_labels=label is not None,
        has_scores=with_scores,
        weighted=bool(columns.weight),
        n=int(n),
        merged=tuple(
            filter(
                None,
                (
                    rows.note,
                    *marks_notes(rows, columns),
                    left_out,
                    without_labels_note(columns),
                    *classes.notes,
                    *(
                        sentence
                        for key, (names, at) in zip(attributes, groups, strict=True)
                        if not key.labels
                        for sentence in merged_notes(key, names, at)
                    ),
                ),
            )
        ),
    )


def _key(rows: Rows, alias: str, column: str) -> Key | None:
    return Key(identifier(alias), column, rows.column(column)) if column else None


def _count_once(rows: Rows, values: Sequence[str], columns: TableColumns) -> None:
    """Make the table ``counted``: rows of equal values, as they are spelt, counted."""
    sums = ["count(*) AS n"]
    if columns.weight:
        weight = rows.number(columns.weight)
        bad = f"count(*) FILTER (WHERE {weight} IS NULL OR NOT {is_weight(weight)})"
        sums += [f"fsum({weight}) AS w", f"fsum({weight} * {weight}) AS w2", f"{bad} AS bad"]
    rows.database.run(
        f"CREATE TEMP TABLE {identifier('counted')} AS "
        f"SELECT {', '.join([*values, *sums])} FROM {rows.view} GROUP BY ALL"
    )


def _coding(
    rows: Rows,
    attributes: Sequence[Key],
    codes: Sequence[Codes],
    classes: Classes,
    threshold: float,
) -> tuple[list[str], str]:
    """Return the columns of codes, and the joins that replace spellings by them."""
    joins: list[str] = []

    def coded(alias: str, mapping: Codes) -> str:
        return f"{_joined(rows, alias, mapping, joins)} AS {alias}"

    chosen = [coded(key.alias, at) for key, at in zip(attributes, codes, strict=True)]
    chosen.append(coded(identifier("y"), classes.labels) if classes.labels else "0 AS y")
    if classes.predictions:
        chosen.append(coded(identifier("p"), classes.predictions))
    else:
        chosen.append(f"(s >= {float(threshold)!r}::DOUBLE)::INTEGER AS p")
    return chosen, " ".join(joins)


def _joined(rows: Rows, alias: str, mapping: Codes, joins: list[str]) -> str:
    """Register a table of spellings and codes, add the join to it, return its code column."""
    import pyarrow as pa

    name = f"codes{len(joins)}"
    rows.database.register(
        name,
        pa.table(
            {
                "raw": pa.array(list(mapping), pa.string()),
                "code": pa.array(list(mapping.values()), pa.int32()),
            }
        ),
    )
    quoted = identifier(name)
    joins.append(
        f"JOIN {quoted} ON CAST({identifier('counted')}.{alias} AS VARCHAR) "
        f"IS NOT DISTINCT FROM {quoted}.raw"
    )
    return f"{quoted}.code"
