"""Counts and numbers for people."""

from __future__ import annotations

__all__ = ["count_text", "exactly"]


def count_text(n: int, noun: str) -> str:
    """Return a count with its noun.

    >>> count_text(1, "gap"), count_text(2, "gap")
    ('1 gap', '2 gaps')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def exactly(value: float) -> str:
    """Return a number with the digits that it takes to read it back, and no more.

    >>> exactly(0.5), exactly(1.0), exactly(0.123456789)
    ('0.5', '1', '0.123456789')
    """
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))
