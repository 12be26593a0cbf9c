"""Pooled features of many pictures, computed once and kept in the store in chunks.

A run that was stopped goes on at its first missing chunk; a picture that is added or changed
costs the chunks from it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.concepts.pictures import Source, sources
from core.contracts import (
    Array,
    Artefact,
    Geometry,
    ModelInput,
    ModelRequest,
    PictureSet,
    content_key,
    count_text,
)
from core.errors import ImageError, InputError
from core.models.runtime import Runtime
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Pooled", "pool", "pooled", "softmax"]

_CHUNK = 64
_DECODERS = 2


@dataclass(frozen=True)
class Pooled:
    """What the model makes of each picture of a set.

    Parameters
    ----------
    sources : tuple of Source
        The n pictures that could be read.
    features : ndarray of float32, shape (n, K)
        The layer's output, averaged over its places.
    predicted : ndarray of int64, shape (n,)
    probability : ndarray of float32, shape (n,)
        Of the predicted class.
    unreadable : tuple of str
    """

    sources: tuple[Source, ...]
    features: Array
    predicted: npt.NDArray[np.int64]
    probability: Array
    unreadable: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)


def pool(features: Array) -> Array:
    """Average ``(N, h, w, K)`` over places: ``(N, K)``."""
    return features.mean(axis=(1, 2), dtype=np.float32)


def softmax(logits: Array) -> Array:
    """Return probabilities ``(N, n_classes)``."""
    from scipy.special import softmax as _softmax

    return np.asarray(_softmax(logits, axis=-1), np.float32)


def pooled(
    model: Runtime,
    request: ModelRequest,
    pictures: PictureSet,
    *,
    geometry: Geometry,
    layer: str | None,
    control: Control,
    progress: tuple[float, float] = (0.0, 1.0),
) -> Pooled:
    """Return the pooled features of a set, from the store as far as they are there.

    Parameters
    ----------
    progress : tuple of float
        The part of the work's bar that this is.

    Raises
    ------
    InputError
        If no picture can be read.
    Cancelled
        Between chunks.
    """
    listed, unreadable = sources(pictures, size=model.spec.side, geometry=geometry)
    about = {
        "kind": "features",
        "model": model.spec.id,
        "weights": model.weights_sha256,
        "classes": model.n_classes,
        "versions": request.versions,
        "layer": model.layer(layer),
        "size": model.spec.side,
        "geometry": geometry,
    }
    store = open_store()
    model.prepare(len(listed))
    chunks: list[Artefact] = []
    low, high = progress
    for start in range(0, len(listed), _CHUNK):
        control.check()
        control.progress(
            low + (high - low) * start / len(listed), f"reading picture {start} of {len(listed)}"
        )
        part = listed[start : start + _CHUNK]
        key = content_key(about | {"pictures": [source.stamp for source in part]})
        chunk, _ = store.get_or_compute(key, partial(_compute, model, layer, part), kind="features")
        chunks.append(chunk)
    return _joined(pictures, listed, chunks, unreadable)


def _compute(model: Runtime, layer: str | None, part: Sequence[Source]) -> Artefact:
    with ThreadPoolExecutor(_DECODERS, thread_name_prefix="pellucid-decode") as threads:
        seen = list(threads.map(_loaded, part))
    good = [picture for picture in seen if isinstance(picture, ModelInput)]
    document: dict[str, Any] = {
        "failed": {str(i): told for i, told in enumerate(seen) if isinstance(told, str)}
    }
    if not good:
        return Artefact(document)
    logits, features = model.features(np.stack([picture.tensor() for picture in good]), layer)
    probabilities = softmax(logits)
    return Artefact(
        document,
        {
            "features": pool(features),
            "predicted": logits.argmax(axis=1).astype(np.int64),
            "probability": probabilities.max(axis=1),
        },
    )


def _loaded(source: Source) -> ModelInput | str:
    try:
        return source.load()
    except ImageError as error:
        return f"{source.name}: {error}"


def _joined(
    pictures: PictureSet,
    listed: Sequence[Source],
    chunks: Sequence[Artefact],
    unreadable: tuple[str, ...],
) -> Pooled:
    failed = {
        _CHUNK * n + int(i): str(told)
        for n, chunk in enumerate(chunks)
        for i, told in chunk.document["failed"].items()
    }
    problems = (*unreadable, *failed.values())
    arrays = [chunk.arrays for chunk in chunks if chunk.arrays]
    if not arrays:
        raise InputError(
            f"None of the {count_text(len(problems), 'picture')} in {pictures.name or 'the set'} "
            f"can be read. The first: {problems[0]}"
        )
    return Pooled(
        tuple(source for i, source in enumerate(listed) if i not in failed),
        np.concatenate([a["features"] for a in arrays]),
        np.concatenate([a["predicted"] for a in arrays]),
        np.concatenate([a["probability"] for a in arrays]),
        problems,
    )
