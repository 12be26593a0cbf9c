"""From a declaration (a class with class variables, a spec) to the card that people see."""

from __future__ import annotations

from dataclasses import fields
from typing import TypeVar

__all__ = ["card_of"]

C = TypeVar("C")


def card_of(declaration: object, card: type[C], **worked_out: object) -> C:
    """Return a card with what is declared, each field under its own name.

    Parameters
    ----------
    declaration : object
        A method, a metric, an attack, a model's spec: it has the card's names.
    card : type
        A dataclass.
    **worked_out
        Values of fields that the declaration has in another form.
    """
    own = {each.name for each in fields(card)} - worked_out.keys()  # type: ignore[arg-type]
    return card(**{name: getattr(declaration, name) for name in own}, **worked_out)
