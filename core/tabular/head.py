"""The head of a table in text: encoding, what stands before the header, separator, names."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from core.contracts import count_text
from core.errors import InputError

__all__ = [
    "DELIMITERS", "MAX_COLUMNS", "CsvHead", "broken_text", "check_names", "listed_names", "nfc",
    "read_head", "shown",
]  # fmt: skip

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 4096
_HEAD_BYTES = 2**20
_CHUNK = 2**22
_FOREIGN = (
    (b"PK\x03\x04", "is a ZIP archive, or an Excel workbook without its ending .xlsx"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook; save it as .xlsx, or as CSV"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"PAR1", "is a Parquet file; give it the ending .parquet"),
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK = "\ufeff"
_UNSEEN = _MARK + "\u200b\u200c\u200d\u2060"
_SEPARATOR = re.compile(r'"?sep=(?P<delimiter>[^\w\s"]|_|\t)"?', re.IGNORECASE)
_LINE = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class CsvHead:
    """What is known of a table before its first row.

    Parameters
    ----------
    names : tuple of str
        Of the columns, in order, in Unicode's composed form (NFC).
    delimiter : str
    encoding : str
    skipped : int
        Lines before the header: blank ones, comments, ``sep=``.
    comments : bool
        Whether comments are among them.
    """

    names: tuple[str, ...]
    delimiter: str
    encoding: str = "utf-8-sig"
    skipped: int = 0
    comments: bool = False


def nfc(text: str) -> str:
    """Return a text in composed form, so that one name has one spelling.

    >>> nfc("Zoe\u0308") == "Zo\u00eb"
    True
    """
    return unicodedata.normalize("NFC", text)


def shown(text: str) -> str:
    """Return the same without what nobody sees around it: blanks, marks, zero-width characters.

    >>> shown(" \ufeffsex\u200b ")
    'sex'
    """
    return nfc(text.strip().strip(_UNSEEN).strip())


def read_head(file: BinaryIO, *, name: str) -> CsvHead:
    """Read a table up to its header.

    Parameters
    ----------
    file : binary file
        UTF-8, or UTF-16 and UTF-32 that can be told.
    name : str
        What messages call it.

    Raises
    ------
    InputError
        For an empty file, another encoding, or a header that cannot be told or read.
    """
    data = file.read(_HEAD_BYTES)
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            raise InputError(f"{name} {what}.")
    encoding = _encoding(data)
    try:
        # The last character may be cut in two by the limit.
        text = codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        raise broken_text(file, name=name, head=_cut(data, encoding)) from None
    lines = _LINE.split(text)
    skipped, delimiter, comments = _before_header(lines, name)
    delimiter = delimiter or _delimiter(lines[skipped])
    rest = io.StringIO(text, newline="")
    for _ in range(skipped):
        next(rest)
    first = next(rest).lstrip(_MARK)
    try:
        header = next(csv.reader(chain([first], rest), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"{name}: its header line cannot be read ({error}).") from error
    if comments:
        _check_comment(lines[skipped - 1], skipped, header, delimiter, name)
    names = tuple(map(shown, header))
    check_names(names, name)
    return CsvHead(names, delimiter, encoding, skipped, comments)


def listed_names(names: Sequence[str]) -> str:
    r"""Return the names of columns such that nothing in them is unseen.

    >>> listed_names(["y", "p\u00a0x", ""])
    "y, 'p\\xa0x', and 1 column without a name (the header is to be the first line)"
    """
    shown = [name if name.isprintable() else repr(name) for name in names if name]
    without = len(names) - len(shown)
    if without:
        shown.append(
            f"and {count_text(without, 'column')} without a name (the header is to be the first "
            "line)"
        )
    return ", ".join(shown)


def check_names(names: tuple[str, ...], title: str) -> None:
    """Check that columns can be told apart by their names; any number of them may have none.

    Raises
    ------
    InputError
        For two columns of one name, or more columns than are read.
    """
    if len(names) > MAX_COLUMNS:
        raise InputError(
            f"{title} has {count_text(len(names), 'column')}; at most {MAX_COLUMNS} are read. "
            "Leave those out that are not needed."
        )
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if name and name in first:
            raise InputError(
                f"{title}: the columns {first[name] + 1} and {i + 1} are both named "
                f"{name!r}. Rename one."
            )
        first[name] = i


def broken_text(file: BinaryIO, *, name: str, head: CsvHead) -> InputError:
    """Say at which line and column a text breaks its encoding; the caller raises it."""
    if head.encoding != "utf-8-sig":
        return InputError(
            f"{name} is not {head.encoding.upper()} text to its end. Save it as UTF-8."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_number, line = 1, b""
    file.seek(0)
    while chunk := file.read(_CHUNK):
        for part in chunk.splitlines(keepends=True):
            line += part
            try:
                decoder.decode(part)
            except UnicodeDecodeError:
                return _told(name, line_number, line, head.delimiter)
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


def _encoding(data: bytes) -> str:
    """Return the encoding that a mark names, or that bytes being 0 in turn give away."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    fours = data[: 4 * (len(data[:4096]) // 4)]
    low, high = (sum(fours[at::4].count(0) for at in places) for places in ((2, 3), (0, 1)))
    if fours and max(low, high) == len(fours) // 2 and fours.count(0) < len(fours):
        return "utf-32-le" if low == len(fours) // 2 else "utf-32-be"
    pairs = data[: 2 * (len(data[:4096]) // 2)]
    even, odd = pairs[0::2].count(0), pairs[1::2].count(0)
    if 2 * odd > len(pairs) // 2 and not even:
        return "utf-16-le"
    return "utf-16-be" if 2 * even > len(pairs) // 2 and not odd else "utf-8-sig"


def _cut(data: bytes, encoding: str) -> CsvHead:
    lines = data.lstrip().splitlines() or [b""]
    return CsvHead((), _delimiter(lines[0].decode("utf-8", errors="replace")), encoding)


def _before_header(lines: list[str], name: str) -> tuple[int, str, bool]:
    """Return how many lines stand before the header, the separator they name, and if comments."""
    delimiter, comments = "", False
    for i, line in enumerate(lines):
        line = line.lstrip(_MARK)
        told = _SEPARATOR.fullmatch(line.strip(" "))
        if told is not None:
            delimiter = told["delimiter"]
        elif _is_comment(line, delimiter):
            comments = True
        elif line.strip(f" \t{_MARK}" + "".join(DELIMITERS)):
            return i, delimiter, comments
    raise InputError(
        f"{name} is empty. Expected a line with the names of the columns, and rows below it."
    )


def _is_comment(line: str, delimiter: str) -> bool:
    """Whether a line is a comment; a column may be called ``#``, as numbers of rows are."""
    cells = line.split(delimiter or _delimiter(line))
    first = cells[0].strip()
    return first.startswith("#") and not (first == "#" and len(cells) > 1)


def _check_comment(line: str, number: int, header: list[str], delimiter: str, name: str) -> None:
    """Refuse a comment that could as well be the header."""
    cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    if line.lstrip().startswith("#") and len(cells) == len(header) > 1:
        raise InputError(
            f"{name}, line {number} begins with '#': is it a comment, or does it name the "
            "columns? Take the line out, or the '#' away."
        )


def _delimiter(line: str) -> str:
    """Return what separates the header's names: the commonest candidate outside of quotes."""
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)
