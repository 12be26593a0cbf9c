"""Everything Pellucid does, as functions. Scripts, notebooks, the CLI and the dashboard call it.

>>> from core import api
>>> [method.id for method in api.methods()][:2]
['gradcam', 'gradcam++']

Scripts use :func:`predict` and :func:`explain`, which compute in this process. The dashboard
submits the same requests to :func:`jobs`, which computes them in workers.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from core import images
from core import overlay as overlays
from core.contracts import (
    ClassRef,
    ClassScore,
    ExplainRequest,
    Explanation,
    MethodCard,
    ModelCard,
    ModelRef,
    Picture,
    Prediction,
    PredictRequest,
    Request,
    Result,
)
from core.engine.control import Control, LocalControl
from core.engine.work import execute
from core.errors import InputError
from core.jobs import JobTable, JobView
from core.models import zoo
from core.models.labels import class_names as _class_names
from core.models.zoo import DEFAULT_MODEL, Affine, ModelSpec
from core.overlay import OverlayLayer, colour_scale
from core.requests import explanation_request, prediction_request
from core.saliency import registry
from core.workers import Workers
from core.workspace import open_store

__all__ = [
    "DEFAULT_MODEL",
    "PICTURE_SUFFIXES",
    "Affine",
    "JobTable",
    "JobView",
    "OverlayLayer",
    "class_names",
    "colour_scale",
    "device",
    "explain",
    "explain_many",
    "explanation_json",
    "explanation_npz",
    "explanation_request",
    "find_class",
    "jobs",
    "methods",
    "models",
    "open_picture",
    "overlay",
    "overlay_png",
    "predict",
    "predict_many",
    "prediction_request",
    "ranking",
    "register_model",
]

Source = bytes | str | Path | npt.NDArray[np.generic] | Picture
_BATCH = 64
PICTURE_SUFFIXES = images.SUFFIXES
T = TypeVar("T")


# ---- what there is


def models() -> tuple[ModelCard, ...]:
    """Return a card for every model of the zoo; the default comes first."""
    return tuple(spec.card() for spec in zoo.specs().values())


def methods() -> tuple[MethodCard, ...]:
    """Return a card for every saliency method."""
    return tuple(method.card() for method in registry.METHODS.values())


def class_names(model: str = DEFAULT_MODEL, *, classes: str | None = None) -> tuple[str, ...]:
    """Return the class names of a model by index."""
    return _class_names(ModelRef(model, classes=classes)).labels


def find_class(model: str, text: str | int, *, classes: str | None = None) -> ClassRef:
    """Find a class by index, name, synonym or WordNet id.

    Raises
    ------
    UnknownNameError
        If no class, or (``AmbiguousNameError``) more than one, carries the name.
    """
    return _class_names(ModelRef(model, classes=classes)).find(text)


def register_model(
    id: str,
    builder: Callable[..., Any],
    *,
    input_size: int,
    n_classes: int,
    feature_layer: str | None = None,
    layers: Sequence[str] = (),
    name: str = "",
    preprocessing: Affine | None = None,
    labels: Literal["imagenet", "numbered"] = "numbered",
    summary: str = "Registered by the user.",
) -> None:
    """Add an architecture of your own to the zoo of this process.

    Parameters
    ----------
    id : str
        Identifier; an existing one is replaced.
    builder : callable
        ``builder(inputs, n_classes) -> keras.Model``: from the preprocessed Keras tensor
        ``(None, input_size, input_size, 3)`` to logits, with weights loaded. Your code, run on
        your machine.
    input_size : int
        Side of the input in pixels.
    n_classes : int
    feature_layer : str, optional
        Name of the layer that CAMs read; without one, they are not offered.
    layers : sequence of str
        Layers offered for CAMs; the feature layer alone by default.
    preprocessing : Affine, optional
        Done inside the model; by default pixels stay in [0, 1].

    Notes
    -----
    Workers of the dashboard are other processes: there a model joins through an entry point of
    the group ``pellucid.models``: a function that returns :class:`core.models.zoo.ModelSpec` s.
    """
    if not id.isidentifier():
        raise InputError(f"A model id is a plain identifier such as my_resnet. Received: {id!r}.")
    if input_size < images.MIN_SIDE or n_classes < 2:
        raise InputError(
            f"Expected input_size of at least {images.MIN_SIDE} and n_classes of at least 2. "
            f"Received {input_size} and {n_classes}."
        )
    zoo.register(
        ModelSpec(
            id=id,
            name=name or id,
            builder=builder,
            input_size=input_size,
            preprocessing=preprocessing or Affine(),
            feature_layer=feature_layer or "",
            layers=tuple(layers) or ((feature_layer,) if feature_layer else ()),
            features=feature_layer is not None,
            n_parameters=0,
            paper="",
            licence="yours",
            summary=summary,
            n_classes=n_classes,
            labels=labels,
        )
    )


def open_picture(source: Source, *, name: str | None = None) -> Picture:
    """Decode a file's bytes, a path or an array; see :func:`core.images.open_picture`."""
    if isinstance(source, Picture):
        return source
    return images.open_picture(source, name=name)


# ---- answers in this process


def _blank() -> Picture:
    """Return the smallest picture there is, to check options with."""
    return images.from_array(np.zeros((images.MIN_SIDE, images.MIN_SIDE, 3), np.uint8))


def predict(source: Source, **options: Any) -> Prediction:
    """Predict one picture; options as in :func:`prediction_request`."""
    return next(predict_many([source], **options))


def predict_many(
    sources: Iterable[Source], *, control: Control | None = None, **options: Any
) -> Iterator[Prediction]:
    """Predict pictures in batches, in their order; the next ones are decoded meanwhile.

    Parameters
    ----------
    sources : iterable of bytes, path, ndarray or Picture
    control : Control, optional
        Progress and cancellation.
    **options
        As in :func:`prediction_request`.

    Raises
    ------
    ImageError
        At the first source that is no picture; the pictures before it have been yielded.
    """
    # Wrong options are told before the first file is opened.
    prediction_request(_blank(), **options)

    def ready(source: Source) -> PredictRequest:
        return prediction_request(open_picture(source), **options)

    return _answers(ready, sources, control)  # type: ignore[return-value]


def explain(source: Source, **options: Any) -> Explanation:
    """Explain one picture; options as in :func:`explanation_request`."""
    return next(explain_many([source], **options))


def explain_many(
    sources: Iterable[Source], *, control: Control | None = None, **options: Any
) -> Iterator[Explanation]:
    """Explain pictures with one method, in batches, in their order.

    Parameters and errors are those of :func:`predict_many`, options those of
    :func:`explanation_request`.
    """
    explanation_request(_blank(), **options)

    def ready(source: Source) -> ExplainRequest:
        return explanation_request(open_picture(source), **options)

    return _answers(ready, sources, control)  # type: ignore[return-value]


def _answers(
    ready: Callable[[Source], Request], sources: Iterable[Source], control: Control | None
) -> Iterator[Result]:
    for batch in _batches(_ahead(ready, sources), _BATCH):
        yield from execute(batch, control or LocalControl(), open_store())


def _ahead(ready: Callable[[Source], T], sources: Iterable[Source]) -> Iterator[T]:
    """Apply ``ready`` in a thread, at most two batches ahead (decoding releases the GIL)."""
    with ThreadPoolExecutor(1, thread_name_prefix="pellucid-decode") as pool:
        remaining = iter(sources)
        pending = [pool.submit(ready, s) for s in islice(remaining, 2 * _BATCH)]
        while pending:
            first = pending.pop(0)
            pending += [pool.submit(ready, s) for s in islice(remaining, 1)]
            yield first.result()


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch


# ---- what to do with an answer


def ranking(
    prediction: Prediction, k: int = 5, *, classes: str | None = None
) -> tuple[ClassScore, ...]:
    """Return the ``k`` most probable classes (softmax of the logits), best first."""
    shifted = np.exp(prediction.logits - prediction.logits.max())
    probabilities = shifted / shifted.sum()
    labels = class_names(prediction.model, classes=classes)
    best = np.argsort(-probabilities, kind="stable")[:k]
    return tuple(ClassScore(int(i), labels[i], float(probabilities[i])) for i in best)


def overlay(explanation: Explanation) -> OverlayLayer:
    """Return the map as a transparent PNG with the values at the ends of its scale."""
    return overlays.layer(explanation)


def overlay_png(picture: Picture, explanation: Explanation, *, opacity: float = 0.7) -> bytes:
    """Return the original picture with the map over it, as PNG."""
    return overlays.png(overlays.compose(picture, explanation, opacity=opacity))


def explanation_npz(explanation: Explanation) -> bytes:
    """Return an npz with ``map`` (float32 ``(H, W)``, raw) and ``metadata`` (JSON text)."""
    buffer = io.BytesIO()
    np.savez(buffer, map=explanation.map, metadata=np.array(explanation_json(explanation)))
    return buffer.getvalue()


def explanation_json(explanation: Explanation) -> str:
    """Return everything but the map as JSON."""
    return json.dumps(explanation.to_artefact().document, indent=2, ensure_ascii=False)


# ---- the dashboard's side


@lru_cache(maxsize=1)
def _workers() -> Workers:
    from core.engine.dask import DaskEngine

    return Workers(DaskEngine(open_store()))


@lru_cache(maxsize=4)
def jobs(is_alive: Callable[[str], bool] = lambda owner: True) -> JobTable:
    """Return the job table of this process; its workers start at the first call.

    Parameters
    ----------
    is_alive : callable, optional
        Says whether an owner (a browser session) is still there; the same function every time.
    """
    return JobTable(_workers().engine, open_store(), is_alive)


def device() -> str | None:
    """Return where the workers run, in words; ``None`` while they have not answered yet."""
    return _workers().device
