"""The head of a CSV file, and where one that cannot be read breaks."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError

__all__ = ["CsvHead", "broken_text", "read_head"]

_DELIMITERS = (",", ";", "\t", "|")
_HEAD_BYTES = 2**20
_CHUNK = 2**22
_FOREIGN = (
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook; export the sheet as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; export the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"\xff\xfe", "is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text; save it as UTF-8"),
    (b"PAR1", "is a Parquet file; give it the ending .parquet"),
)


@dataclass(frozen=True, slots=True)
class CsvHead:
    """Names of the columns, in order, and what separates them."""

    names: tuple[str, ...]
    delimiter: str


def read_head(path: Path, *, name: str) -> CsvHead:
    """Read the header of a CSV file in UTF-8.

    Parameters
    ----------
    name : str
        What messages call the file.

    Raises
    ------
    InputError
        For an empty file, one that is no UTF-8 text, or whose first line ends in an open quote.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise InputError(f"{name} {what}.")
    if not head.strip():
        raise InputError(f"{name} is empty. Expected a header line and a row for each prediction.")
    try:
        # The last character may be cut in two by the limit.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        raise broken_text(path, name=name, delimiter=_delimiter(head)) from None
    delimiter = _delimiter(head)
    try:
        names = next(row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row)
    except csv.Error as error:
        raise InputError(f"{name}: its header line cannot be read ({error}).") from error
    return CsvHead(tuple(column.strip() for column in names), delimiter)


def broken_text(path: Path, *, name: str, delimiter: str) -> InputError:
    """Say at which line and column a file stops being UTF-8; the caller raises it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_number, line = 1, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            for part in chunk.splitlines(keepends=True):
                line += part
                try:
                    decoder.decode(part)
                except UnicodeDecodeError:
                    return _told(name, line_number, line, delimiter)
                if part.endswith((b"\n", b"\r")):
                    line_number, line = line_number + 1, b""
    return InputError(f"{name} is not UTF-8 text: it ends within a character. Save it as UTF-8.")


def _told(name: str, line_number: int, line: bytes, delimiter: str) -> InputError:
    cells = line.decode("utf-8", errors="replace").split(delimiter)
    column = next((i for i, cell in enumerate(cells, 1) if "\ufffd" in cell), 1)
    return InputError(
        f"{name} is not UTF-8 text: line {line_number}, column {column} holds bytes of another "
        f"encoding ({cells[column - 1].strip()[:40]!r}). Save the file as UTF-8."
    )


def _delimiter(head: bytes) -> str:
    """Return what separates the header's names: the commonest candidate outside of quotes."""
    line = head.lstrip().splitlines()[0].decode("utf-8", errors="replace")
    bare = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)
