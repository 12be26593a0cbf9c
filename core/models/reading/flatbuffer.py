"""Flat buffers as bytes: tables, texts and vectors, every offset held to the file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from core.models.reading.plain import refuse

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """A table of a flat buffer.

    Parameters
    ----------
    data : bytes
        The whole file.
    at : int
        Where the table begins.
    where : str
        Name of the file, for sentences.
    """

    data: bytes
    at: int
    where: str

    @classmethod
    def root(cls, data: bytes, where: str) -> Table:
        """Return the first table.

        Raises
        ------
        ModelFileError
            Here and below: if an offset leads out of the file.
        """
        return cls(data, cls(data, 0, where)._number(0, "<I"), where)

    def length(self, place: int) -> int:
        """Return how many entries a vector has; 0 if it is not there."""
        start = self._vector(place)
        return self._number(start, "<I") if start else 0

    def tables(self, place: int, most: int) -> Iterator[Table]:
        """Yield the tables of a vector, if there are no more than ``most``."""
        start, n = self._vector(place), self.length(place)
        if n > most:
            refuse(self.where, f"it lists more than {most:,} parts.")
        for i in range(n):
            at = start + 4 + 4 * i
            yield Table(self.data, at + self._number(at, "<I"), self.where)

    def text(self, place: int) -> str:
        """Return a text; empty if it is not there."""
        start, n = self._vector(place), self.length(place)
        if n > len(self.data):
            self._damaged()
        return self.data[start + 4 : start + 4 + n].decode("utf-8", "replace") if start else ""

    def whole_numbers(self, place: int, most: int = 64) -> list[int]:
        """Return a vector of 32-bit numbers, if there are no more than ``most``."""
        start, n = self._vector(place), self.length(place)
        if n > most:
            refuse(self.where, f"a tensor of it has {n:,} sides.")
        return [self._number(start + 4 + 4 * i, "<i") for i in range(n)]

    def _vector(self, place: int) -> int:
        """Return where a field's vector begins; 0 if it is not there."""
        table = self.at - self._number(self.at, "<i")
        size = self._number(table, "<H")
        entry = 4 + 2 * place
        offset = self._number(table + entry, "<H") if entry < size else 0
        return self.at + offset + self._number(self.at + offset, "<I") if offset else 0

    def _number(self, at: int, kind: str) -> int:
        if not 0 <= at <= len(self.data) - struct.calcsize(kind):
            self._damaged()
        return int(struct.unpack_from(kind, self.data, at)[0])

    def _damaged(self) -> NoReturn:
        refuse(self.where, "it is damaged, or no LiteRT model.")
