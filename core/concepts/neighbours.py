"""Nearest pictures in feature space: what the model has seen that it finds most like this one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.concepts.pictures import LISTED, thumbnails
from core.concepts.pooled import Pooled, pool, pooled, softmax
from core.contracts import Array, Neighbour, Neighbours, NeighboursRequest
from core.models.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["cosines", "neighbours"]

_THUMBNAIL = 112
_SAME = 1e-3
"""Largest difference, relative to the largest feature, at which two vectors count as one."""


def neighbours(requests: Sequence[NeighboursRequest], control: Control) -> list[Neighbours]:
    """Find the nearest pictures for requests that share model, set, k and layer.

    Raises
    ------
    InputError
        If the set is empty or its folder has changed.
    Cancelled
        Between chunks of pictures.
    """
    first = requests[0]
    model = runtime_of(first)
    began = time.perf_counter()
    searched = pooled(
        model,
        first,
        first.reference,
        geometry=first.input.geometry,
        layer=first.layer,
        control=control,
        progress=(0.0, 0.95),
    )
    logits, features = model.features(
        np.stack([request.input.tensor() for request in requests]), first.layer
    )
    vectors, probabilities = pool(features), softmax(logits)
    seconds = (time.perf_counter() - began) / len(requests)
    return [
        _nearest(request, model, searched, vector, row, seconds)
        for request, vector, row in zip(requests, vectors, probabilities, strict=True)
    ]


def cosines(vector: Array, matrix: Array) -> Array:
    """Return the cosine of ``vector`` (K,) with each row of ``matrix`` (n, K), in [−1, 1].

    A vector without length is like nothing: 0.
    """
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    products = (matrix @ vector).astype(np.float64)
    shares = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.clip(shares, -1.0, 1.0).astype(np.float32)


def _nearest(
    request: NeighboursRequest,
    model: Runtime,
    searched: Pooled,
    vector: Array,
    probabilities: Array,
    seconds: float,
) -> Neighbours:
    similarities = cosines(vector, searched.features)
    order = np.argsort(-similarities, kind="stable")[: request.k]
    pictures = [searched.sources[i].load().pixels for i in order]
    top = int(probabilities.argmax())
    return Neighbours(
        **model.provenance(request),
        layer=model.layer(request.layer),
        predicted=model.classes.ref(top),
        probability=float(probabilities[top]),
        neighbours=tuple(
            _neighbour(model, searched, int(i), float(similarities[i]), vector) for i in order
        ),
        thumbnails=thumbnails(pictures, _THUMBNAIL),
        n=len(searched),
        unreadable=searched.unreadable[:LISTED],
        n_unreadable=len(searched.unreadable),
        seconds=seconds,
        command=request.command,
    )


def _neighbour(
    model: Runtime, searched: Pooled, i: int, similarity: float, vector: Array
) -> Neighbour:
    return Neighbour(
        index=i,
        name=searched.sources[i].name,
        label=searched.sources[i].label,
        similarity=similarity,
        same=_agree(searched.features[i], vector),
        predicted=model.classes.ref(int(searched.predicted[i])),
        probability=float(searched.probability[i]),
    )


def _agree(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
    return bool(np.abs(one - other).max() <= _SAME * max(float(np.abs(other).max()), 1e-12))
