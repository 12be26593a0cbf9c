"""Whether a method notices the weights."""

from __future__ import annotations

from typing import Unpack

from core.contracts import Sanity
from core.control import Control
from core.engine.api import answer
from core.evidence.sanity.request import SanityOptions, sanity_request
from core.signatures import signature_from

__all__ = ["sanity"]


@signature_from(sanity_request)
def sanity(*, control: Control | None = None, **options: Unpack[SanityOptions]) -> Sanity:
    """Check whether a method's maps depend on the model.

    Parameters
    ----------
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`sanity_request`.

    Returns
    -------
    Sanity

    Raises
    ------
    InputError
        As :func:`sanity_request`.
    """
    return answer(sanity_request(**options), control=control)
