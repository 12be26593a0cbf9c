"""Maps: methods, explanations, and what to do with one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Unpack

import numpy as np

from core.contracts import DEFAULT_METHOD, Depth, ExplainRequest, Explanation, MethodCard, Source
from core.control import Control
from core.engine.ahead import Unreadable, answers
from core.modalities import registry as kinds
from core.modalities.api import Opened, blank, opened, options_of_model
from core.modalities.registry import DEFAULT_MODALITY
from core.saliency.registry import METHODS
from core.saliency.request import ExplainOptions, explanation_request
from core.signatures import signature_from

__all__ = [
    "DEFAULT_METHOD", "explain", "explain_many", "explanation_json", "explanation_npz", "methods",
]  # fmt: skip


def methods(modality: str = DEFAULT_MODALITY) -> tuple[MethodCard, ...]:
    """Return a card for every saliency method, with the choices for a kind of input.

    Parameters
    ----------
    modality : str
        Kind of input that the choices of parameters are for.

    Returns
    -------
    tuple of MethodCard
    """
    of = kinds.get(modality)
    return tuple(method.card(of) for method in METHODS.values())


@signature_from(explanation_request)
def explain(
    source: Source,
    *,
    control: Control | None = None,
    depth: Depth = "auto",
    **options: Unpack[ExplainOptions],
) -> Explanation:
    """Explain one picture.

    Parameters
    ----------
    source : path, bytes, open file, PIL.Image.Image, ndarray or Picture
        Whatever :func:`open_picture` takes.
    control : Control, optional
        Hears of progress and can stop the work.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in files of 16; see :func:`open_picture`.
    **options
        As in :func:`explanation_request`.

    Returns
    -------
    Explanation
        ``map`` is the attribution; :func:`overlay_png` lays it over the picture.

    Raises
    ------
    ImageError
        If the source is no picture.
    InputError
        For an unknown model, method, class, layer or parameter, or a value out of range.
    """
    return next(explain_many([source], control=control, depth=depth, **options))


@signature_from(explanation_request)
def explain_many(
    sources: Iterable[Source],
    *,
    control: Control | None = None,
    depth: Depth = "auto",
    on_unreadable: Unreadable | None = None,
    on_opened: Opened | None = None,
    **options: Unpack[ExplainOptions],
) -> Iterator[Explanation]:
    """Explain pictures with one method, in batches, in their order.

    Parameters and errors are those of :func:`predict_many`, options those of
    :func:`explanation_request`.

    Parameters
    ----------
    sources : iterable
        Whatever :func:`open_picture` takes, one by one.
    control : Control, optional
        Hears of progress and can stop the work.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in files of 16; see :func:`open_picture`.
    on_unreadable : callable, optional
        Told the number of each source that is no picture, and why; the rest is explained.
    on_opened : callable, optional
        Told each source and its picture, in another thread.
    **options
        As in :func:`explanation_request`.

    Returns
    -------
    iterator of Explanation
        In the order of the sources.

    Raises
    ------
    ImageError
        At the first source that is no picture, unless ``on_unreadable`` takes it.
    """
    explanation_request(blank(**options_of_model(options)), **options)

    def ready(source: Source) -> ExplainRequest:
        return explanation_request(
            opened(source, depth, on_opened, **options_of_model(options)), **options
        )

    return answers(ready, sources, control, on_unreadable)


def explanation_npz(explanation: Explanation) -> bytes:
    """Return an npz with ``map`` (float32 ``(H, W)``, raw) and ``metadata`` (JSON text).

    Parameters
    ----------
    explanation : Explanation
        As :func:`explain` returns it.

    Returns
    -------
    bytes
        A file for ``numpy.load``.
    """
    buffer = io.BytesIO()
    np.savez(buffer, map=explanation.map, metadata=np.array(explanation_json(explanation)))
    return buffer.getvalue()


def explanation_json(explanation: Explanation) -> str:
    """Return everything but the map as JSON.

    Parameters
    ----------
    explanation : Explanation
        As :func:`explain` returns it.

    Returns
    -------
    str
        JSON.
    """
    return json.dumps(explanation.to_artefact().document, indent=2, ensure_ascii=False)
