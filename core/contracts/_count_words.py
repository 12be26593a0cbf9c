"""Counts for people."""

from __future__ import annotations

__all__ = ["count_words"]


def count_words(n: int, noun: str) -> str:
    """Return a count with its noun.

    >>> count_words(1, "gap"), count_words(2, "gap")
    ('1 gap', '2 gaps')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
