"""Finding an entry of a registry by its id, with a hint where the id is mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from core.errors import UnknownNameError

__all__ = ["lookup", "unknown"]

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
    raise unknown(entries, id, what=what)


def unknown(
    known: Iterable[str], id: str, *, what: str, besides: Iterable[str] = ()
) -> UnknownNameError:
    """Return the error for an ``id`` that is not among ``known``; ``besides`` are further texts."""
    names = list(known)
    close = difflib.get_close_matches(id, names, n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    text = f"There is no {what} {id!r}.{hint} Known: {', '.join(names)}."
    return UnknownNameError(" ".join([text, *besides]))
