"""The rows that a look at a table takes: all of them, or one of two halves that never mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from core.values.codec import Stored
from core.values.counts import count_text

__all__ = ["ROWS", "RowsChoice", "RowsTaken"]

RowsChoice = Literal["all", "explore", "confirm"]
ROWS: tuple[RowsChoice, ...] = get_args(RowsChoice)
"""All rows; the half to explore; the half that is kept to confirm, once, what was found."""
_FEW_DISTINCT = 0.1


@dataclass(frozen=True)
class RowsTaken(Stored):
    """Which rows a result was made from.

    Parameters
    ----------
    which : {"all", "explore", "confirm"}
    n, of : int
        Rows of the half, and of the table; 0 where all rows were taken.
    repeated : int
        Rows of the confirming half that are equal, in every column, to one of the exploring half.
    distinct : int
        Different rows of the table.
    """

    which: RowsChoice = "all"
    n: int = 0
    of: int = 0
    repeated: int = 0
    distinct: int = 0

    @property
    def exploratory(self) -> bool:
        """Whether verdicts are to be confirmed on the other half."""
        return self.which == "explore"

    @property
    def text(self) -> str:
        """Which half, in words; ``""`` for all rows."""
        if self.which == "all":
            return ""
        half = f"half: {self.n} of {count_text(self.of, 'row')}"
        if self.which == "explore":
            return (
                f"Exploring {half}; the others are kept for confirmation. Verdicts are "
                f"exploratory: confirm on the other half, once, what matters.{self._leak()}"
            )
        return f"Confirming {half}; the exploring half has the others.{self._leak()}"

    def document(self, n: int) -> dict[str, Any]:
        """Return it as plain JSON, for a result over ``n`` rows."""
        return {
            "which": self.which,
            "n": n,
            "of": self.of or n,
            "exploratory": self.exploratory,
            "text": self.text,
        }

    def _leak(self) -> str:
        """Say whether the same case may stand in both halves."""
        if self.distinct < _FEW_DISTINCT * self.of:
            return (
                f" Rows cannot be told apart ({self.distinct} different ones among {self.of}): "
                "a case that is counted twice would not be seen."
            )
        if self.repeated:
            equal = "equals" if self.repeated == 1 else "equal"
            return (
                f" {count_text(self.repeated, 'row')} of the confirming half {equal}, in every "
                "column, a row of the exploring half: where that is the same case counted twice, "
                "it confirms nothing. Remove duplicates first."
            )
        return ""
