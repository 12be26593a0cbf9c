"""What the Compare page compares: one frozen :class:`CompareChoice` beside the choice.

The left side is the session's :class:`~dashboard.state.Choice`, so Inspect and Compare look at the
same thing; the pair says in which one respect the right side differs from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from core.contracts import severity_text
from core.errors import NumeralError
from dashboard import services
from dashboard.dataset_pictures import LONGEST_ID
from dashboard.query import AddressedChoice, Asked, Codec
from dashboard.query_codecs import one_of, whole
from dashboard.session import SessionChoice

__all__ = [
    "DIFFERS", "MOST_STEPS", "NOT_FROM_CHOICE", "Differ", "CompareChoice", "begin", "bind",
    "change", "current", "now", "read", "session",
]  # fmt: skip

Differ = Literal["method", "model", "class", "picture"]
DIFFERS: tuple[Differ, ...] = get_args(Differ)
MOST_STEPS = 24
NOT_FROM_CHOICE = ("compare", "with", "metrics", "mask")
"""Parts of the session's choice that the page's address does not hold."""


def _follows(pair: CompareChoice) -> bool:
    return bool(pair.path)


def _other(asked: Asked) -> str:
    """Return what stands on the right, if the address says in what it differs."""
    understood = asked.query.get("differ", asked.found["differ"]) == asked.found["differ"]
    return asked.query.get("other", "")[:LONGEST_ID] if understood else ""


def _maximum(asked: Asked) -> float | None:
    path = asked.found["path"]
    if asked.text is None or not path:
        return None
    card = services.drift_paths()[path]
    try:
        value = card.parse(asked.text)
    except NumeralError:
        value = 0.0
    if 0 < value <= card.highest:
        return value
    asked.problems.append(
        f"maximum must be above 0 and at most {card.highest:g}{card.unit}. "
        f"Received: {asked.text[:20]}."
    )
    return None


def _severity(pair: CompareChoice, last: float | None) -> dict[str, str]:
    return {} if last is None else {"maximum": severity_text(pair.path, last)}


@dataclass(frozen=True)
class CompareChoice(AddressedChoice):
    """In what the right side differs, and which path the left side's map is followed along.

    Parameters
    ----------
    differ : {"method", "model", "class", "picture"}
    other : str
        What stands on the right: an id, or the index of a class; ``""`` for the page's proposal.
    path : str
        Id of a path; ``""`` while none is followed.
    steps : int
    maximum : float or None
        Severity of the last step; ``None`` for the path's default.
    """

    differ: Annotated[Differ, one_of(DIFFERS).always()] = "method"
    other: Annotated[str, Codec(_other)] = ""
    path: Annotated[str, one_of(lambda _: ("", *services.drift_paths()))] = ""
    steps: Annotated[int, whole(1, MOST_STEPS).written_when(_follows)] = 8
    maximum: Annotated[float | None, Codec(_maximum, when=_follows, spread=_severity)] = None


session = SessionChoice("pair", CompareChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind
