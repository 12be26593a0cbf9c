"""What the SHAP page is set to: one frozen :class:`Sharing` beside the choice of picture and model.

The picture, the model and the framing are the session's :class:`~dashboard.state.Choice`, so that
Inspect and SHAP look at the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import DEFAULT_EXPLAINER, Parameter, Value
from core.errors import InputError
from dashboard import services, slice_choice
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
    explainer = query.get("explainer", DEFAULT_EXPLAINER)
    known = services.explainers()
    if explainer not in known:
        problems.append(_unknown("explainer", explainer, known))
        explainer = DEFAULT_EXPLAINER
    colouring = next((c for c in COLOURINGS if c == query.get("colour", "pixels")), None)
    if colouring is None:
        problems.append(_unknown("colour", query["colour"], COLOURINGS))
    n = len(services.class_names(choice.model))
    classes = _indices(query.get("classes", ""), n, problems)
    subject = _indices(query.get("subject", ""), n, problems)
    sharing = Sharing(
        explainer=explainer,
        parameters=_parameters(query, known[explainer].parameters, problems),
        classes=classes[:MOST_CLASSES],
        subject=subject[0] if subject else None,
        colouring=colouring or "pixels",
    )
    return sharing, problems


def _unknown(name: str, text: str, known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"The address asks for {name}={text[:60]}, which does not exist. Known: {names}."


def _indices(text: str, n: int, problems: list[str]) -> tuple[int, ...]:
    found: list[int] = []
    for part in filter(None, text[:200].split(",")):
        if part.isdecimal() and int(part) < n:
            found.append(int(part))
        else:
            problems.append(f"The model has no class number {part[:20]}: it has 0 to {n - 1}.")
    return tuple(dict.fromkeys(found))


def _parameters(
    query: Mapping[str, str], specs: tuple[Parameter, ...], problems: list[str]
) -> tuple[tuple[str, Value], ...]:
    by_name = {spec.name: spec for spec in specs}
    kept: list[tuple[str, Value]] = []
    for name, text in query.items():
        if not name.startswith(_PARAMETER):
            continue
        spec = by_name.get(name.removeprefix(_PARAMETER))
        if spec is None:
            problems.append(f"This explainer has no parameter {name.removeprefix('s.')[:60]}.")
            continue
        try:
            value = spec.parse(text)
        except InputError as error:
            problems.append(str(error))
            continue
        if value != spec.default:
            kept.append((spec.name, value))
    return tuple(kept)
