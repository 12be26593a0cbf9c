"""What the Compare page holds against each other: one frozen :class:`Pair` beside the choice.

The left side is the session's :class:`~dashboard.state.Choice`, so Inspect and Compare look at the
same thing; the pair says in which one respect the right side differs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import severity_text
from core.errors import NumeralError
from dashboard import services, slice_choice
from dashboard.address_parts import one_of, whole
from dashboard.dataset_pictures import LONGEST_ID
from dashboard.state import Choice

__all__ = [
    "DIFFERS",
    "MOST_STEPS",
    "Differ",
    "Pair",
    "begin",
    "change",
    "current",
    "publish",
    "read",
]

Differ = Literal["method", "model", "class", "picture"]
DIFFERS: tuple[Differ, ...] = get_args(Differ)
MOST_STEPS = 24
_PAIR = "pair"
_NOT_HERE = ("compare", "with", "metrics", "mask")


@dataclass(frozen=True)
class Pair:
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

    differ: Differ = "method"
    other: str = ""
    path: str = ""
    steps: int = 8
    maximum: float | None = None

    def to_query(self) -> dict[str, str]:
        """Return the pair as parameters of the page's address."""
        query = {"differ": self.differ, "other": self.other, "path": self.path}
        if self.path:
            query["steps"] = str(self.steps)
            query["maximum"] = (
                "" if self.maximum is None else severity_text(self.path, self.maximum)
            )
        return {name: text for name, text in query.items() if text}


def current() -> Pair | None:
    """Return the session's pair; ``None`` before the page was seen."""
    held = st.session_state.get(_PAIR)
    return held if isinstance(held, Pair) else None


def begin(pair: Pair) -> Pair:
    """Set the session's pair."""
    st.session_state[_PAIR] = pair
    return pair


def change(**values: Any) -> None:
    """Replace parts of the session's pair: what every callback does."""
    begin(replace(current() or Pair(), **values))


def publish(choice: Choice, pair: Pair) -> None:
    """Write both into the page's address if it says something else."""
    query = {n: t for n, t in choice.to_query().items() if n not in _NOT_HERE}
    query |= pair.to_query() | slice_choice.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def read(query: Mapping[str, str]) -> tuple[Pair, list[str]]:
    """Return the pair that an address describes, and a sentence for each part left out."""
    problems: list[str] = []
    differ = one_of(query, "differ", DIFFERS, Pair.differ, problems)
    path = one_of(query, "path", ("", *services.drift_paths()), "", problems)
    understood = query.get("differ", differ) == differ
    pair = Pair(
        differ=differ,
        other=query.get("other", "")[:LONGEST_ID] if understood else "",
        path=path,
        steps=whole(query, "steps", (1, MOST_STEPS), Pair.steps, problems),
        maximum=_maximum(query, path, problems),
    )
    return pair, problems


def _maximum(query: Mapping[str, str], path: str, problems: list[str]) -> float | None:
    text = query.get("maximum")
    if text is None or not path:
        return None
    card = services.drift_paths()[path]
    try:
        value = card.parse(text)
    except NumeralError:
        value = 0.0
    if 0 < value <= card.highest:
        return value
    problems.append(
        f"maximum must be above 0 and at most {card.highest:g}{card.unit}. Received: {text[:20]}."
    )
    return None
