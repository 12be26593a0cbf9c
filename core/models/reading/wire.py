"""Protocol buffers as bytes: the fields of a message, one after the other, and nothing built.

Formats of graphs are protocol buffers. What they name (files, operators, sizes) is looked at here
before a library opens them. Parsers merge what is said twice; so every occurrence counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from core.models.reading.plain import refuse

__all__ = ["Field", "Wire"]

Field = tuple[int, int | memoryview]
"""Number of a field, and what it holds: a whole number, or bytes."""
_MOST_FIELDS = 4_000_000
_MOST_BITS = 70


@dataclass
class Wire:
    """Reads messages of one file.

    Parameters
    ----------
    where : str
        Name of the file, for sentences.
    left : int
        How many fields may still be read: what a file may cost.
    """

    where: str
    left: int = field(default=_MOST_FIELDS)

    def fields(self, data: memoryview) -> Iterator[Field]:
        """Yield the fields of a message.

        Raises
        ------
        ModelFileError
            If the bytes are no message, or have too many fields.
        """
        at, end = 0, len(data)
        while at < end:
            self.left -= 1
            if self.left < 0:
                refuse(self.where, f"its description has more than {_MOST_FIELDS:,} parts.")
            tag, at = self._varint(data, at)
            number, kind = tag >> 3, tag & 7
            if kind == 0:
                value, at = self._varint(data, at)
                yield number, value
                continue
            if kind == 2:
                size, at = self._varint(data, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                self._damaged()
            if number == 0 or size > end - at:
                self._damaged()
            yield number, data[at : at + size]
            at += size

    def messages(self, data: memoryview, *wanted: int) -> Iterator[memoryview]:
        """Yield the messages that stand in fields of these numbers."""
        for number, value in self.fields(data):
            if number in wanted and isinstance(value, memoryview):
                yield value

    def texts(self, data: memoryview, number: int) -> list[str]:
        """Return the texts in fields of this number."""
        return [bytes(each).decode("utf-8", "replace") for each in self.messages(data, number)]

    def numbers(self, data: memoryview, number: int) -> list[int]:
        """Return the whole numbers in fields of this number, packed or not, signed."""
        found: list[int] = []
        for each, value in self.fields(data):
            if each != number:
                continue
            if isinstance(value, int):
                found.append(value)
                continue
            at = 0
            while at < len(value):
                self.left -= 1
                if self.left < 0:
                    self._damaged()
                one, at = self._varint(value, at)
                found.append(one)
        return [each - 2**64 if each >= 2**63 else each for each in found]

    def _varint(self, data: memoryview, at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            if at >= len(data) or shift >= _MOST_BITS:
                self._damaged()
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value & (2**64 - 1), at

    def _damaged(self) -> NoReturn:
        refuse(self.where, "it is damaged, or no model of this kind.")
