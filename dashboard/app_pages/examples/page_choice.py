"""What the Examples page shows: one frozen :class:`ExamplesChoice` beside the choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from dashboard import services
from dashboard.query import AddressedChoice
from dashboard.query_codecs import last_class, one_of, whole
from dashboard.session import SessionChoice

__all__ = [
    "COUNTS", "KINDS", "SOURCES", "ExamplesChoice", "Source", "begin", "bind", "change", "current",
    "now", "read", "session",
]  # fmt: skip

Source = Literal["folder", "session"]
SOURCES: tuple[Source, ...] = get_args(Source)
KINDS = services.partitions()
COUNTS = (4, 64)


@dataclass(frozen=True)
class ExamplesChoice(AddressedChoice):
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

    regions: Annotated[str, one_of(KINDS)] = "superpixels"
    count: Annotated[int, whole(*COUNTS)] = 30
    baseline: Annotated[str, one_of(lambda _: services.baselines())] = "blur"
    towards: Annotated[int | None, whole(0, last_class)] = None
    removed: Annotated[int | None, whole(0, COUNTS[1])] = None
    source: Annotated[Source, one_of(SOURCES)] = "folder"


session = SessionChoice("search", ExamplesChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind
