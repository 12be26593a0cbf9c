"""Robustness: attacks, and how accuracy falls under them."""

from __future__ import annotations

from typing import Any, Unpack

from core.contracts import AttackCard, Robustness, RobustnessRequest
from core.control import Control
from core.engine.api import answer
from core.robustness.attacks import registry
from core.robustness.defences import Defence, DefencePoint, defence, worst_area
from core.robustness.document import curves_csv, document
from core.robustness.partial_results import so_far
from core.robustness.request import RobustnessOptions, robustness_request
from core.signatures import signature_from

__all__ = [
    "attacks", "defence", "Defence", "DefencePoint", "robustness", "robustness_csv",
    "robustness_document", "robustness_so_far", "worst_area",
]  # fmt: skip


def attacks() -> tuple[AttackCard, ...]:
    """Return a card for every attack.

    Returns
    -------
    tuple of AttackCard
    """
    return tuple(attack.card() for attack in registry.ATTACKS.values())


@signature_from(robustness_request)
def robustness(
    dataset: str, *, control: Control | None = None, **options: Unpack[RobustnessOptions]
) -> Robustness:
    """Attack the pictures of a dataset in this process.

    What each attack did to each chunk of pictures is kept, so a run that was stopped resumes
    where it was.

    Parameters
    ----------
    dataset : str
        Reference of a dataset such as ``portraits?bias=0.9``, or a plain folder of pictures.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`robustness_request`.

    Returns
    -------
    Robustness

    Raises
    ------
    InputError
        As :func:`robustness_request`.
    """
    return answer(robustness_request(dataset, **options), control=control)


def robustness_so_far(request: RobustnessRequest) -> Robustness | None:
    """Return the curves over the pictures that are done, while a request runs or was stopped.

    Without checks; ``None`` if no chunk is done.

    Parameters
    ----------
    request : RobustnessRequest
        As :func:`robustness_request` returns it.

    Returns
    -------
    Robustness or None
    """
    return so_far(request)


def robustness_document(found: Robustness) -> dict[str, Any]:
    """Return the curves, gaps and checks with everything that led to them, ready for JSON.

    Parameters
    ----------
    found : Robustness
        As :func:`robustness` returns it.

    Returns
    -------
    dict
    """
    return document(found)


def robustness_csv(found: Robustness) -> bytes:
    """Return a row for each point of each curve, the worst case first.

    Parameters
    ----------
    found : Robustness
        As :func:`robustness` returns it.

    Returns
    -------
    bytes
        CSV.
    """
    return curves_csv(found)
