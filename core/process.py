"""What kind of process this is: one that gives an answer and ends, or one that stays.

Whoever starts work says it; rooms that would prepare for later answers read it.
"""

from __future__ import annotations

__all__ = ["is_long_lived", "set_long_lived"]

_long_lived = False


def set_long_lived() -> None:
    """Say that this process will give many answers (workers call it)."""
    global _long_lived
    _long_lived = True


def is_long_lived() -> bool:
    """Whether what is prepared in the background now will serve later answers."""
    return _long_lived
