"""What to do with an answer: rank it, draw it, take it along."""

from __future__ import annotations

import io
import json

import numpy as np

from core.api._catalogue import class_names
from core.contracts import ClassScore, Explanation, OutputValue, Picture, Prediction
from core.modalities.capabilities import require
from core.modalities.picture import overlay as overlays
from core.modalities.picture.overlay import OverlayLayer
from core.models import zoo
from core.targets import registry as targets
from core.targets.base import probabilities

__all__ = ["explanation_json", "explanation_npz", "overlay", "overlay_png", "ranking", "reading"]


def ranking(
    prediction: Prediction, k: int = 5, *, classes: str | None = None
) -> tuple[ClassScore, ...]:
    """Return the ``k`` most probable classes (softmax, or each class's own yes), best first.

    Parameters
    ----------
    prediction : Prediction
        As :func:`predict` returns it.
    k : int
        How many classes.
    classes : str, optional
        File with one class name a line, in place of the model's own names.

    Returns
    -------
    tuple of ClassScore
        With index, name and probability.

    Raises
    ------
    CapabilityError
        If the model gives values, which are no probabilities; see :func:`reading`.
    """
    offer = zoo.get(prediction.model).offer
    output = targets.alone(offer)
    require("A ranking of classes", frozenset({"probability"}), output().offer(offer))
    shifted = np.exp(prediction.logits - prediction.logits.max())
    found = (
        shifted / shifted.sum()
        if output.probability == "softmax"
        else probabilities(output.probability, prediction.logits)
    )
    labels = class_names(prediction.model, classes=classes)
    best = np.argsort(-found, kind="stable")[:k]
    return tuple(ClassScore(int(i), labels[i], float(found[i])) for i in best)


def reading(
    prediction: Prediction, k: int = 5, *, classes: str | None = None
) -> tuple[ClassScore, ...] | tuple[OutputValue, ...]:
    """Return what a model says: its ``k`` most probable classes, or all values of a regression.

    Parameters
    ----------
    prediction : Prediction
        As :func:`predict` returns it.
    k : int
        How many classes.
    classes : str, optional
        File with one class name a line, in place of the model's own names.

    Returns
    -------
    tuple of ClassScore, or of OutputValue
    """
    if targets.alone(zoo.get(prediction.model).offer).probability:
        return ranking(prediction, k, classes=classes)
    labels = class_names(prediction.model, classes=classes)
    return tuple(
        OutputValue(i, label, float(value))
        for i, (label, value) in enumerate(zip(labels, prediction.logits, strict=True))
    )


def overlay(explanation: Explanation) -> OverlayLayer:
    """Return the map as a transparent PNG with the values at the ends of its scale.

    Parameters
    ----------
    explanation : Explanation
        As :func:`explain` returns it.

    Returns
    -------
    OverlayLayer
    """
    return overlays.layer(explanation)


def overlay_png(picture: Picture, explanation: Explanation, *, opacity: float = 0.7) -> bytes:
    """Return the original picture with the map over it, as PNG.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    explanation : Explanation
        As :func:`explain` returns it.
    opacity : float
        Of the map, from 0 to 1.

    Returns
    -------
    bytes
        PNG.
    """
    return overlays.png(overlays.compose(picture, explanation, opacity=opacity))


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
