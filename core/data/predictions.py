"""What a model says about every picture of a split."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import Array, DatasetPredictions, DatasetPredictRequest, count_text
from core.data.base import Part
from core.data.registry import open_dataset
from core.errors import InputError
from core.models.runtime import runtime_of

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["predict_dataset"]

_CHUNK = 64


def predict_dataset(
    requests: Sequence[DatasetPredictRequest], control: Control
) -> list[DatasetPredictions]:
    """Predict the pictures of each request's split.

    Raises
    ------
    InputError
        If the dataset has changed since the request was made.
    ImageError
        At a picture that cannot be read.
    Cancelled
        Between chunks.
    """
    return [_predict(request, control) for request in requests]


def _predict(request: DatasetPredictRequest, control: Control) -> DatasetPredictions:
    from scipy.special import softmax

    dataset = open_dataset(request.dataset)
    if dataset.fingerprint != request.fingerprint:
        raise InputError(f"{request.dataset.text} has changed since this was asked: ask again.")
    part = dataset.part(request.split)
    n = len(part) if request.limit is None else min(len(part), request.limit)
    model = runtime_of(request)
    model.prepare(n)
    began = time.perf_counter()
    columns, classes = _classes(request, dataset.classes, model.classes.labels)
    logits: list[Array] = []
    done = 0
    for chunk in _ahead(part, n, model.spec.input_shape):
        control.check()
        logits.append(model.logits(chunk)[:, columns])
        done += len(chunk)
        control.progress(done / n, f"{done} of {count_text(n, 'picture')}")
    return DatasetPredictions(
        **model.provenance(request),
        seconds=time.perf_counter() - began,
        dataset=request.dataset.text,
        fingerprint=request.fingerprint,
        split=request.split,
        classes=classes,
        ids=part.ids[:n],
        labels=part.labels[:n],
        probabilities=np.asarray(softmax(np.concatenate(logits), axis=1), np.float32),
        groups={name: values[:n] for name, values in part.groups.items()},
        command=request.command,
        notes=dataset.notes,
    )


def _classes(
    request: DatasetPredictRequest, own: tuple[str, ...], known: tuple[str, ...]
) -> tuple[list[int], tuple[str, ...]]:
    """Return the order of the logits' columns, and the names: the dataset's, then the others."""
    first = list(request.class_map) or list(range(len(own)))
    further = [i for i in range(len(known)) if i not in set(first)]
    return first + further, (*own, *(known[i] for i in further))


def _ahead(part: Part, n: int, shape: tuple[int, ...]) -> Iterator[Array]:
    """Yield float32 pictures in chunks; the next one is decoded meanwhile."""

    def load(start: int) -> Array:
        chosen = range(start, min(start + _CHUNK, n))
        return part.inputs(chosen, shape)

    starts = range(0, n, _CHUNK)
    with ThreadPoolExecutor(1, thread_name_prefix="pellucid-decode") as pool:
        waiting = pool.submit(load, 0)
        for start in starts:
            chunk = waiting.result()
            if start + _CHUNK < n:
                waiting = pool.submit(load, start + _CHUNK)
            yield chunk
