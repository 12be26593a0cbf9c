"""What stands for no value in the tables of strangers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ERRORS", "Missing"]

ERRORS = (
    "#n/a", "#div/0!", "#name?", "#null!", "#num!", "#ref!", "#value!", "#spill!", "#calc!"
)  # fmt: skip
"""What spreadsheets write where there is no result."""
_ALWAYS = ("", "nan", *ERRORS)


@dataclass(frozen=True)
class Missing:
    """Words that stand for no value, and the column that they are looked for in.

    Cells are compared without blanks around them and whatever their case, but for ``None``:
    ``none`` is an answer. Where a column also holds ``+``, its ``-`` is a value.

    Examples
    --------
    >>> words = Missing.of(["NA", "None", "-"], ["a", "na", "none", "-"])
    >>> [text in words for text in ("na", "None", "none", "-", "", "a")]
    [True, True, False, True, True, False]
    """

    words: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str], cells: Iterable[str | None] = ()) -> Missing:
        """Return the words that are missing values in a column of these cells."""
        plus = any(cell is not None and cell.strip() == "+" for cell in cells)
        given = {_form(word.strip()) for word in words} - ({"-"} if plus else set())
        return cls(frozenset((*_ALWAYS, *given)))

    def __contains__(self, cell: str | None) -> bool:
        return cell is None or _form(cell.strip()) in self.words


def _form(word: str) -> str:
    return word if word.lower() == "none" else word.lower()
