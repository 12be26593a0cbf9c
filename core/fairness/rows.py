"""A table's rows as a view with columns named by position, whatever their names hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.contracts import RowsTaken
from core.errors import InputError, PellucidError
from core.fairness.csv_head import broken_text, read_head
from core.fairness.sql import Database, identifier, literal, open_database

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SUFFIXES", "Rows", "column_names", "free_names", "open_columns", "open_table"]

SUFFIXES = (".csv", ".parquet")
_VIEW = "given"
_FILE = "/table"  # what open_database calls the file, whatever its name


@dataclass(frozen=True)
class Rows:
    """An opened table.

    Parameters
    ----------
    database : Database
        Its view ``given`` has the columns ``c0``, ``c1``, …
    name : str
        What messages call the table.
    names : tuple of str
        The columns' own names, unique, in order.
    nested : frozenset of str
        Those that hold lists, structures or bytes, and cannot be used.
    source, cut_source : str
        The views that rows are counted in, and that quantiles are taken from: the whole table, or
        its halves (:mod:`core.fairness.halves`).
    taken : RowsTaken
        Which rows these are.
    """

    database: Database
    name: str
    names: tuple[str, ...]
    nested: frozenset[str] = frozenset()
    source: str = _VIEW
    cut_source: str = _VIEW
    taken: RowsTaken = field(default_factory=RowsTaken)

    def column(self, name: str) -> str:
        """Return the quoted name of a column in the view.

        Raises
        ------
        InputError
            If there is no such column, or it holds no plain values.
        """
        if name not in self.names:
            raise InputError(
                f"{self.name} has no column {name!r}. It has: {', '.join(self.names)}."
            )
        if name in self.nested:
            raise InputError(
                f"{self.name}: the column {name!r} holds lists, structures or bytes. Expected "
                "plain values: text, numbers or booleans."
            )
        return identifier(f"c{self.names.index(name)}")

    @property
    def view(self) -> str:
        """Quoted name of the view that rows are counted in."""
        return identifier(self.source)

    @property
    def cut_view(self) -> str:
        """Quoted name of the view that quantiles are taken from."""
        return identifier(self.cut_source)

    def first(self, column: str, value: str, wrong: str) -> tuple[int, str] | None:
        """Return row number and value of the first row of the table where something is wrong.

        Parameters
        ----------
        column : str
            As returned by :meth:`column`.
        value, wrong : str
            Expression and condition over ``v``, the column's value.
        """
        found = self.database.rows(
            f"SELECT r, CAST({value} AS VARCHAR) FROM (SELECT row_number() OVER () AS r, "
            f"{column} AS v FROM {identifier(_VIEW)}) WHERE {wrong} ORDER BY r LIMIT 1"
        )
        return (int(found[0][0]), "" if found[0][1] is None else found[0][1]) if found else None


@contextmanager
def open_table(path: Path, *, name: str = "") -> Iterator[Rows]:
    """Open a CSV file (UTF-8, with a header; comma, semicolon, tab or bar) or a Parquet file.

    Raises
    ------
    InputError
        For a missing, empty or damaged file, another format, or two columns of one name; while it
        is open, also for a row that cannot be read.
    """
    title = name or path.name
    _check_file(path, title)
    if path.suffix.lower() == ".csv":
        head = read_head(path, name=title)
        names, nested, delimiter = head.names, frozenset[str](), head.delimiter
    else:
        names, nested = _parquet_columns(path, title)
        delimiter = ""
    _check_names(names, title)
    with open_database(path) as database, _told(path, title, delimiter):
        link = literal(str(database.folder / f"table{path.suffix.lower()}"))
        query = _csv(link, len(names), delimiter) if delimiter else _parquet(link, len(names))
        database.run(f"CREATE TEMP VIEW {identifier(_VIEW)} AS {query}")
        yield Rows(database, title, names, nested)


@contextmanager
def open_columns(table: pa.Table, *, name: str) -> Iterator[Rows]:
    """Open columns that are in memory already.

    Raises
    ------
    InputError
        For two columns of one name.
    """
    _check_names(table.column_names, name)
    with open_database() as database, _told(None, name, ""):
        positions = [f"c{i}" for i in range(table.num_columns)]
        database.register("held", table.rename_columns(positions))
        database.run(f"CREATE TEMP VIEW {identifier(_VIEW)} AS SELECT * FROM held")
        yield Rows(database, name, tuple(table.column_names), _nested(table.schema))


def column_names(path: Path, *, name: str = "") -> tuple[str, ...]:
    """Return the names of a table's columns; errors as in :func:`open_table`."""
    title = name or path.name
    _check_file(path, title)
    if path.suffix.lower() == ".csv":
        names = read_head(path, name=title).names
    else:
        names, _ = _parquet_columns(path, title)
    _check_names(names, title)
    return names


def free_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return names for columns, primed where another column has the name already.

    >>> free_names(["label", "score"], ["score", "sex"])
    ['label', 'score′']
    """
    found = []
    for name in wanted:
        while name in taken:
            name += "′"
        found.append(name)
    return found


def _csv(link: str, n_columns: int, delimiter: str) -> str:
    columns = ", ".join(f"{literal(f'c{i}')}: 'VARCHAR'" for i in range(n_columns))
    # Trimmed, because DuckDB 2.0 hands a TRY_CAST of a bare column down to its CSV reader, where a
    # cell that is no number becomes an error in place of NULL.
    names = [identifier(f"c{i}") for i in range(n_columns)]
    trimmed = ", ".join(f"trim({name}) AS {name}" for name in names)
    return (
        f"SELECT {trimmed} FROM read_csv({link}, auto_detect = false, header = true, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', strict_mode = true, "
        f"columns = {{{columns}}})"
    )


def _parquet(link: str, n_columns: int) -> str:
    columns = ", ".join(identifier(f"c{i}") for i in range(n_columns))
    return f"SELECT * FROM read_parquet({link}) AS t({columns})"


def _check_file(path: Path, title: str) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"A prediction table is a {' or '.join(SUFFIXES)} file. Received: {title!r}."
        )
    if not path.is_file():
        raise InputError(f"There is no table {str(path)!r}.")


def _check_names(names: Sequence[str], title: str) -> None:
    for i, name in enumerate(names):
        if name and name in names[:i]:
            raise InputError(
                f"{title}: the columns {names.index(name) + 1} and {i + 1} are both named "
                f"{name!r}. Rename one."
            )


def _parquet_columns(path: Path, title: str) -> tuple[tuple[str, ...], frozenset[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{title} is no Parquet file, or damaged ({first}).") from error
    if not schema.names:
        raise InputError(f"{title} is empty: it has no columns.")
    return tuple(schema.names), _nested(schema)


def _nested(schema: pa.Schema) -> frozenset[str]:
    import pyarrow as pa

    def plain(kind: pa.DataType) -> bool:
        inner = kind.value_type if pa.types.is_dictionary(kind) else kind
        blob = pa.types.is_binary(inner) or pa.types.is_large_binary(inner)
        return not (pa.types.is_nested(inner) or blob or pa.types.is_fixed_size_binary(inner))

    return frozenset(field.name for field in schema if not plain(field.type))


@contextmanager
def _told(path: Path | None, title: str, delimiter: str) -> Iterator[None]:
    """Turn DuckDB's errors about the caller's file into messages for people."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise PellucidError(
            f"{title} does not fit into the memory and disk given to counting. Raise "
            "PELLUCID_FAIRNESS_MEMORY_GB, or free space where PELLUCID_HOME is."
        ) from error
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        text = str(error)
        line = re.search(r"CSV Error on Line: (\d+)", text)
        if path is None or not (line or _FILE in text):
            raise
        if line is None:
            reason = text.splitlines()[0].rpartition(f'{_FILE}{path.suffix.lower()}"')[2]
            raise InputError(
                f"{title} is damaged and cannot be read to its end "
                f"({reason.strip(' :') or 'torn'}). Write the file again."
            ) from error
        if "unicode" in text:
            raise broken_text(path, name=title, delimiter=delimiter) from error
        raise InputError(_csv_words(text, title, line[1])) from error


def _csv_words(text: str, title: str, line: str) -> str:
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if cells:
        return (
            f"{title}, line {line}: {cells[2]} cells, but the header names {cells[1]} columns. "
            "Put cells that hold the separator in quotes."
        )
    if "unterminated quote" in text:
        return f"{title}, line {line}: a quote is opened and never closed. Close or double it."
    detail = next((row for row in text.splitlines()[2:] if row.strip()), "it is malformed")
    return f"{title}, line {line} cannot be read: {detail.strip()}"
