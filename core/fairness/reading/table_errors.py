"""DuckDB's errors about a caller's file as sentences for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InputError, PellucidError
from core.tabular.head import CsvHead, broken_text
from core.tabular.records import ragged, unclosed

__all__ = ["told"]

_FILE = "/table"  # what open_database calls the file, whatever its name


@contextmanager
def told(path: Path | None, title: str, head: CsvHead | None = None) -> Iterator[None]:
    """Turn DuckDB's errors about the caller's file into messages for people.

    Parameters
    ----------
    path : Path or None
        ``None`` for columns in memory.
    head : CsvHead or None
        Of a CSV file that DuckDB reads itself.
    """
    import duckdb

    # Statements that are wrong are ours, whatever the file holds.
    ours = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise PellucidError(
            f"{title} does not fit into the memory and disk given to counting. Raise "
            "PELLUCID_FAIRNESS_MEMORY_GB, or free space where PELLUCID_HOME is."
        ) from error
    except (duckdb.Error, UnicodeDecodeError) as error:
        if path is None or isinstance(error, ours):
            raise
        if head is None:
            raise InputError(_damaged(str(error), title, path)) from error
        if "unicode" in str(error) or isinstance(error, UnicodeDecodeError):
            with path.open("rb") as file:
                raise broken_text(file, name=title, head=head) from error
        raise _csv_error(str(error), title) from error


def _damaged(text: str, title: str, path: Path) -> str:
    first = (text.splitlines() or [""])[0]
    reason = first.rpartition(f'{_FILE}{path.suffix.lower()}"')[2].strip(" :")
    return (
        f"{title} is damaged and cannot be read to its end ({reason or 'torn'}). Write the file "
        "again."
    )


def _csv_error(text: str, title: str) -> InputError:
    found = re.search(r"CSV Error on Line: (\d+)", text)
    line = found[1] if found else "?"
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if cells:
        return ragged(title, line, cells[2], cells[1])
    if "unterminated quote" in text:
        return unclosed(title, line)
    detail = next((row for row in text.splitlines()[2:] if row.strip()), "it is malformed")
    where = f", line {line}" if found else ""
    return InputError(f"{title}{where} cannot be read: {detail.strip()}")
