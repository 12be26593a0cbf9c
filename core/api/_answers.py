"""Answers in this process: predict, explain, or any request, with the store around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any, TypeVar

import numpy as np

from core import images
from core.contracts import (
    Depth,
    ExplainRequest,
    Explanation,
    Picture,
    Prediction,
    PredictRequest,
    Request,
    Result,
)
from core.control import Control, LocalControl
from core.engine.work import execute
from core.errors import ImageError
from core.images import Source
from core.requests import explanation_request, prediction_request
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
T = TypeVar("T")


def open_picture(source: Source, *, name: str | None = None, depth: Depth = "auto") -> Picture:
    """Open a picture."""
    return images.open_picture(source, name=name, depth=depth)


def answer(request: Request, *, control: Control | None = None) -> Any:
    """Compute any request in this process, or take its result from the store.

    Raises
    ------
    PellucidError
        Whatever the work raises on purpose.
    """
    return execute([request], control or LocalControl(), open_store())[0]


def blank() -> Picture:
    """Return the smallest picture there is, to check options with."""
    return images.from_array(np.zeros((images.MIN_SIDE, images.MIN_SIDE, 3), np.uint8))


def predict(source: Source, **options: Any) -> Prediction:
    """Predict one picture; options as in :func:`prediction_request`."""
    return next(predict_many([source], **options))


def predict_many(
    sources: Iterable[Source],
    *,
    control: Control | None = None,
    depth: Depth = "auto",
    on_unreadable: Unreadable | None = None,
    on_opened: Opened | None = None,
    **options: Any,
) -> Iterator[Prediction]:
    """Predict pictures in batches, in their order; the next ones are decoded meanwhile.

    Parameters
    ----------
    sources : iterable of bytes, path, ndarray or Picture
    control : Control, optional
        Progress and cancellation.
    depth : Depth
        Bits of each sample in files of 16; see :func:`open_picture`.
    on_unreadable : callable, optional
        Told the number of each source that is no picture, and why; the rest is predicted. Whatever
        it raises ends the work.
    on_opened : callable, optional
        Told each source and its picture, whose ``notes`` say how it was read; in another thread.
    **options
        As in :func:`prediction_request`.

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

    return _answers(ready, sources, control, on_unreadable)  # type: ignore[return-value]


def _opened(source: Source, depth: Depth, on_opened: Opened | None) -> Picture:
    picture = open_picture(source, depth=depth)
    if on_opened is not None:
        on_opened(source, picture)
    return picture


def explain(source: Source, **options: Any) -> Explanation:
    """Explain one picture; options as in :func:`explanation_request`."""
    return next(explain_many([source], **options))


def explain_many(
    sources: Iterable[Source],
    *,
    control: Control | None = None,
    depth: Depth = "auto",
    on_unreadable: Unreadable | None = None,
    on_opened: Opened | None = None,
    **options: Any,
) -> Iterator[Explanation]:
    """Explain pictures with one method, in batches, in their order.

    Parameters and errors are those of :func:`predict_many`, options those of
    :func:`explanation_request`.
    """
    explanation_request(blank(), **options)

    def ready(source: Source) -> ExplainRequest:
        return explanation_request(_opened(source, depth, on_opened), **options)

    return _answers(ready, sources, control, on_unreadable)  # type: ignore[return-value]


def _answers(
    ready: Callable[[Source], Request],
    sources: Iterable[Source],
    control: Control | None,
    on_unreadable: Unreadable | None,
) -> Iterator[Result]:
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
