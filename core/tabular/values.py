"""Cells as groups and classes: one spelling for equal values, one positive class."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.contracts import MISSING, UNKNOWN
from core.errors import InputError
from core.tabular.head import shown
from core.tabular.missing import Missing

__all__ = ["NEVER", "OPPOSITES", "class_text", "group_text", "positive_class"]

_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_CLASS = re.compile(r"([+-]?\d+)\.0*")
"""Of classes, ``1.`` is the number 1 too, as Fortran and some statistics programs write it."""
_NOTHING = re.compile(r"[+-]0+")
_MINUS = re.compile("\u2212(?=[0-9.])")
"""The sign of typesetters, which spreadsheets and reports put where a keyboard has a hyphen."""
OPPOSITES = (
    ("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"),
    ("neg", "pos"), ("negative", "positive"),
)  # fmt: skip
"""Words for the two classes of a binary task, the negative one first."""
_USUAL = Missing.of(MISSING)
NEVER = Missing(frozenset())
"""Every cell is a value, the empty one too."""


def group_text(raw: str | None, missing: Missing = _USUAL, *, whole: bool = True) -> str:
    """Return how a cell is shown as a group: ``"Unknown"`` for nothing, ``"1"`` for ``"1.0"``.

    Parameters
    ----------
    whole : bool
        Whether zeros behind a point say nothing.

    >>> group_text(" 18.0 "), group_text(None), group_text("NaN")
    ('18', 'Unknown', 'Unknown')
    """
    if raw is None or raw in missing or raw.strip().lower() == UNKNOWN.lower():
        return UNKNOWN
    text = shown(raw)
    number = _WHOLE.fullmatch(text) if whole else None
    return _unsigned(number[1]) if number else text


def class_text(raw: str | None, missing: Missing = _USUAL) -> str:
    """Return how a cell is shown as a class; ``""`` for nothing.

    Booleans are spelt alike, however a library wrote them.
    """
    if raw is None or raw in missing:
        return ""
    text = _MINUS.sub("-", shown(raw), count=1) if raw.lstrip()[:1] == "\u2212" else shown(raw)
    whole = _CLASS.fullmatch(text)
    if whole:
        return _unsigned(whole[1])
    return text.lower() if text.lower() in ("true", "false") else _unsigned(text)


def _unsigned(text: str) -> str:
    """Return a number, 0 without a sign."""
    return text[1:] if _NOTHING.fullmatch(text) else text


def positive_class(classes: Sequence[str], wanted: str, *, where: str) -> str:
    """Return which class is the positive one.

    Parameters
    ----------
    classes : sequence of str
        Those that occur.
    wanted : str
        What the caller named; ``""`` for the obvious one of two.
    where : str
        What holds the classes, for messages.

    Raises
    ------
    InputError
        If the named one does not occur, or neither of the two is obviously positive.
    """
    listed = ", ".join(repr(text) for text in classes[:8]) + (", …" if len(classes) > 8 else "")
    if wanted:
        named = class_text(wanted, NEVER)
        if named not in classes:
            raise InputError(
                f"{where} never holds the positive class {wanted!r}. It holds: {listed}."
            )
        return named
    lowered = {text.casefold().removeprefix("+"): text for text in classes}
    for negative, positive in OPPOSITES:
        if set(lowered) <= {negative, positive}:
            return lowered.get(positive, positive)
    raise InputError(
        f"{where} holds {listed}: none is obviously positive. "
        "Name the positive class (--positive VALUE)."
    )
