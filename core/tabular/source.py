"""A table's text, wherever it comes from: a file as it is, or a sheet of a workbook."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.tabular.workbook import read_sheet

__all__ = ["TextSource", "text_source"]


@dataclass(frozen=True)
class TextSource:
    """Something that can be read as CSV, again and again.

    Parameters
    ----------
    path : Path
    data : bytes or None
        The text where the file itself is none.
    note : str
        What is to be said about it.
    """

    path: Path
    data: bytes | None = None
    note: str = ""

    def open(self) -> BinaryIO:
        """Open it from its beginning."""
        return self.path.open("rb") if self.data is None else io.BytesIO(self.data)


def text_source(path: Path, *, name: str) -> TextSource:
    """Return what a file holds as text.

    Raises
    ------
    InputError
        For a workbook that cannot be read.
    """
    if path.suffix.lower() != ".xlsx":
        return TextSource(path)
    sheet = read_sheet(path, name=name)
    return TextSource(path, sheet.csv, sheet.note)
