"""The rows of a table in text, one by one: each has a cell for each column, or is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from core.errors import InputError
from core.tabular.head import CsvHead, broken_text
from core.tabular.missing import ERRORS

__all__ = ["is_plain", "ragged", "records", "unclosed"]

_CHUNK = 2**22
_MOST_BLANKS = 64
_NO_COMMENTS = ("#na", *ERRORS)


def is_plain(file: BinaryIO, head: CsvHead) -> bool:
    """Whether any reader of CSV reads it alike.

    UTF-8, the header in the first line, ends of lines of one kind, no line that begins with ``#``,
    and no blanks before a quote.
    """
    if head.encoding != "utf-8-sig" or head.skipped:
        return False
    returns = feeds = both = hashes = 0
    last = before = b""
    quote = re.compile(rb'(?:^|[\r\n]|%s) +"' % re.escape(head.delimiter.encode()))
    while chunk := file.read(_CHUNK):
        if quote.search(before + chunk):
            return False
        before = chunk[-_MOST_BLANKS:]
        here = last + chunk
        returns += chunk.count(b"\r")
        feeds += chunk.count(b"\n")
        both += here.count(b"\r\n")
        hashes += here.count(b"\n#") + here.count(b"\r#")
        last = chunk[-1:]
    return not hashes and returns == both and both in (0, feeds)


def records(file: BinaryIO, head: CsvHead, *, name: str) -> Iterator[tuple[int, list[str]]]:
    """Go through the rows below the header, each with the number of its (last) line.

    Blank lines are left out, and comments where comments stand before the header.

    Raises
    ------
    InputError
        For a row of too few or too many cells, a quote that is never closed, bytes of another
        encoding, or a line that may be a comment as well as a row.
    """
    text = io.TextIOWrapper(file, head.encoding, newline="")
    lines = _Lines(text)
    for _ in range(head.skipped):
        next(lines)
    reader = csv.reader(lines, delimiter=head.delimiter, strict=True, skipinitialspace=True)
    try:
        next(reader)
        yield from _checked(reader, lines, head, name)
    except UnicodeDecodeError:
        raise broken_text(file, name=name, head=head) from None
    except csv.Error as error:
        line = head.skipped + reader.line_num
        if "end of data" in str(error):
            raise unclosed(name, line) from error
        raise InputError(f"{name}, line {line} cannot be read: {error}.") from error
    finally:
        text.detach()


@dataclass
class _Lines:
    """Lines of a text, and the first one of the row that is being read."""

    text: TextIO
    first: str = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.text)
        self.first = self.first or line
        return line


def _checked(
    reader: Iterator[list[str]], lines: _Lines, head: CsvHead, name: str
) -> Iterator[tuple[int, list[str]]]:
    width, n, hashes, first_hash = len(head.names), 0, 0, 0
    while True:
        lines.first = ""
        row = next(reader, None)
        if row is None:
            break
        number = head.skipped + reader.line_num  # type: ignore[attr-defined]
        if not row:
            continue
        hashed = lines.first.startswith("#") and row[0].strip().lower() not in _NO_COMMENTS
        if hashed and head.comments and len(row) != width:
            continue
        if len(row) == width + 1 and not row[-1].strip():
            row = row[:-1]  # a separator at the end of the line
        if len(row) != width:
            raise ragged(name, number, len(row), width)
        if hashed:
            hashes, first_hash = hashes + 1, first_hash or number
            if head.comments:
                raise _comment_or_row(name, number)
        n += 1
        yield number, row
    if 0 < 2 * hashes < n:
        raise _comment_or_row(name, first_hash)


def ragged(name: str, line: int | str, cells: int | str, columns: int | str) -> InputError:
    """Say that a row has too few or too many cells; the caller raises it."""
    return InputError(
        f"{name}, line {line}: {cells} cells, but the header names {columns} columns. "
        "Put cells that hold the separator in quotes."
    )


def unclosed(name: str, line: int | str) -> InputError:
    """Say that a quote is never closed; the caller raises it."""
    return InputError(
        f"{name}, line {line}: a quote is opened and never closed. Close or double it."
    )


def _comment_or_row(name: str, line: int) -> InputError:
    return InputError(
        f"{name}, line {line} begins with '#', as comments do: is it a row? Take the line out, or "
        "put its first cell in quotes."
    )
