"""Attributes and groups for people: how they are written, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.fairness.contract.audits import TIMES, UNKNOWN

__all__ = ["attribute_name", "group_name", "groups_in_order"]

_DIGITS = re.compile(r"(\d+(?:\.\d+)?)")
_BAND = re.compile(r"[^\W\d]+ (\d+(?:\.\d+)?)(?:[-–]\d+(?:\.\d+)?|\+)")
"""A word, and from where to where."""
_PADDED = re.compile(r"0\d")
_TIMES = re.compile(rf" ?{TIMES} ?")
"""Where names meet, or a name holds the sign itself: spaces around it are not doubled."""

_Key = tuple[int, float, tuple[tuple[int, float, str], ...], str]


def attribute_name(attribute: str) -> str:
    """Return the name of an attribute, or of attributes that meet. Plain text.

    Examples
    --------
    >>> attribute_name("skin_tone_band×age_band")
    'skin tone band × age band'
    """
    return _TIMES.sub(f" {TIMES} ", attribute.replace("_", " "))


def group_name(group: str) -> str:
    """Return the name of a group, or of one where attributes meet. Plain text.

    Examples
    --------
    >>> group_name("02"), group_name("dark 7-10×old"), group_name(" ")
    ('2', 'dark 7-10 × old', '(none)')
    """
    return f" {TIMES} ".join(
        (part[1:] if _PADDED.fullmatch(part) else part) if part.strip() else "(none)"
        for part in _TIMES.split(group)
    )


def groups_in_order(groups: Iterable[str]) -> list[str]:
    """Sort as people do, numbers by their size, ``"Unknown"`` last.

    Bands that have a word each (``"dark 7-10"``) go by the number that they begin at.

    Examples
    --------
    >>> groups_in_order(["10", "9", "Unknown", "tone 10", "tone 9"])
    ['9', '10', 'tone 9', 'tone 10', 'Unknown']
    >>> groups_in_order(["dark 7-10", "light 1-3", "medium 4-6"])
    ['light 1-3', 'medium 4-6', 'dark 7-10']
    """
    names = list(groups)
    starts = {name: float(found[1]) for name in names if (found := _BAND.fullmatch(name))}
    if set(names) - set(starts) <= {UNKNOWN} and len(set(starts.values())) == len(starts):
        return sorted(names, key=lambda name: starts.get(name, float("inf")))
    return sorted(names, key=_key)


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
