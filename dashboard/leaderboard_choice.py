"""What the Evidence page is set to: one frozen :class:`Board`, which is also its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import streamlit as st

from dashboard import services
from dashboard.address_parts import listed, one_of, whole

__all__ = [
    "DEFAULT_METRICS", "MOST_PICTURES", "Board", "Source", "begin", "change", "current", "read",
]  # fmt: skip

Source = Literal["", "dataset", "strip", "folder"]
SOURCES: tuple[Source, ...] = get_args(Source)
DEFAULT_METRICS = ("deletion", "insertion")
MOST_PICTURES = 200
_BOARD = "board"
_RUN = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True)
class Board:
    """Everything that decides what the page shows, apart from model and framing.

    Parameters
    ----------
    methods : tuple of str or None
        ``None`` for those that are chosen by default.
    metrics : tuple of str
    source : {"", "dataset", "strip", "folder"}
        Where pictures come from: the model's dataset, the strip, or the server's reference folder;
        ``""`` for the first of these that there is.
    count : int
        How many of the dataset's or the folder's.
    by : str
        Their attribute that makes subgroups; ``""`` for none.
    left_out : tuple of str
        Ids of pictures of the strip that are not taken.
    run : str
        Key of the run that is shown; ``""`` for none.
    """

    methods: tuple[str, ...] | None = None
    metrics: tuple[str, ...] = DEFAULT_METRICS
    source: Source = ""
    count: int = 40
    by: str = ""
    left_out: tuple[str, ...] = ()
    run: str = ""

    def to_query(self) -> dict[str, str]:
        """Return the board as parameters of the page's address."""
        query = {
            "methods": ",".join(self.methods or ()),
            "measure": ",".join(self.metrics),
            "from": self.source,
            "n": str(self.count) if self.count != Board.count else "",
            "by": self.by,
            "run": self.run,
        }
        return {name: text for name, text in query.items() if text}


def read(query: Mapping[str, str]) -> tuple[Board, list[str]]:
    """Return the board that an address describes, and a sentence for each part left out."""
    problems: list[str] = []
    run = query.get("run", "")
    if not _RUN.fullmatch(run):
        problems.append(f"run is the number of a run. The address holds: {run[:40]}.")
        run = ""
    board = Board(
        methods=listed(query, "methods", services.methods(), problems) or None,
        metrics=listed(query, "measure", services.metrics(), problems) or DEFAULT_METRICS,
        source=one_of(query, "from", SOURCES, Board.source, problems),
        count=whole(query, "n", (1, MOST_PICTURES), Board.count, problems),
        by=query.get("by", "")[:80],
        run=run,
    )
    return board, problems


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
