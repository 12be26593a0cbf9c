"""Smaller models, and what weights can go into."""

from __future__ import annotations

from typing import Unpack

from core.api._answers import answer
from core.compression.compressors import COMPRESSORS
from core.contracts import CompressionCard, ModelCard, Run
from core.control import Control
from core.models import zoo
from core.requests import CompressOptions, compress_request
from core.signatures import signature_from

__all__ = ["architectures", "compress", "compressions"]


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


def architectures() -> tuple[ModelCard, ...]:
    """Return a card for everything that weights of one's own can go into.

    Returns
    -------
    tuple of ModelCard
    """
    return tuple(spec.card() for spec in zoo.architectures().values())
