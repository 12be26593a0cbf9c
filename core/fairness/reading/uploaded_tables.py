"""Uploaded prediction tables on disk: held by content, for a day."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from core.contracts import TablePreview, TableSource
from core.errors import InputError
from core.fairness.reading.rows import SUFFIXES, column_names, open_table
from core.home import home

__all__ = ["hold_table", "preview", "release_table", "table_source"]

_KEPT_SECONDS = 24 * 3600
_PREVIEW_ROWS = 5
_PREVIEW_LETTERS = 80


def table_source(path: Path, *, name: str = "") -> TableSource:
    """Return a table of this machine by its content.

    Raises
    ------
    InputError
        If it is missing, empty, no CSV, Excel or Parquet file, or has two columns of one name.
    """
    column_names(path, name=name)
    whole = path.resolve()
    stat = whole.stat()
    return TableSource(
        name or path.name, str(path), _sha256(str(whole), stat.st_size, stat.st_mtime_ns)
    )


@lru_cache(maxsize=64)
def _sha256(path: str, size: int, modified_ns: int) -> str:
    del size, modified_ns  # with the path they stand for the content
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hold_table(data: bytes, *, name: str) -> TableSource:
    """Write an uploaded table where workers find it; what was held for a day goes.

    Parameters
    ----------
    name : str
        A stranger's file name; only its ending is used.

    Raises
    ------
    InputError
        For another ending than .csv, .xlsx or .parquet, and as :func:`table_source` does.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"A prediction table is a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file. "
            f"Received: {name!r}."
        )
    folder = home() / "tables"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _forget(folder)
    path = folder / f"{hashlib.sha256(data).hexdigest()}{suffix}"
    if path.exists():
        os.utime(path)
    else:
        draft = folder / f"{path.name}.{os.getpid()}.{time.monotonic_ns()}"
        draft.write_bytes(data)
        draft.replace(path)
    try:
        return table_source(path, name=name)
    except InputError:
        release_table(path)
        raise


def release_table(path: Path) -> None:
    """Delete a held table now; files elsewhere are left alone."""
    if path.resolve().parent == (home() / "tables").resolve():
        path.unlink(missing_ok=True)


def _forget(folder: Path) -> None:
    oldest = time.time() - _KEPT_SECONDS
    for file in folder.iterdir():
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < oldest:
                file.unlink()


def preview(source: TableSource) -> TablePreview:
    """Return the first rows of a table as text.

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    with open_table(Path(source.path), name=source.name) as rows:
        places = [i for i, name in enumerate(rows.names) if name not in rows.nested]
        columns = ", ".join(f"CAST({rows.column_at(i)} AS VARCHAR)" for i in places)
        found = rows.database.rows(f"SELECT {columns} FROM {rows.view} LIMIT {_PREVIEW_ROWS}")
    shown = tuple(tuple(("" if c is None else c)[:_PREVIEW_LETTERS] for c in row) for row in found)
    return TablePreview(tuple(rows.names[i] for i in places), shown)
