"""A table's rows as a view with columns named by position, whatever their names hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.contracts import RowsTaken
from core.errors import InputError
from core.fairness.reading.marks import Marks, marks_of, marks_of_texts
from core.fairness.reading.parquet_copy import parquet_copy
from core.fairness.reading.sql import Database, double, identifier, literal, open_database
from core.fairness.reading.table_errors import told
from core.fairness.reading.typed import as_written, nested, unknown_zones, widened
from core.files import no_file
from core.tabular.head import CsvHead, check_names, listed_names, nfc, read_head
from core.tabular.records import is_plain
from core.tabular.source import TextSource, text_source

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SUFFIXES", "Rows", "column_names", "free_names", "open_columns", "open_table"]

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx")
_VIEW = "given"


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
        Those that hold lists, structures, bytes or durations, and cannot be used.
    marks : mapping
        Those of numbers with decimal commas or marks between thousands, with these.
    note : str
        What is to be said about how the table was read.
    source, cut_source : str
        The views that rows are counted in, and that quantiles are taken from: the whole table, or
        its halves (:mod:`core.fairness.reading.sample_splitting`).
    taken : RowsTaken
        Which rows these are.
    """

    database: Database
    name: str
    names: tuple[str, ...]
    nested: frozenset[str] = frozenset()
    marks: Mapping[str, Marks] = field(default_factory=dict)
    note: str = ""
    source: str = _VIEW
    cut_source: str = _VIEW
    taken: RowsTaken = field(default_factory=RowsTaken)

    def column(self, name: str) -> str:
        """Return a column of the view as an expression.

        Raises
        ------
        InputError
            If there is no such column, or it holds no plain values.
        """
        name = nfc(name)
        if name not in self.names:
            raise InputError(
                f"{self.name} has no column {name!r}. It has: {listed_names(self.names)}."
            )
        if name in self.nested:
            raise InputError(
                f"{self.name}: the column {name!r} holds lists, structures, bytes or "
                "durations. Expected plain values: text, numbers, booleans or dates."
            )
        return self.column_at(self.names.index(name))

    def column_at(self, place: int) -> str:
        """Return the same by its place: several columns may have no name."""
        quoted = identifier(f"c{place}")
        marks = self.marks.get(self.names[place])
        return quoted if marks is None else marks.plain(quoted)

    def number(self, name: str) -> str:
        """Return a column as SQL for numbers; NULL where a cell is none.

        Raises
        ------
        InputError
            As :meth:`column`; where it cannot be told which numbers are meant.
        """
        column = self.column(name)
        marks = self.marks.get(nfc(name))
        if marks is not None and not marks.sure:
            row, cell = self.first_of(column, "v", f"regexp_matches(v, {literal('[.,]')})")
            raise InputError(
                f"{self.name}: the column {name!r} holds {cell!r} in row {row}: is the mark in it "
                "the decimal one, or does it stand between thousands? Write such numbers with all "
                "their decimals (1.5000), or without marks for thousands (1500)."
            )
        return double(column)

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

    def first_of(self, column: str, value: str, wrong: str) -> tuple[int, str]:
        """Return the same where it is known that there is one.

        Raises
        ------
        InputError
            If there is none now: what a damaged Parquet file says of its cells is not so.
        """
        found = self.first(column, value, wrong)
        if found is None:
            raise InputError(
                f"{self.name} is damaged: what it says of a column does not fit the column's "
                "cells. Write the file again."
            )
        return found

    def first_where(self, wrong: str) -> int | None:
        """Return the number of the first row of the table that a condition holds of."""
        found = self.database.rows(
            f"SELECT r FROM (SELECT *, row_number() OVER () AS r FROM {identifier(_VIEW)}) "
            f"WHERE {wrong} ORDER BY r LIMIT 1"
        )
        return int(found[0][0]) if found else None


@contextmanager
def open_table(path: Path, *, name: str = "") -> Iterator[Rows]:
    """Open a CSV file (with a header), a sheet of an Excel workbook, or a Parquet file.

    Raises
    ------
    InputError
        For a missing, empty or damaged file, another format, or two columns of one name; while it
        is open, also for a row that cannot be read.
    """
    title = name or path.name
    _check_file(path, title)
    if path.suffix.lower() == ".parquet":
        schema = _parquet_schema(path, title)
        with open_database(path) as database, told(path, title):
            link = literal(str(database.folder / "table.parquet"))
            yield _typed(database, _parquet(link, len(schema)), title, schema)
        return
    source = text_source(path, name=title)
    with source.open() as file:
        head = read_head(file, name=title)
        file.seek(0)
        plain = source.data is None and is_plain(file, head)
    with _text_rows(source, head, title, plain=plain) as rows:
        yield rows


@contextmanager
def _text_rows(source: TextSource, head: CsvHead, title: str, *, plain: bool) -> Iterator[Rows]:
    """Open a text: by DuckDB itself where it is plain, else a copy of it that is."""
    if not plain:
        with (
            parquet_copy(source, head, name=title) as copy,
            open_database(copy) as database,
            told(None, title),
        ):
            link = literal(str(database.folder / "table.parquet"))
            query = _parquet(link, len(head.names))
            rows = _viewed(database, query, title, head.names, note=source.note)
            yield replace(rows, marks=marks_of(database, rows.view, source, head))
        return
    with open_database(source.path) as database, told(source.path, title, head):
        link = literal(str(database.folder / f"table{source.path.suffix.lower()}"))
        query = _csv(link, len(head.names), head.delimiter)
        rows = _viewed(database, query, title, head.names)
        yield replace(rows, marks=marks_of(database, rows.view, source, head))


def _typed(database: Database, query: str, title: str, schema: pa.Schema) -> Rows:
    written = as_written(schema, _positions(len(schema)))
    query = f"SELECT {written} FROM ({query})"
    rows = _viewed(
        database, query, title, tuple(schema.names), nested(schema), unknown_zones(schema)
    )
    return replace(rows, marks=marks_of_texts(database, rows.view, schema))


def _positions(n_columns: int) -> list[str]:
    return [f"c{i}" for i in range(n_columns)]


def _viewed(
    database: Database,
    query: str,
    title: str,
    names: tuple[str, ...],
    unusable: frozenset[str] = frozenset(),
    note: str = "",
) -> Rows:
    database.run(f"CREATE TEMP VIEW {identifier(_VIEW)} AS {query}")
    return Rows(database, title, names, unusable, note=note)


@contextmanager
def open_columns(table: pa.Table, *, name: str) -> Iterator[Rows]:
    """Open columns that are in memory already.

    Raises
    ------
    InputError
        For two columns of one name.
    """
    names = tuple(map(nfc, table.column_names))
    check_names(names, name)
    table = widened(table.rename_columns(list(names)))
    with open_database() as database, told(None, name):
        database.register("held", table.rename_columns(_positions(table.num_columns)))
        yield _typed(database, "SELECT * FROM held", name, table.schema)


def column_names(path: Path, *, name: str = "") -> tuple[str, ...]:
    """Return the names of a table's columns; errors as in :func:`open_table`."""
    title = name or path.name
    _check_file(path, title)
    if path.suffix.lower() == ".parquet":
        return tuple(_parquet_schema(path, title).names)
    with text_source(path, name=title).open() as file:
        return read_head(file, name=title).names


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
    columns = ", ".join(map(identifier, _positions(n_columns)))
    return f"SELECT * FROM read_parquet({link}) AS t({columns})"


def _check_file(path: Path, title: str) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"A prediction table is a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file. "
            f"Received: {title!r}."
        )
    if what := no_file(path):
        raise InputError(f"There is no table {str(path)!r}: it {what}.")


def _parquet_schema(path: Path, title: str) -> pa.Schema:
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
    names = tuple(map(nfc, schema.names))
    check_names(names, title)
    return pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])
