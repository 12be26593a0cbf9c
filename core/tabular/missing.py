"""What stands for no value in the tables of strangers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ERRORS", "Missing"]

ERRORS = (
    "#n/a", "#div/0!", "#name?", "#null!", "#num!", "#ref!", "#value!", "#spill!", "#calc!"
)  # fmt: skip
"""What spreadsheets write where there is no result."""
_NANS = ("nan", "-nan", "+nan", "1.#qnan", "-1.#qnan", "1.#ind", "-1.#ind", "1.#snan")
"""What programs write for a result that is no number."""
_ALWAYS = ("", *_NANS, *ERRORS)


@dataclass(frozen=True)
class Missing:
    """Words that stand for no value, and the column that they are looked for in.

    Cells are compared without blanks around them and whatever their case, but for ``None``:
    ``none`` is an answer, and where a column holds it, ``NONE`` may be the same one. Where a column
    also holds ``+``, its ``-`` is a value.

    Examples
    --------
    >>> words = Missing.of(["NA", "None", "-"], ["a", "na", "NONE", "-"])
    >>> [text in words for text in ("na", "None", "NONE", "none", "-", "", "-nan", "a")]
    [True, True, True, False, True, True, True, False]
    """

    words: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str], cells: Iterable[str | None] = ()) -> Missing:
        """Return the words that are missing values in a column of these cells."""
        held = {cell.strip() for cell in cells if cell is not None}
        given = {_form(word.strip()) for word in words} - ({"-"} if "+" in held else set())
        if "None" in given and "none" not in held:
            given.add("NONE")
        return cls(frozenset((*_ALWAYS, *given)))

    def __contains__(self, cell: str | None) -> bool:
        return cell is None or _form(cell.strip()) in self.words


def _form(word: str) -> str:
    lowered = word.lower()
    if lowered != "none":
        return lowered
    return word if word in ("none", "None") else "NONE"
