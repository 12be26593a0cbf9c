"""What a session is looking at: one frozen :class:`Choice`, which is also the page's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.contracts import DEFAULT_METHOD, DEFAULT_MODEL, Value
from dashboard.session import SessionChoice, session_id

__all__ = [
    "Choice", "Comparison", "Focus", "begin", "bind", "change", "current", "now", "session_id",
]  # fmt: skip

Comparison = Literal["", "methods", "classes"]
Focus = Literal["predicted", "class", "contrast"]


@dataclass(frozen=True)
class Choice:
    """Everything that decides what the Inspect page shows.

    Parameters
    ----------
    picture : str
        Id of an example, of a source of a dataset, or SHA-256 of an uploaded source.
    reading : tuple of (name, value)
        How the source becomes an input (a picture's framing), where it differs from the defaults.
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
    reading: tuple[tuple[str, Value], ...] = ()
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
            self.model, self.reading, self.method, self.target, self.against, self.layer,
            self.parameters,
        )  # fmt: skip


_choice = SessionChoice("choice", Choice)
current, now, begin = _choice.current, _choice.now, _choice.begin
change, bind = _choice.change, _choice.bind
