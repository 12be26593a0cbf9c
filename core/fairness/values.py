"""Cells as groups and classes: one spelling for equal values, one positive class."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.contracts import UNKNOWN
from core.errors import InputError

__all__ = ["class_text", "group_text", "positive_class"]

_WHOLE = re.compile(r"(-?\d+)\.0+")
_MISSING = {"", "nan", "null"}
_OPPOSITES = (
    ("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"),
    ("neg", "pos"), ("negative", "positive"),
)  # fmt: skip


def group_text(raw: str | None) -> str:
    """Return how a cell is shown as a group: ``"Unknown"`` for nothing, ``"1"`` for ``"1.0"``.

    >>> group_text(" 18.0 "), group_text(None), group_text("NaN")
    ('18', 'Unknown', 'Unknown')
    """
    text = "" if raw is None else raw.strip()
    if text.lower() in _MISSING or text.lower() == UNKNOWN.lower():
        return UNKNOWN
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def class_text(raw: str | None) -> str:
    """Return how a cell is shown as a class; ``""`` for nothing.

    Booleans are spelt alike, however a library wrote them.
    """
    if raw is None or raw.strip().lower() in _MISSING:
        return ""
    text = raw.strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text.lower() if text.lower() in ("true", "false") else text


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
    shown = ", ".join(repr(text) for text in classes[:8]) + (", …" if len(classes) > 8 else "")
    if wanted:
        named = class_text(wanted)
        if named not in classes:
            raise InputError(
                f"{where} never holds the positive class {wanted!r}. It holds: {shown}."
            )
        return named
    lowered = {text.casefold(): text for text in classes}
    for negative, positive in _OPPOSITES:
        if set(lowered) <= {negative, positive}:
            return lowered.get(positive, positive)
    raise InputError(
        f"{where} holds {shown}: none is obviously positive. "
        "Name the positive class (--positive VALUE)."
    )
