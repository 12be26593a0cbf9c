"""Columns that have types, as a text of the same data holds them: equal data, equal groups.

0.7 is no number of single precision: the nearest one lies a little below, and would not reach a
threshold of 0.7. A time with a zone is kept as the moment that it is, and a text shows the clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from core.fairness.reading.sql import identifier, literal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["as_written", "nested", "unknown_zones", "widened"]

_DIGITS = range(5)
_LEAST_EXPONENT, _PRECISION = -14, 10  # of half precision


def as_written(schema: pa.Schema, names: Sequence[str]) -> str:
    """Return the columns of a SELECT, such that the cells of each are what a text of it holds.

    Parameters
    ----------
    names : sequence of str
        What the columns are called in the statement.
    """
    return ", ".join(_expressions(schema, names))


def _expressions(schema: pa.Schema, names: Sequence[str]) -> Iterator[str]:
    import pyarrow as pa

    for field, name in zip(schema, names, strict=True):
        kind, column = _inner(field.type), identifier(name)
        if pa.types.is_float16(kind):
            yield f"{_half(f'{column}::DOUBLE')} AS {column}"
        elif pa.types.is_float32(kind):
            yield f"CAST(CAST({column} AS VARCHAR) AS DOUBLE) AS {column}"
        elif pa.types.is_timestamp(kind) and kind.tz:
            yield f"{_clock(column, kind.tz)} AS {column}"
        else:
            yield column


def _half(value: str) -> str:
    """Return SQL for the number of the fewest digits that is nearest to one of half precision."""
    exponent = f"floor(log2(abs({value})))"
    step = f"pow(2, greatest({exponent}, {_LEAST_EXPONENT}) - {_PRECISION})"
    lower = f"CASE WHEN abs({value}) = pow(2, {exponent}) THEN {step} / 4 ELSE {step} / 2 END"
    tries = ""
    for digits in _DIGITS:
        text = f"CAST(format('{{:.{digits}e}}', {value}) AS DOUBLE)"
        tries += (
            f" WHEN abs({text}) - abs({value}) < {step} / 2 "
            f"AND abs({value}) - abs({text}) < {lower} THEN {text}"
        )
    return f"CASE WHEN {value} = 0 OR NOT isfinite({value}) THEN {value}{tries} ELSE {value} END"


def _clock(column: str, zone: str) -> str:
    """Return SQL for what the clock of a zone shows; UTC's where nobody knows the zone."""
    if _is_zone(zone):
        return f"timezone({literal(zone)}, {column})"
    return f"timezone('UTC', {column}) + INTERVAL '{_minutes(zone) or 0} minutes'"


def unknown_zones(schema: pa.Schema) -> str:
    """Say which columns have a time zone that nobody knows; ``""`` for none."""
    import pyarrow as pa

    kinds = {field.name: _inner(field.type) for field in schema}
    zones = {n: kind.tz for n, kind in kinds.items() if pa.types.is_timestamp(kind) and kind.tz}
    return " ".join(
        f"The time zone {zone!r} of {name!r} is unknown: its times are read as those of UTC."
        for name, zone in zones.items()
        if not _is_zone(zone) and _minutes(zone) is None
    )


def _is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _minutes(zone: str) -> int | None:
    """Return the minutes of an offset; ``None`` for what is none.

    >>> _minutes("+05:30"), _minutes("-03:00"), _minutes("Atlantis/Capital")
    (330, -180, None)
    """
    try:
        offset = datetime.strptime(zone, "%z").utcoffset()
    except ValueError:
        return None
    return round(offset.total_seconds() / 60) if offset is not None else None


def widened(table: pa.Table) -> pa.Table:
    """Return columns in memory, those of half precision as double: DuckDB takes no others."""
    import pyarrow as pa

    for i, field in enumerate(table.schema):
        if pa.types.is_float16(_inner(field.type)):
            cells = table.column(i).to_pandas().to_numpy(np.float16, na_value=np.nan)
            known, at = np.unique(cells, return_inverse=True)
            shown = np.array([float(str(value)) for value in known])[at.reshape(-1)]
            table = table.set_column(i, field.name, pa.array(shown, from_pandas=True))
    return table


def nested(schema: pa.Schema) -> frozenset[str]:
    """Return the columns that hold lists, structures, bytes or durations."""
    import pyarrow as pa

    def plain(kind: pa.DataType) -> bool:
        blob = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        blob |= pa.types.is_fixed_size_binary(kind)
        return not (blob or pa.types.is_nested(kind) or pa.types.is_duration(kind))

    return frozenset(field.name for field in schema if not plain(_inner(field.type)))


def _inner(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind
