"""What the Examples page searches for: one frozen :class:`Search` beside the session's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import RegionKind
from dashboard import services, slice_choice
from dashboard.address_parts import one_of, whole
from dashboard.state import Choice

__all__ = [
    "COUNTS",
    "FROM_CHOICE",
    "KINDS",
    "SOURCES",
    "Search",
    "Source",
    "begin",
    "change",
    "current",
    "publish",
    "read",
]

Source = Literal["folder", "session"]
SOURCES: tuple[Source, ...] = get_args(Source)
KINDS: tuple[RegionKind, ...] = get_args(RegionKind)
COUNTS = (4, 64)
_SEARCH = "search"
FROM_CHOICE = ("model", "picture", "framing")


@dataclass(frozen=True)
class Search:
    """How the decision is challenged, and among which pictures similar ones are looked for.

    Parameters
    ----------
    regions : {"superpixels", "grid"}
    count : int
        About how many regions.
    baseline : str
        What a removed pixel becomes.
    towards : int or None
        Class that the decision shall turn to; ``None`` for any other.
    removed : int or None
        Regions that are shown as removed; ``None`` for all that were found.
    source : {"folder", "session"}
        The server's reference folder, or the session's own pictures.
    """

    regions: RegionKind = "superpixels"
    count: int = 30
    baseline: str = "blur"
    towards: int | None = None
    removed: int | None = None
    source: Source = "folder"

    def to_query(self) -> dict[str, str]:
        """Return what differs from the defaults as parameters of the page's address."""
        plain = Search()
        parts = {
            "regions": self.regions,
            "count": self.count,
            "baseline": self.baseline,
            "towards": self.towards,
            "removed": self.removed,
            "source": self.source,
        }
        return {name: str(value) for name, value in parts.items() if value != getattr(plain, name)}


def current() -> Search | None:
    """Return the session's search; ``None`` before the page was seen."""
    held = st.session_state.get(_SEARCH)
    return held if isinstance(held, Search) else None


def begin(search: Search) -> Search:
    """Set the session's search."""
    st.session_state[_SEARCH] = search
    return search


def change(**values: Any) -> None:
    """Replace parts of the session's search: what every callback does."""
    begin(replace(current() or Search(), **values))


def publish(choice: Choice, search: Search) -> None:
    """Write both into the page's address if it says something else."""
    held = choice.to_query()
    query = {name: held[name] for name in FROM_CHOICE if name in held}
    query |= search.to_query() | slice_choice.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def read(query: Mapping[str, str], choice: Choice) -> tuple[Search, list[str]]:
    """Return the search that an address describes, and a sentence for each part left out."""
    problems: list[str] = []
    plain = Search()

    n_classes = len(services.class_names(choice.model))
    search = Search(
        regions=one_of(query, "regions", KINDS, plain.regions, problems),
        count=whole(query, "count", COUNTS, plain.count, problems),
        baseline=one_of(query, "baseline", services.baselines(), plain.baseline, problems),
        towards=whole(query, "towards", (0, n_classes - 1), None, problems),
        removed=whole(query, "removed", (0, COUNTS[1]), None, problems),
        source=one_of(query, "source", SOURCES, plain.source, problems),
    )
    return search, problems
