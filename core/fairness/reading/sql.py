"""The one place that opens DuckDB: closed to the outside, bounded in memory, spilling at home.

Names of columns are strangers' text. They never enter a statement: tables are opened with columns
named by position, and whatever is an identifier goes through :func:`identifier` all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.home import home
from core.settings import settings
from core.store.size import Space

if TYPE_CHECKING:
    import duckdb

__all__ = ["Database", "double", "identifier", "literal", "open_database"]

_OPTIONS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
}


def identifier(name: str) -> str:
    """Quote a name so that it is an identifier whatever it holds.

    Examples
    --------
    >>> identifier('a"; DROP TABLE x; --')
    '"a""; DROP TABLE x; --"'

    Raises
    ------
    InputError
        For a name with a NUL, which no identifier can hold.
    """
    if "\0" in name:
        raise InputError(f"A column name holds a NUL character: {name!r}. Rename the column.")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text so that it is a string literal whatever it holds.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def double(column: str) -> str:
    """Return SQL for a column as a number; NULL where it is none."""
    return f"TRY_CAST({column} AS DOUBLE)"


class Database:
    """A connection of its own, and the folder that it may read from and spill into.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    folder : Path
        Made for it, gone with it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._connection = connection
        self.folder = folder

    def run(self, statement: str) -> None:
        """Execute a statement."""
        self._connection.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(query).fetchall()

    def columns(self, query: str) -> dict[str, Any]:
        """Return the columns of a query as arrays."""
        return self._connection.execute(query).fetchnumpy()

    def register(self, name: str, table: Any) -> None:
        """Let statements read an Arrow table under ``name``."""
        self._connection.register(name, table)


@contextmanager
def open_database(file: Path | None = None) -> Iterator[Database]:
    """Open an empty database in memory that can read ``file`` and nothing else on this machine.

    The file appears in the database's own folder as ``table`` with its suffix, by a link: neither
    its name nor a pattern in it (``[1].csv``) reaches a statement.

    Notes
    -----
    Memory is bounded by ``PELLUCID_FAIRNESS_MEMORY_GB``; what is larger spills into a folder
    under ``PELLUCID_HOME``.
    """
    import duckdb

    space = Space(home(), 0)
    space.prepare()
    with space.draft() as folder:
        options: dict[str, str | bool | int | float | list[str]] = {
            **_OPTIONS,
            "memory_limit": f"{settings().fairness_memory_gb * 1e3:.0f}MB",
            "temp_directory": str(folder / "spill"),
        }
        with duckdb.connect(":memory:", config=options) as connection:
            if file is not None:
                link = folder / f"table{file.suffix.lower()}"
                link.symlink_to(file.resolve())
                connection.execute(f"SET allowed_paths = [{literal(str(link))}]")
            # The bar would be drawn on stdout, where results go; DuckDB turns it on in scripts.
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield Database(connection, folder)
