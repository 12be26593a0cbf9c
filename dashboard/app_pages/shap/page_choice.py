"""What the SHAP page is set to: one frozen :class:`Sharing` beside the choice of picture and model.

The picture, the model and the framing are the session's :class:`~dashboard.state.Choice`, so that
Inspect and SHAP look at the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from core.contracts import DEFAULT_EXPLAINER, ExplainerCard, Value
from dashboard import query, services
from dashboard.query import Asked, Spelled
from dashboard.session import SessionChoice
from dashboard.spellings import one_of, parameters, whole, wholes
from dashboard.state import Choice

__all__ = [
    "FROM_CHOICE", "MOST_CLASSES", "Colouring", "Sharing", "begin", "bind", "change", "current",
    "now", "read",
]  # fmt: skip

Colouring = Literal["pixels", "regions"]
MOST_CLASSES = 5
FROM_CHOICE = ("model", "picture", "framing")


def _explainers(asked: Asked) -> tuple[str, ...]:
    return tuple(services.explainers())


def _chosen(asked: Asked) -> ExplainerCard:
    return services.explainers()[asked.found["explainer"]]


def _last_class(asked: Asked) -> int:
    return len(services.class_names(asked.about.model)) - 1


@dataclass(frozen=True)
class Sharing(Spelled):
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

    explainer: Annotated[str, one_of(_explainers).always()] = DEFAULT_EXPLAINER
    parameters: Annotated[tuple[tuple[str, Value], ...], parameters("s.", _chosen)] = ()
    classes: Annotated[tuple[int, ...], wholes(_last_class, most=MOST_CLASSES)] = ()
    subject: Annotated[int | None, whole(0, _last_class)] = None
    colouring: Annotated[Colouring, one_of(get_args(Colouring)).called("colour")] = "pixels"


_sharing = SessionChoice("sharing", Sharing)
current, now, begin = _sharing.current, _sharing.now, _sharing.begin
change, bind = _sharing.change, _sharing.bind


def read(address: Mapping[str, str], choice: Choice) -> tuple[Sharing, list[str]]:
    """Return what an address describes, and a sentence for each part left out."""
    return query.read(Sharing, address, choice)
