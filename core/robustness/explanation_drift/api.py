"""One picture under an attack of growing ε: prediction, map and evidence together."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Unpack

from core.contracts import ExplanationDrift, Source
from core.control import Control
from core.engine.api import answer
from core.modalities.api import opened_for
from core.robustness.explanation_drift.request import (
    ExplanationDriftOptions,
    explanation_drift_request,
)
from core.signatures import signature_from

__all__ = [
    "explanation_drift", "explanation_drift_document",
]  # fmt: skip


@signature_from(explanation_drift_request)
def explanation_drift(
    source: Source, *, control: Control | None = None, **options: Unpack[ExplanationDriftOptions]
) -> ExplanationDrift:
    """Attack one picture with growing ε.

    Parameters
    ----------
    source : path, bytes, open file, PIL.Image.Image, ndarray or Picture
        Whatever :func:`open_picture` takes.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`explanation_drift_request`.

    Returns
    -------
    ExplanationDrift
        A step for each ε.

    Raises
    ------
    InputError
        As :func:`explanation_drift_request`.
    ImageError
        If the source is no picture.
    """
    request = explanation_drift_request(opened_for(source, options), **options)
    return answer(request, control=control)


def explanation_drift_document(result: ExplanationDrift) -> dict[str, Any]:
    """Return everything but pictures and maps, ready for JSON.

    Parameters
    ----------
    result : ExplanationDrift
        As :func:`explanation_drift` returns it.

    Returns
    -------
    dict
    """
    return {
        "image": result.seen.name,
        "model": result.model,
        "weights_sha256": result.weights_sha256,
        "attack": result.attack,
        "attack_parameters": result.attack_parameters,
        "norm": result.norm,
        "method": result.method,
        "parameters": result.parameters,
        "layer": result.layer,
        "predicted": asdict(result.predicted),
        "target": asdict(result.target),
        "steps": [asdict(step) for step in result.steps],
        "flip": result.flip,
        "words": result.words,
        "protocol": result.protocol,
        "seed": result.seed,
        "command": result.command,
        "key": result.key,
        "device": result.device,
        "seconds": result.seconds,
        "cached": result.cached,
    }
