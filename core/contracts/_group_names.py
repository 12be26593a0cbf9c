"""Attributes and groups for people: how they are written, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.contracts._fairness import TIMES, UNKNOWN

__all__ = ["attribute_words", "group_words", "groups_in_order"]

_DIGITS = re.compile(r"(\d+(?:\.\d+)?)")
_PADDED = re.compile(r"0\d")

_Key = tuple[int, float, tuple[tuple[int, float, str], ...], str]


def attribute_words(attribute: str) -> str:
    """Return the name of an attribute, or of attributes that meet. Plain text.

    Examples
    --------
    >>> attribute_words("skin_tone_band×age_band")
    'skin tone band × age band'
    """
    return attribute.replace("_", " ").replace(TIMES, f" {TIMES} ")


def group_words(group: str) -> str:
    """Return the name of a group, or of one where attributes meet. Plain text.

    Examples
    --------
    >>> group_words("02"), group_words("dark 7-10×old"), group_words(" ")
    ('2', 'dark 7-10 × old', '(none)')
    """
    return f" {TIMES} ".join(
        (part[1:] if _PADDED.fullmatch(part) else part) if part.strip() else "(none)"
        for part in group.split(TIMES)
    )


def groups_in_order(groups: Iterable[str]) -> list[str]:
    """Sort as people do, numbers by their size, ``"Unknown"`` last.

    Examples
    --------
    >>> groups_in_order(["10", "9", "Unknown", "tone 10", "tone 9"])
    ['9', '10', 'tone 9', 'tone 10', 'Unknown']
    """
    return sorted(groups, key=_key)


def _key(text: str) -> _Key:
    if text == UNKNOWN:
        return (2, 0.0, (), text)
    try:
        number = float(text)
    except ValueError:
        parts = tuple(
            (0, float(part), "") if i % 2 else (1, 0.0, part.casefold())
            for i, part in enumerate(_DIGITS.split(text))
            if part
        )
        return (1, 0.0, parts, text)
    return (0, number, (), text) if number == number else (1, 0.0, (), text)
