"""What the SHAP page shows: one frozen :class:`ShapChoice` beside the choice.

The picture, the model and the framing are the session's :class:`~dashboard.state.Choice`, so that
Inspect and SHAP look at the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from core.contracts import DEFAULT_EXPLAINER, ExplainerCard, Value
from dashboard import services
from dashboard.query import AddressedChoice, Asked
from dashboard.query_codecs import last_class, one_of, parameters, whole, wholes
from dashboard.session import SessionChoice

__all__ = [
    "MOST_CLASSES", "Colouring", "ShapChoice", "begin", "bind", "change", "current", "now", "read",
    "session",
]  # fmt: skip

Colouring = Literal["pixels", "regions"]
MOST_CLASSES = 5


def _chosen(asked: Asked) -> ExplainerCard:
    modality = services.model(asked.about.model).modality
    return services.explainers_for(modality)[asked.found["explainer"]]


@dataclass(frozen=True)
class ShapChoice(AddressedChoice):
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

    explainer: Annotated[str, one_of(lambda _: tuple(services.explainers())).always()] = (
        DEFAULT_EXPLAINER
    )
    parameters: Annotated[tuple[tuple[str, Value], ...], parameters("s.", _chosen)] = ()
    classes: Annotated[tuple[int, ...], wholes(last_class, most=MOST_CLASSES)] = ()
    subject: Annotated[int | None, whole(0, last_class)] = None
    colouring: Annotated[Colouring, one_of(get_args(Colouring)).called("colour")] = "pixels"


session = SessionChoice("sharing", ShapChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind
