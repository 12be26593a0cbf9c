"""What the Examples page searches for: one frozen :class:`Search` beside the session's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from core.contracts import RegionKind
from dashboard import query, services
from dashboard.query import Asked, Spelled
from dashboard.session import SessionChoice
from dashboard.spellings import one_of, whole
from dashboard.state import Choice

__all__ = [
    "COUNTS", "FROM_CHOICE", "KINDS", "SOURCES", "Search", "Source", "begin", "bind", "change",
    "current", "now", "read",
]  # fmt: skip

Source = Literal["folder", "session"]
SOURCES: tuple[Source, ...] = get_args(Source)
KINDS: tuple[RegionKind, ...] = get_args(RegionKind)
COUNTS = (4, 64)
FROM_CHOICE = ("model", "picture", "framing")


def _last_class(asked: Asked) -> int:
    return len(services.class_names(asked.about.model)) - 1


def _baselines(asked: Asked) -> tuple[str, ...]:
    return services.baselines()


@dataclass(frozen=True)
class Search(Spelled):
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

    regions: Annotated[RegionKind, one_of(KINDS)] = "superpixels"
    count: Annotated[int, whole(*COUNTS)] = 30
    baseline: Annotated[str, one_of(_baselines)] = "blur"
    towards: Annotated[int | None, whole(0, _last_class)] = None
    removed: Annotated[int | None, whole(0, COUNTS[1])] = None
    source: Annotated[Source, one_of(SOURCES)] = "folder"


_search = SessionChoice("search", Search)
current, now, begin = _search.current, _search.now, _search.begin
change, bind = _search.change, _search.bind


def read(address: Mapping[str, str], choice: Choice) -> tuple[Search, list[str]]:
    """Return the search that an address describes, and a sentence for each part left out."""
    return query.read(Search, address, choice)
