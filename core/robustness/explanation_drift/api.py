"""One picture under an attack of growing ε: prediction, map and evidence together."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from core.contracts import Array, ExplanationDrift
from core.control import Control
from core.engine.api import answer
from core.modalities.picture import overlay as overlays
from core.modalities.picture.api import open_picture
from core.modalities.picture.images import Source
from core.modalities.picture.overlay import OverlayLayer
from core.robustness.explanation_drift.request import (
    ExplanationDriftOptions,
    explanation_drift_request,
)
from core.signatures import signature_from

__all__ = [
    "explanation_drift", "explanation_drift_document", "explanation_drift_overlays", "magnified",
]  # fmt: skip

_HALF = 127.0
"""8-bit levels from grey to black or white."""
_TINY = 0.01
"""What float32 takes from a quotient that should be whole."""


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
    return answer(explanation_drift_request(open_picture(source), **options), control=control)


def explanation_drift_overlays(result: ExplanationDrift) -> tuple[OverlayLayer, ...]:
    """Return the map at every ε as a transparent PNG, each on its own scale.

    Gradients grow by orders of magnitude under attack: on one scale only the largest map would
    show. What is compared is where the maps point.

    Parameters
    ----------
    result : ExplanationDrift
        As :func:`explanation_drift` returns it.

    Returns
    -------
    tuple of OverlayLayer
        One a step.
    """
    return tuple(overlays.draw(each, signed=result.signed) for each in result.maps)


def magnified(change: Array) -> tuple[npt.NDArray[np.uint8], float]:
    """Return a perturbation around grey, and how often it was magnified to be seen.

    Parameters
    ----------
    change : ndarray, shape (h, w, 3)
        Adversarial minus original, pixels in [0, 1].

    Returns
    -------
    pixels : ndarray of uint8, shape (h, w, 3)
    factor : float
        1 where nothing was changed, or more than can be magnified.
    """
    most = float(np.abs(change).max()) * 255
    factor = 1.0 if most == 0 else max(1.0, float(np.floor(_HALF / most + _TINY)))
    levels = 128 + np.clip(change.astype(np.float64) * 255 * factor, -_HALF - 1, _HALF)
    return np.rint(levels).astype(np.uint8), factor


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
