"""What a session is looking at: one frozen :class:`Choice`, which is also the page's address.

Widgets never own a value. Before a widget is drawn its state is set from the choice; when it is
used, its callback makes a new choice. So a reload, a deep link and a click all go one way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from core.contracts import DEFAULT_METHOD, DEFAULT_MODEL, Geometry, Value

__all__ = [
    "PARAMETER",
    "Choice",
    "Comparison",
    "Focus",
    "begin",
    "change",
    "current",
    "publish",
    "session_id",
]


Comparison = Literal["", "methods", "classes"]
Focus = Literal["predicted", "class", "contrast"]

_CHOICE = "choice"
PARAMETER = "p."


@dataclass(frozen=True)
class Choice:
    """Everything that decides what the Inspect page shows.

    Parameters
    ----------
    picture : str
        Id of an example, or SHA-256 of an uploaded picture.
    target : int or None
        Index of the explained class; ``None`` for the predicted one.
    against : int or None
        Index of the class that the target is held against.
    parameters : tuple of (name, value)
        Only those that differ from their defaults.
    compare : {"", "methods", "classes"}
    compared : tuple of str
        Ids of methods, or indices of classes.
    metrics : tuple of str
        Ids of metrics beyond those of the evidence card.
    mask : str
        Id of a mask that was drawn on the picture; ``""`` for none.
    """

    picture: str = "cat"
    model: str = DEFAULT_MODEL
    geometry: Geometry = "crop"
    method: str = DEFAULT_METHOD
    target: int | None = None
    against: int | None = None
    layer: str | None = None
    parameters: tuple[tuple[str, Value], ...] = ()
    compare: Comparison = ""
    compared: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    mask: str = ""

    @property
    def focus(self) -> Focus:
        """Which of the three questions is asked."""
        if self.against is not None:
            return "contrast"
        return "predicted" if self.target is None else "class"

    def explanation_key(self) -> tuple[object, ...]:
        """Return what the map depends on, apart from the picture."""
        return (
            self.model, self.geometry, self.method, self.target, self.against, self.layer,
            self.parameters,
        )  # fmt: skip

    def to_query(self) -> dict[str, str]:
        """Return the choice as the parameters of the page's address."""
        query = {
            "model": self.model,
            "picture": self.picture,
            "method": self.method,
            "target": "auto" if self.target is None else str(self.target),
        }
        optional = {
            "against": "" if self.against is None else str(self.against),
            "layer": self.layer or "",
            "framing": "" if self.geometry == "crop" else self.geometry,
            "compare": self.compare,
            "with": ",".join(self.compared) if self.compare else "",
            "metrics": ",".join(self.metrics),
            "mask": self.mask,
        }
        query |= {name: text for name, text in optional.items() if text}
        return query | {PARAMETER + name: _text(value) for name, value in self.parameters}


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def session_id() -> str:
    """Return the browser session's id, which owns its jobs."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx()
    return "no-session" if context is None else context.session_id


def current() -> Choice | None:
    """Return the session's choice; ``None`` before the first page view has made one."""
    choice = st.session_state.get(_CHOICE)
    return choice if isinstance(choice, Choice) else None


def begin(choice: Choice) -> Choice:
    """Set the session's first choice."""
    st.session_state[_CHOICE] = choice
    return choice


def change(**values: Any) -> None:
    """Replace parts of the session's choice: what every callback does."""
    st.session_state[_CHOICE] = replace(current() or Choice(), **values)


def publish(choice: Choice, more: Mapping[str, str]) -> None:
    """Write the choice and ``more`` into the page's address if it says something else."""
    query = choice.to_query() | dict(more)
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
