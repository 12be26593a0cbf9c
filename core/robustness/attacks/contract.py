"""What an attack declares, and the norms that measure a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from core.parameters import Parameter

__all__ = ["AttackCard", "Norm", "NORM_NAMES"]

Norm = Literal["linf", "l2", "l1", "area"]

NORM_NAMES: tuple[Norm, ...] = get_args(Norm)


@dataclass(frozen=True, slots=True)
class AttackCard:
    """What the registry declares about an attack.

    ``needs_gradients``: models without gradients (int8, LiteRT) cannot serve it. ``control``:
    noise, a yardstick. ``minimal``: looks for the least perturbation by itself.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    norms: tuple[Norm, ...]
    needs_gradients: bool
    minimal: bool
    random: bool
    control: bool
    parameters: tuple[Parameter, ...]
