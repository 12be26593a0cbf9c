"""What is certain about one picture, whichever way it was certified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Certificate"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certain about one picture.

    Parameters
    ----------
    answer : int or None
        The certified class; ``None`` where the method abstains, and the radius is 0.
    radius : float
        In pixels of [0, 1]: no perturbation below it, in the method's norm, changes the answer.
    facts : mapping
        Figures of the method.
    """

    answer: int | None
    radius: float
    facts: Mapping[str, float] = field(default_factory=dict)
