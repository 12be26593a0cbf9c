"""What a model says: predictions, rankings, values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Unpack

import numpy as np

from core.contracts import ClassScore, Depth, OutputValue, Prediction, PredictRequest, Source
from core.control import Control
from core.engine.ahead import Unreadable, answers
from core.modalities.api import Opened, blank, opened, options_of_model
from core.modalities.capabilities import require
from core.models import zoo
from core.models.api.zoo import class_names
from core.models.request import PredictOptions, prediction_request
from core.signatures import signature_from
from core.targets import registry as targets
from core.targets.base import probabilities

__all__ = ["predict", "predict_many", "ranking", "reading"]


@signature_from(prediction_request)
def predict(
    source: Source,
    *,
    control: Control | None = None,
    depth: Depth = "auto",
    **options: Unpack[PredictOptions],
) -> Prediction:
    """Predict one picture.

    Parameters
    ----------
    source : path, bytes, open file, PIL.Image.Image, ndarray or Picture
        Whatever :func:`open_picture` takes.
    control : Control, optional
        Hears of progress and can stop the work.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in files of 16; see :func:`open_picture`.
    **options
        As in :func:`prediction_request`.

    Returns
    -------
    Prediction
        ``logits`` are what the model says; :func:`ranking` makes probabilities of them.

    Raises
    ------
    ImageError
        If the source is no picture.
    InputError
        For an option that cannot be meant.
    """
    return next(predict_many([source], control=control, depth=depth, **options))


@signature_from(prediction_request)
def predict_many(
    sources: Iterable[Source],
    *,
    control: Control | None = None,
    depth: Depth = "auto",
    on_unreadable: Unreadable | None = None,
    on_opened: Opened | None = None,
    **options: Unpack[PredictOptions],
) -> Iterator[Prediction]:
    """Predict pictures in batches, in their order; the next ones are decoded meanwhile.

    Parameters
    ----------
    sources : iterable of bytes, path, ndarray or Picture
    control : Control, optional
        Progress and cancellation.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in files of 16; see :func:`open_picture`.
    on_unreadable : callable, optional
        Told the number of each source that is no picture, and why; the rest is predicted. Whatever
        it raises ends the work.
    on_opened : callable, optional
        Told each source and its picture, whose ``notes`` say how it was read; in another thread.
    **options
        As in :func:`prediction_request`.

    Returns
    -------
    iterator of Prediction
        In the order of the sources.

    Raises
    ------
    ImageError
        At the first source that is no picture, unless ``on_unreadable`` takes it; the pictures
        before it have been yielded.
    """
    # Wrong options are told before the first file is opened.
    prediction_request(blank(**options_of_model(options)), **options)

    def ready(source: Source) -> PredictRequest:
        return prediction_request(
            opened(source, depth, on_opened, **options_of_model(options)), **options
        )

    return answers(ready, sources, control, on_unreadable)


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
