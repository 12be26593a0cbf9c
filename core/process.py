"""What kind of process this is: one that gives an answer and ends, or one that stays.

Whoever starts work says it; rooms that would prepare for later answers read it.
"""

from __future__ import annotations

__all__ = ["lasts", "let_last"]

_lasts = False


def let_last() -> None:
    """Say that this process will give many answers (workers call it)."""
    global _lasts
    _lasts = True


def lasts() -> bool:
    """Whether what is prepared in the background now will serve later answers."""
    return _lasts
