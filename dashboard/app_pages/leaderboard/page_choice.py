"""What the Evidence page shows: one frozen :class:`LeaderboardChoice`, also its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from dashboard import services
from dashboard.query import AddressedChoice, cut, not_in_address
from dashboard.query_codecs import listed, of, one_of, whole
from dashboard.session import SessionChoice

__all__ = [
    "DEFAULT_METRICS", "MOST_PICTURES", "LeaderboardChoice", "Source", "begin", "bind", "change",
    "current", "now", "read", "session",
]  # fmt: skip

Source = Literal["", "dataset", "strip", "folder"]
DEFAULT_METRICS = ("deletion", "insertion")
MOST_PICTURES = 200


@dataclass(frozen=True)
class LeaderboardChoice(AddressedChoice):
    """Everything that decides what the page shows, apart from model and framing.

    Parameters
    ----------
    run : str
        Key of the run that is shown; ``""`` for none.
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
    """

    run: Annotated[str, of(r"[0-9a-f]{64}|", "is the number of a run")] = ""
    methods: Annotated[tuple[str, ...] | None, listed(lambda _: services.methods())] = None
    metrics: Annotated[
        tuple[str, ...], listed(lambda _: services.metrics()).called("measure").always()
    ] = DEFAULT_METRICS
    source: Annotated[Source, one_of(get_args(Source)).called("from")] = ""
    count: Annotated[int, whole(1, MOST_PICTURES).called("n")] = 40
    by: Annotated[str, cut(80)] = ""
    left_out: Annotated[tuple[str, ...], not_in_address] = ()


session = SessionChoice("board", LeaderboardChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind
