"""Words for totals and units, which stand above and below tables and are no values of them."""

from __future__ import annotations

__all__ = ["EDGE", "is_total", "is_total_or_unit"]

EDGE = 3
"""So many rows at either end may be totals or units."""
_TOTALS = frozenset(
    (
        "total", "totals", "subtotal", "subtotals", "grandtotal", "sum", "sums", "subsum",
        "summe", "zwischensumme", "gesamtsumme", "gesamt", "insgesamt", "average", "mittelwert",
    )
)  # fmt: skip
_UNITS = frozenset(
    (
        "bool", "boolean", "int", "integer", "float", "double", "str", "string", "text",
        "varchar", "0/1", "1/0",
    )
)  # fmt: skip


def is_total(text: str) -> bool:
    """Whether a cell is a word for a total, without case, blanks, hyphens and marks around it.

    >>> is_total("Grand Total:"), is_total("totally")
    (True, False)
    """
    return _bare(text) in _TOTALS


def is_total_or_unit(text: str) -> bool:
    """Whether a cell is a word for a total or a unit.

    >>> is_total_or_unit("(bool)")
    True
    """
    return _bare(text) in _TOTALS | _UNITS


def _bare(text: str) -> str:
    return "".join(text.casefold().replace("-", "").split()).strip("\ufeff:=.()[]<>*#\"'")
