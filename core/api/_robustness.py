"""Robustness: attacks, and how accuracy falls under them."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from core.api._answers import answer
from core.contracts import (
    AttackCard,
    Corrupted,
    CorruptionCard,
    CorruptionRequest,
    Robustness,
    RobustnessRequest,
)
from core.control import Control
from core.errors import ParameterError
from core.requests import (
    CorruptionOptions,
    RobustnessOptions,
    corruption_request,
    robustness_request,
)
from core.robustness.attacks import registry
from core.robustness.corruptions import partial_results as kept_corruptions
from core.robustness.corruptions.registry import CORRUPTIONS, corrupted
from core.robustness.defences import Defence, DefencePoint, defence, worst_area
from core.robustness.document import curves_csv, document
from core.robustness.partial_results import so_far
from core.signatures import signature_from

__all__ = [
    "Defence", "DefencePoint", "attacks", "corrupt", "corruption_robustness", "corruptions",
    "corruptions_so_far", "defence", "robustness", "robustness_csv", "robustness_document",
    "robustness_so_far",
    "worst_area",
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


def corruptions() -> tuple[CorruptionCard, ...]:
    """Return a card for every corruption.

    Returns
    -------
    tuple of CorruptionCard
    """
    return tuple(corruption.card() for corruption in CORRUPTIONS.values())


def corrupt(pixels: npt.NDArray[np.uint8], corruption: str, severity: int) -> npt.NDArray[np.uint8]:
    """Return one picture, uint8 ``(H, W, 3)``, corrupted with severity 1 to 5, to look at.

    Parameters
    ----------
    pixels : ndarray of uint8
        One picture, ``(H, W, 3)``.
    corruption : str
        Id of a corruption.
    severity : int
        From 1 to 5.

    Returns
    -------
    ndarray of uint8
        Of the same shape.

    Raises
    ------
    UnknownNameError
        If there is no such corruption.
    ParameterError
        For another severity.
    """
    if severity not in (1, 2, 3, 4, 5):
        raise ParameterError(f"severity must be among 1 to 5. Received: {severity}.")
    return corrupted(pixels, corruption, severity, seed=0, id=0)


@signature_from(corruption_request)
def corruption_robustness(
    dataset: str, *, control: Control | None = None, **options: Unpack[CorruptionOptions]
) -> Corrupted:
    """Predict corrupted pictures in this process.

    Parameters
    ----------
    dataset : str
        Reference of a dataset such as ``portraits?bias=0.9``, or a plain folder of pictures.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`corruption_request`.

    Returns
    -------
    Corrupted

    Raises
    ------
    InputError
        As :func:`corruption_request`.
    """
    return answer(corruption_request(dataset, **options), control=control)


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


def corruptions_so_far(request: CorruptionRequest) -> Corrupted | None:
    """Return the matrix of the corruptions that are done, while a request runs or was stopped.

    ``None`` before the first.

    Parameters
    ----------
    request : CorruptionRequest
        As :func:`corruption_request` returns it.

    Returns
    -------
    Corrupted or None
    """
    return kept_corruptions.so_far(request)
