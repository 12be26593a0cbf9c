"""Answers in this process: predict, explain, or any request, with the store around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import TypeVar, Unpack

import numpy as np

from core import images
from core.contracts import (
    Depth,
    ExplainRequest,
    Explanation,
    Picture,
    Prediction,
    PredictRequest,
    RequestFor,
    Result,
)
from core.control import Control, LocalControl
from core.engine.work import execute
from core.errors import ImageError
from core.images import Source
from core.requests import ExplainOptions, PredictOptions, explanation_request, prediction_request
from core.spelled import spelled
from core.workspace import open_store

__all__ = [
    "Source",
    "answer",
    "blank",
    "explain",
    "explain_many",
    "open_picture",
    "predict",
    "predict_many",
]

Unreadable = Callable[[int, ImageError], None]
Opened = Callable[[Source, Picture], None]
_BATCH = 64
R = TypeVar("R", bound=Result)
T = TypeVar("T")


def open_picture(source: Source, *, name: str | None = None, depth: Depth = "auto") -> Picture:
    """Open a picture.

    Parameters
    ----------
    source : path, bytes, open file, PIL.Image.Image, ndarray or Picture
        A file's path, its bytes, or the file itself, opened for reading bytes. A picture of Pillow
        as Pillow holds it. An array ``(H, W)`` or ``(H, W, 1)`` of grey, ``(H, W, 3)`` of RGB or
        ``(H, W, 4)`` of RGB with alpha, which is laid over white: uint8, uint16, or floats in
        [0, 1]. A :class:`Picture` is returned as it is.
    name : str, optional
        Name to show; the file's name by default.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in files and arrays of 16; ``"auto"``: as few as hold the largest value.

    Returns
    -------
    Picture
        Upright RGB of 8 bits; ``notes`` says what had to be done for it.

    Raises
    ------
    ImageError
        If the source is no picture, is damaged or beyond the caps of the settings, or is an array
        of another shape, type or range; the text says how to mend it.
    """
    return images.open_picture(source, name=name, depth=depth)


def answer(request: RequestFor[R], *, control: Control | None = None) -> R:
    """Compute any request in this process, or take its result from the store.

    Parameters
    ----------
    request : Request
        What one of the functions ``…_request`` returns.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    Result
        Of the class that the request names: a :class:`~core.contracts.Prediction` for a
        :func:`prediction_request`, and so on.

    Raises
    ------
    PellucidError
        Whatever the work raises on purpose.
    """
    (found,) = execute([request], control or LocalControl(), open_store())
    return found


def blank() -> Picture:
    """Return the smallest picture there is, to check options with."""
    return images.from_array(np.zeros((images.MIN_SIDE, images.MIN_SIDE, 3), np.uint8))


@spelled(prediction_request)
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


@spelled(prediction_request)
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
    prediction_request(blank(), **options)

    def ready(source: Source) -> PredictRequest:
        return prediction_request(_opened(source, depth, on_opened), **options)

    return _answers(ready, sources, control, on_unreadable)


def _opened(source: Source, depth: Depth, on_opened: Opened | None) -> Picture:
    picture = open_picture(source, depth=depth)
    if on_opened is not None:
        on_opened(source, picture)
    return picture


@spelled(explanation_request)
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


@spelled(explanation_request)
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
    explanation_request(blank(), **options)

    def ready(source: Source) -> ExplainRequest:
        return explanation_request(_opened(source, depth, on_opened), **options)

    return _answers(ready, sources, control, on_unreadable)


def _answers(
    ready: Callable[[Source], RequestFor[R]],
    sources: Iterable[Source],
    control: Control | None,
    on_unreadable: Unreadable | None,
) -> Iterator[R]:
    for batch in _batches(_ahead(ready, sources, on_unreadable), _BATCH):
        yield from execute(batch, control or LocalControl(), open_store())


def _ahead(
    ready: Callable[[Source], T], sources: Iterable[Source], on_unreadable: Unreadable | None
) -> Iterator[T]:
    """Apply ``ready`` in a thread, at most two batches ahead (decoding releases the GIL)."""
    with ThreadPoolExecutor(1, thread_name_prefix="pellucid-decode") as pool:
        remaining = iter(sources)
        pending = [pool.submit(ready, s) for s in islice(remaining, 2 * _BATCH)]
        for index in count():
            if not pending:
                return
            first = pending.pop(0)
            pending += [pool.submit(ready, s) for s in islice(remaining, 1)]
            try:
                made = first.result()
            except ImageError as error:
                if on_unreadable is None:
                    raise
                on_unreadable(index, error)
            else:
                yield made


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch
