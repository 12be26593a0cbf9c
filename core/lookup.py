"""Finding an entry of a registry by its id, with a hint where the id is mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TypeVar

from core.errors import UnknownNameError

__all__ = ["lookup"]

T = TypeVar("T")


def lookup(entries: Mapping[str, T], id: str, *, what: str) -> T:
    """Return the entry called ``id``.

    Parameters
    ----------
    entries : mapping
        What there is.
    id : str
        What was asked for.
    what : str
        What an entry is called, for the message: "method", "metric".

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    if id in entries:
        return entries[id]
    close = difflib.get_close_matches(id, entries, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UnknownNameError(f"There is no {what} {id!r}.{hint} Known: {', '.join(entries)}.")
