"""The table of a folder of files: which file holds what, as CSV, JSON lines or Parquet.

Tables are strangers' files: their bytes and rows are capped, they hold plain values alone, and no
name in them leads out of the folder.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError
from core.tabular.head import nfc, read_head
from core.tabular.records import records

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FILE_NAME", "MAX_ROWS", "TABLE", "TABLES", "Columns", "find_table", "inside", "on_disk",
    "passed_over", "read_table",
]  # fmt: skip

FILE_NAME = "file_name"
TABLE = "metadata.csv"
TABLES = (TABLE, "metadata.jsonl", "metadata.parquet")
MAX_ROWS = 2_000_000
_MAX_BYTES = 2**30

Columns = dict[str, list[str]]
"""The cells of each column as text without blanks around it; ``""`` where there is nothing."""


def find_table(folder: Path) -> Path | None:
    """Return the folder's table, ``None`` if it has none.

    Raises
    ------
    InputError
        If it has several.
    """
    found = [folder / name for name in TABLES if (folder / name).is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise InputError(f"The folder {folder.name} holds {names}. Expected one table: keep one.")
    return found[0] if found else None


def read_table(path: Path) -> Columns:
    """Read a table that :func:`find_table` found; every column has as many cells as there are rows.

    Raises
    ------
    InputError
        If it has no column ``file_name``, is no UTF-8 text, is damaged, holds lists or structures,
        or is larger than ``MAX_ROWS`` rows or 1 GiB.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{_place(path)} is larger than 1 GiB; at most {MAX_ROWS} rows are read.")
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    columns = {
        name: cells if name.endswith(FILE_NAME) else [nfc(cell) for cell in cells]
        for name, cells in readers[path.suffix](path).items()
    }
    if FILE_NAME not in columns:
        raise InputError(
            f"{_place(path)} has no column {FILE_NAME}; expected {FILE_NAME},label and further "
            f"columns. Received: {', '.join(columns) or 'an empty file'}."
        )
    _check_headers(path, columns)
    return columns


def _check_headers(path: Path, columns: Columns) -> None:
    """Refuse a row that holds the names of the columns: the header of another table."""
    known = sorted(map(str.casefold, columns))
    rows = zip(*columns.values(), strict=True)
    for number, (name, row) in enumerate(zip(columns[FILE_NAME], rows, strict=True), 1):
        folded = name.casefold()
        if folded == FILE_NAME or (folded in known and sorted(map(str.casefold, row)) == known):
            raise InputError(
                f"{_place(path)}: row {number} holds the names of the columns once more, as tables "
                "do that were put one behind the other. Take that line out."
            )


def inside(root: Path, names: Sequence[str], *, what: str) -> list[str]:
    """Return paths inside ``root``, with ``/`` and without detours.

    Parameters
    ----------
    root : Path
        Resolved.
    names : sequence of str
        ``""`` stands for no file and stays.
    what : str
        What names them, for the message: a table, a folder.

    Raises
    ------
    InputError
        If one lies outside of ``root``, or is a link that leads out of it.
    """
    folders: dict[str, bool] = {}

    def within(path: str) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(root)

    checked = []
    for given in names:
        name = posixpath.normpath(given.replace("\\", "/")) if given else ""
        parent = posixpath.dirname(name)
        path = f"{root}/{name}"
        lexical = not (name.startswith(("/", "../")) or name == ".." or "\0" in name)
        if lexical and parent not in folders:
            folders[parent] = within(f"{root}/{parent}")
        if not (lexical and folders[parent] and (not Path(path).is_symlink() or within(path))):
            raise InputError(
                f"{what} names {given!r}, which lies outside the folder {root.name} or links out "
                "of it. Put the pictures themselves into the folder."
            )
        checked.append(name)
    return checked


def passed_over(names: Sequence[str]) -> list[str]:
    """Return what results say of what lies beside or below class folders; nothing if nothing."""
    told = ", ".join(names[:3]) + ", …" * (len(names) > 3)
    return [
        f"Not taken, {len(names)} in number: {told}. A picture lies straight in its class folder, "
        "and its name ends as pictures' names do (.png, .jpg, …) or has no ending."
    ] * bool(names)


def on_disk(root: Path, names: Sequence[str]) -> list[str]:
    """Return paths as the disk spells them: one name has several forms in Unicode (NFC, NFD).

    What is not there, in no form, stays as it is.
    """
    folders: dict[str, dict[str, str]] = {}

    def listed(folder: str) -> dict[str, str]:
        if folder not in folders:
            try:
                entries = sorted(os.listdir(f"{root}/{folder}"))  # noqa: PTH208 (names alone)
            except OSError:
                entries = []
            folders[folder] = {nfc(entry): entry for entry in entries}
        return folders[folder]

    def found(name: str) -> str:
        if name.isascii() or os.path.lexists(f"{root}/{name}"):
            return name
        place = ""
        for part in name.split("/"):
            own = listed(place).get(nfc(part), part)
            place = f"{place}/{own}" if place else own
        return place

    return [found(name) for name in names]


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _too_many(path: Path) -> InputError:
    return InputError(f"{_place(path)} has too many rows; at most {MAX_ROWS} are read.")


def _text_lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise InputError(f"{_place(path)} is not UTF-8 text; save it as UTF-8.") from error


def _read_csv(path: Path) -> Columns:
    place = _place(path)
    with path.open("rb") as file:
        head = read_head(file, name=place)
        columns: Columns = {name: [] for name in head.names}
        file.seek(0)
        for n, (_, row) in enumerate(records(file, head, name=place)):
            if n >= MAX_ROWS:
                raise _too_many(path)
            for name, cell in zip(head.names, row, strict=True):
                columns[name].append(cell.strip())
    return columns


def _read_jsonl(path: Path) -> Columns:
    columns: Columns = {}
    n = 0
    for line_number, line in enumerate(_text_lines(path), 1):
        if not line.strip():
            continue
        if n >= MAX_ROWS:
            raise _too_many(path)
        for name, value in _json_object(path, line_number, line).items():
            if isinstance(value, dict | list):
                raise _nested(path, name)
            cells = columns.setdefault(name, [])
            cells += [""] * (n - len(cells))
            cells.append(_cell(value))
        n += 1
    for cells in columns.values():
        cells += [""] * (n - len(cells))
    return columns


def _once(path: Path, line_number: int, pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"{_place(path)}, line {line_number} names {twice!r} twice. Keep one value of it."
        )
    return row


def _json_object(path: Path, line_number: int, line: str) -> dict[str, object]:
    try:
        row = json.loads(line, object_pairs_hook=lambda pairs: _once(path, line_number, pairs))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{_place(path)}, line {line_number} is no JSON ({error}).") from error
    if not isinstance(row, dict):
        raise InputError(
            f"{_place(path)}, line {line_number}: expected one JSON object a line, for example "
            '{"file_name": "a.jpg", "label": "cat"}.'
        )
    return row


def _read_parquet(path: Path) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
        if n_rows > MAX_ROWS:
            raise _too_many(path)
        for field in schema:
            if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
                raise _nested(path, field.name)
        # Equal texts are held once: a small file can claim gigabytes of them.
        texts = [f.name for f in schema if pa.types.is_string(f.type)]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{_place(path)} is no Parquet file, or damaged ({first}).") from error
    return {name: _cells(table.column(name)) for name in table.column_names}


def _cells(column: pa.ChunkedArray) -> list[str]:
    import pyarrow as pa

    cells: list[str] = []
    for chunk in column.chunks:
        if isinstance(chunk, pa.DictionaryArray):
            known = [_cell(value) for value in chunk.dictionary.to_pylist()]
            cells += ["" if i is None else known[i] for i in chunk.indices.to_pylist()]
        else:
            cells += [_cell(value) for value in chunk.to_pylist()]
    return cells


def _nested(path: Path, column: str) -> InputError:
    return InputError(
        f"{_place(path)}: the column {column!r} holds lists, structures or bytes. Expected plain "
        f"values: {FILE_NAME} with the path of a picture, its label, and attributes."
    )


def _cell(value: object) -> str:
    if value is None or value != value:  # NaN, which is how tables of numbers say nothing
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
