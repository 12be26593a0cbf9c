"""A table in text that only careful readers read alike, copied row by row into one that all do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.home import home
from core.store.size import Space
from core.tabular.head import CsvHead
from core.tabular.records import records
from core.tabular.source import TextSource

__all__ = ["parquet_copy"]

_BATCH = 50_000


@contextmanager
def parquet_copy(source: TextSource, head: CsvHead, *, name: str) -> Iterator[Path]:
    """Give a Parquet file of the rows, each column ``c0``, ``c1``, … as text.

    It lies under ``PELLUCID_HOME`` while it is in use; memory is bounded by a batch of rows.

    Raises
    ------
    InputError
        At a row that cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(f"c{i}", pa.string()) for i in range(len(head.names))])
    space = Space(home(), 0)
    space.prepare()
    with space.draft() as folder:
        path = folder / "table.parquet"
        with pq.ParquetWriter(path, schema) as writer, source.open() as file:
            batch: list[list[str | None]] = []
            for _, row in records(file, head, name=name):
                batch.append([cell.strip() or None for cell in row])
                if len(batch) == _BATCH:
                    writer.write_table(_table(batch, schema))
                    batch = []
            writer.write_table(_table(batch, schema))
        yield path


def _table(batch: list[list[str | None]], schema: object) -> object:
    import pyarrow as pa

    columns = list(zip(*batch, strict=True)) or [()] * len(schema)  # type: ignore[arg-type]
    return pa.table([pa.array(cells, pa.string()) for cells in columns], schema=schema)
