"""Smaller models."""

from __future__ import annotations

from typing import Unpack

from core.compression.compressors import COMPRESSORS
from core.compression.request import CompressOptions, compress_request
from core.contracts import CompressionCard, Run
from core.control import Control
from core.engine.api import answer
from core.signatures import signature_from

__all__ = ["compress", "compressions"]


def compressions() -> tuple[CompressionCard, ...]:
    """Return a card for every form of compression.

    Returns
    -------
    tuple of CompressionCard
    """
    return tuple(form.card() for form in COMPRESSORS.values())


@signature_from(compress_request)
def compress(
    model: str, *, control: Control | None = None, **options: Unpack[CompressOptions]
) -> Run:
    """Make a model smaller in this process.

    The same request twice compresses once.

    Parameters
    ----------
    model : str
        Id of a float32 model of the zoo.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`compress_request`.

    Returns
    -------
    Run
        The finished run: a model of the zoo.

    Raises
    ------
    InputError
        As :func:`compress_request`.
    """
    return answer(compress_request(model, **options), control=control)
