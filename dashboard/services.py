"""The only caller of :mod:`core.api`: what pages may ask for, kept where a rerun would repeat it.

A page reruns at every click. So requests, results and encoded pictures are kept here, by content
key, with caps; what a page does with them costs no decoding, no encoding and no trip to the store.
"""

from __future__ import annotations

import base64
import io
import logging
import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image
from streamlit import runtime

from core import api
from core.api import JobView
from core.contracts import (
    ClassRef,
    ClassScore,
    ExplainRequest,
    Explanation,
    MethodCard,
    ModelCard,
    Picture,
    Prediction,
    PredictRequest,
    Request,
    Result,
)
from dashboard.lru import Lru
from dashboard.state import Choice

__all__ = [
    "JobView",
    "Layer",
    "base_uri",
    "cancel",
    "class_names",
    "device",
    "explanation_request",
    "explanation_json",
    "explanation_npz",
    "find_class",
    "kept",
    "layer",
    "method",
    "methods",
    "model",
    "models",
    "open_picture",
    "overlay_png",
    "picture_types",
    "prediction_request",
    "ranking",
    "stops",
    "submit",
    "thumbnail_uri",
    "view",
    "warm_up",
]

_log = logging.getLogger(__name__)

_MB = 2**20
_starting = threading.Lock()
_STAGE_SIDE = 1200
_THUMBNAIL_SIDE = 160

_results: Lru[str, Result] = Lru(96 * _MB, lambda r: _array(r).nbytes)
_requests: Lru[tuple[object, ...], Request] = Lru(64 * _MB, lambda r: r.input.pixels.nbytes)
_rankings: Lru[tuple[str, int], tuple[ClassScore, ...]] = Lru(512)
_layers: Lru[str, Layer] = Lru(64 * _MB, lambda value: len(value.uri))
_bases: Lru[tuple[str, int], str] = Lru(64 * _MB, len)


def _array(result: Result) -> np.ndarray:
    return result.map if isinstance(result, Explanation) else result.logits


# ---- what there is


@lru_cache(maxsize=1)
def models() -> dict[str, ModelCard]:
    """Return the cards of the zoo by id, the default first."""
    return {card.id: card for card in api.models()}


@lru_cache(maxsize=1)
def methods() -> dict[str, MethodCard]:
    """Return the cards of the saliency methods by id."""
    return {card.id: card for card in api.methods()}


def model(id: str) -> ModelCard:
    """Return one model's card."""
    return models()[id]


def method(id: str) -> MethodCard:
    """Return one method's card."""
    return methods()[id]


def class_names(model_id: str) -> tuple[str, ...]:
    """Return the class names of a model by index."""
    return api.class_names(model_id)


def find_class(model_id: str, text: str) -> ClassRef:
    """Find a class by what somebody typed; see :func:`core.api.find_class`."""
    return api.find_class(model_id, text)


def ranking(prediction: Prediction, k: int = 5) -> tuple[ClassScore, ...]:
    """Return the ``k`` most probable classes, ranked once."""
    return _rankings.get_or((prediction.key, k), lambda: api.ranking(prediction, k))


def stops(*, signed: bool) -> list[tuple[float, str]]:
    """Return the stops of the colour scale for a legend."""
    return api.colour_scale(signed)


def device() -> str | None:
    """Return the device in words, once a worker has told it."""
    if not _starting.acquire(blocking=False):
        return None
    try:
        return api.device()
    finally:
        _starting.release()


# ---- pictures


def picture_types() -> list[str]:
    """Return the file name endings of pictures, without the dot."""
    return [suffix.removeprefix(".") for suffix in api.PICTURE_SUFFIXES]


def open_picture(data: bytes, *, name: str) -> Picture:
    """Decode and check a file's bytes; see :func:`core.api.open_picture`."""
    return api.open_picture(data, name=name)


def _jpeg_uri(picture: Picture, side: int, quality: int) -> str:
    image = Image.fromarray(picture.pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return _uri(buffer.getvalue(), "image/jpeg")


def _uri(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def base_uri(picture: Picture, *, side: int = _STAGE_SIDE) -> str:
    """Return the picture as a JPEG data URI, at most ``side`` pixels long."""
    return _bases.get_or((picture.sha256, side), lambda: _jpeg_uri(picture, side, 88))


def thumbnail_uri(picture: Picture) -> str:
    """Return a small JPEG data URI."""
    return _jpeg_uri(picture, _THUMBNAIL_SIDE, 80)


# ---- requests


def prediction_request(picture: Picture, choice: Choice) -> PredictRequest:
    """Return the request for what the model says about ``picture``."""
    made = _requests.get_or(
        ("predict", picture.sha256, picture.name, choice.model, choice.geometry),
        lambda: api.prediction_request(picture, model=choice.model, geometry=choice.geometry),
    )
    assert isinstance(made, PredictRequest)
    return made


def explanation_request(picture: Picture, choice: Choice) -> ExplainRequest:
    """Return the request for the map that ``choice`` describes.

    Raises
    ------
    InputError
        If a part of the choice does not exist or does not fit.
    """
    made = _requests.get_or(
        ("explain", picture.sha256, picture.name, *choice.explanation_key()),
        lambda: api.explanation_request(
            picture,
            model=choice.model,
            method=choice.method,
            parameters=dict(choice.parameters),
            target="auto" if choice.target is None else choice.target,
            against=choice.against,
            layer=choice.layer,
            geometry=choice.geometry,
        ),
    )
    assert isinstance(made, ExplainRequest)
    return made


# ---- jobs


def _is_alive(owner: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(owner)


def _table() -> api.JobTable:
    with _starting:  # the first visitor and the warm-up must not start workers each
        return api.jobs(is_alive=_is_alive)


def warm_up() -> None:
    """Start the workers in the background, so that the first visitor waits less."""
    threading.Thread(target=_table, name="pellucid-warm-up", daemon=True).start()


def kept(key: str) -> Result | None:
    """Return a result that this process has seen lately."""
    return _results.get(key)


def submit(request: Request, *, owner: str, patience: float) -> JobView:
    """Join or start the job of ``request`` and give it ``patience`` seconds to finish."""
    shown = _table().submit(request, owner)
    return _noted(_table().wait(request.key, patience) if shown.active else shown)


def view(key: str) -> JobView | None:
    """Return the job of ``key`` as it is now."""
    shown = _table().view(key)
    return None if shown is None else _noted(shown)


def cancel(key: str, *, owner: str) -> None:
    """Drop the owner's interest in a job; it stops when nobody else waits for it."""
    _table().cancel(key, owner)


def _noted(shown: JobView) -> JobView:
    if shown.result is not None:
        _results.put(shown.key, shown.result)
    return shown


# ---- what a map looks like


@dataclass(frozen=True, slots=True)
class Layer:
    """A map ready for the browser: PNG data URI, ends of its scale, kind of scale."""

    uri: str
    limits: tuple[float, float]
    signed: bool
    empty: bool


def layer(explanation: Explanation) -> Layer:
    """Return the overlay of ``explanation``, encoded once."""

    def make() -> Layer:
        drawn = api.overlay(explanation)
        return Layer(_uri(drawn.png, "image/png"), drawn.limits, drawn.signed, drawn.empty)

    return _layers.get_or(explanation.key, make)


def overlay_png(picture: Picture, explanation: Explanation) -> bytes:
    """Return the picture with the map over it, for download."""
    return api.overlay_png(picture, explanation)


def explanation_npz(explanation: Explanation) -> bytes:
    """Return the raw map with its metadata, for download."""
    return api.explanation_npz(explanation)


def explanation_json(explanation: Explanation) -> str:
    """Return everything but the map, for download."""
    return api.explanation_json(explanation)
