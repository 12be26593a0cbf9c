"""Corruptions: accuracy when pictures get worse by themselves."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import numpy.typing as npt

from core.contracts import Corrupted, CorruptionCard, CorruptionRequest
from core.control import Control
from core.engine.api import answer
from core.errors import ParameterError
from core.robustness.corruptions import partial_results as kept_corruptions
from core.robustness.corruptions.registry import CORRUPTIONS, corrupted
from core.robustness.corruptions.request import CorruptionOptions, corruption_request
from core.signatures import signature_from

__all__ = ["corrupt", "corruption_robustness", "corruptions", "corruptions_so_far"]


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
