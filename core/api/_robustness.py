"""Robustness: attacks, and how accuracy falls under them."""

from __future__ import annotations

from typing import Any

from core.api._answers import answer
from core.contracts import AttackCard, Robustness, RobustnessRequest
from core.engine.control import Control
from core.requests import robustness_request
from core.robustness.attacks import registry

__all__ = ["attacks", "robustness", "robustness_so_far"]


def attacks() -> tuple[AttackCard, ...]:
    """Return a card for every attack."""
    return tuple(attack.card() for attack in registry.ATTACKS.values())


def robustness(dataset: str, *, control: Control | None = None, **options: Any) -> Robustness:
    """Attack the pictures of a dataset in this process; options as in :func:`robustness_request`.

    What each attack did to each chunk of pictures is kept, so a run that was stopped resumes
    where it was.
    """
    found: Robustness = answer(robustness_request(dataset, **options), control=control)
    return found


def robustness_so_far(request: RobustnessRequest) -> Robustness | None:
    """Return the curves over the pictures that are done, while a request runs or was stopped.

    Without checks; ``None`` if no chunk is done.
    """
    # Measuring loads TensorFlow; whoever only lists attacks does not.
    from core.robustness.measure import so_far

    return so_far(request)
