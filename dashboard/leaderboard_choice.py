"""What the Evidence page is set to: one frozen :class:`Board`, which is also its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard import services

__all__ = ["DEFAULT_METRICS", "MOST_PICTURES", "Board", "begin", "change", "current", "read"]

DEFAULT_METRICS = ("deletion", "insertion")
MOST_PICTURES = 200
_BOARD = "board"
_DIGITS = 64


@dataclass(frozen=True)
class Board:
    """Everything that decides what the page shows, apart from model and framing.

    Parameters
    ----------
    methods : tuple of str or None
        ``None`` for those that are chosen by default.
    metrics : tuple of str
    folder : bool
        Whether pictures come from the server's reference folder instead of the strip.
    count : int
        How many of the folder's.
    by : str
        The folder's column that makes subgroups; ``""`` for none.
    left_out : tuple of str
        Ids of pictures of the strip that are not taken.
    run : str
        Key of the run that is shown; ``""`` for none.
    """

    methods: tuple[str, ...] | None = None
    metrics: tuple[str, ...] = DEFAULT_METRICS
    folder: bool = False
    count: int = 40
    by: str = ""
    left_out: tuple[str, ...] = ()
    run: str = ""

    def to_query(self) -> dict[str, str]:
        """Return the board as parameters of the page's address."""
        query = {
            "methods": ",".join(self.methods or ()),
            "measure": ",".join(self.metrics),
            "from": "folder" if self.folder else "",
            "n": str(self.count) if self.folder else "",
            "by": self.by,
            "run": self.run,
        }
        return {name: text for name, text in query.items() if text}


def read(query: Mapping[str, str]) -> Board:
    """Return the board that an address describes; what does not exist is left out."""
    run, count = query.get("run", ""), query.get("n", "")
    known = len(run) == _DIGITS and set(run) <= set("0123456789abcdef")
    return Board(
        methods=_listed(query.get("methods", ""), services.methods()) or None,
        metrics=_listed(query.get("measure", ""), services.metrics()) or DEFAULT_METRICS,
        folder=query.get("from") == "folder",
        count=min(MOST_PICTURES, int(count)) if count.isdecimal() and int(count) else Board.count,
        by=query.get("by", "")[:80],
        run=run if known else "",
    )


def _listed(text: str, known: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id for id in text.split(",") if id in known))


def current() -> Board | None:
    """Return the session's board; ``None`` before its first view."""
    board = st.session_state.get(_BOARD)
    return board if isinstance(board, Board) else None


def begin(board: Board) -> Board:
    """Set the session's first board."""
    st.session_state[_BOARD] = board
    return board


def change(**values: Any) -> None:
    """Replace parts of the session's board: what every callback does."""
    st.session_state[_BOARD] = replace(current() or Board(), **values)
