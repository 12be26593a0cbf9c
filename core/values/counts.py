"""Counts and numbers for people."""

from __future__ import annotations

__all__ = ["count_text", "exactly"]


def count_text(n: int, noun: str) -> str:
    """Return a count with its noun.

    >>> count_text(1, "gap"), count_text(2, "gap"), count_text(3, "class")
    ('1 gap', '2 gaps', '3 classes')
    """
    if n == 1:
        return f"{n} {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{n} {noun[:-1]}ies"
    return f"{n} {noun}" + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def exactly(value: float) -> str:
    """Return a number with the digits that it takes to read it back, and no more.

    >>> exactly(0.5), exactly(1.0), exactly(0.123456789)
    ('0.5', '1', '0.123456789')
    """
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))
