"""What the SHAP page is set to: one frozen :class:`Sharing` beside the choice of picture and model.

The picture, the model and the framing are the session's :class:`~dashboard.state.Choice`, so that
Inspect and SHAP look at the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import DEFAULT_EXPLAINER, Value
from dashboard import services, slice_choice
from dashboard.address_parts import class_indices, one_of, values, whole
from dashboard.state import Choice

__all__ = [
    "FROM_CHOICE",
    "MOST_CLASSES",
    "Colouring",
    "Sharing",
    "begin",
    "change",
    "current",
    "publish",
    "read",
]

Colouring = Literal["pixels", "regions"]
COLOURINGS: tuple[Colouring, ...] = get_args(Colouring)
MOST_CLASSES = 5
_SHARING = "sharing"
_PARAMETER = "s."
FROM_CHOICE = ("model", "picture", "framing")


@dataclass(frozen=True)
class Sharing:
    """Everything that decides what the page shows, apart from picture, model and framing.

    Parameters
    ----------
    explainer : str
    parameters : tuple of (name, value)
        Only those that differ from their defaults.
    classes : tuple of int
        Classes side by side; empty for the three likeliest.
    subject : int or None
        The class of the waterfall; ``None`` for the first.
    colouring : {"pixels", "regions"}
    """

    explainer: str = DEFAULT_EXPLAINER
    parameters: tuple[tuple[str, Value], ...] = ()
    classes: tuple[int, ...] = ()
    subject: int | None = None
    colouring: Colouring = "pixels"

    def to_query(self) -> dict[str, str]:
        """Return the sharing as parameters of the page's address."""
        query = {
            "explainer": self.explainer,
            "classes": ",".join(str(index) for index in self.classes),
            "subject": "" if self.subject is None else str(self.subject),
            "colour": "" if self.colouring == "pixels" else self.colouring,
        }
        kept = {name: text for name, text in query.items() if text}
        return kept | {_PARAMETER + name: str(value) for name, value in self.parameters}


def current() -> Sharing | None:
    """Return the session's sharing; ``None`` before the page was seen."""
    held = st.session_state.get(_SHARING)
    return held if isinstance(held, Sharing) else None


def begin(sharing: Sharing) -> Sharing:
    """Set the session's sharing."""
    st.session_state[_SHARING] = sharing
    return sharing


def change(**values: Any) -> None:
    """Replace parts of the session's sharing: what every callback does."""
    begin(replace(current() or Sharing(), **values))


def publish(choice: Choice, sharing: Sharing) -> None:
    """Write both into the page's address if it says something else."""
    held = choice.to_query()
    query = {name: held[name] for name in FROM_CHOICE if name in held}
    query |= sharing.to_query() | slice_choice.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def read(query: Mapping[str, str], choice: Choice) -> tuple[Sharing, list[str]]:
    """Return what an address describes, and a sentence for each part left out."""
    problems: list[str] = []
    known = services.explainers()
    explainer = one_of(query, "explainer", tuple(known), DEFAULT_EXPLAINER, problems)
    card = known[explainer]
    n = len(services.class_names(choice.model))
    sharing = Sharing(
        explainer=explainer,
        parameters=values(query, _PARAMETER, card.parameters, problems, owner=card.name),
        classes=class_indices(query, "classes", n, problems)[:MOST_CLASSES],
        subject=whole(query, "subject", (0, n - 1), None, problems),
        colouring=one_of(query, "colour", COLOURINGS, "pixels", problems),
    )
    return sharing, problems
