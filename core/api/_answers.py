"""Answers in this process: predict, explain, or any request, with the store around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import TypedDict, TypeVar, Unpack

from core.api._sources import blank, open_source
from core.contracts import (
    DEFAULT_MODEL,
    Depth,
    ExplainRequest,
    Explanation,
    OpenedSource,
    Prediction,
    PredictRequest,
    RequestFor,
    Result,
)
from core.control import Control, LocalControl
from core.engine.work import execute
from core.errors import ImageError
from core.modalities.picture.images import Source
from core.requests import ExplainOptions, PredictOptions, explanation_request, prediction_request
from core.signatures import signature_from
from core.workspace import open_store

__all__ = [
    "Source",
    "answer",
    "explain",
    "explain_many",
    "predict",
    "predict_many",
]

Unreadable = Callable[[int, ImageError], None]
Opened = Callable[[Source, OpenedSource], None]
_BATCH = 64
R = TypeVar("R", bound=Result)
T = TypeVar("T")


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
    prediction_request(blank(**_of(options)), **options)

    def ready(source: Source) -> PredictRequest:
        return prediction_request(_opened(source, depth, on_opened, **_of(options)), **options)

    return _answers(ready, sources, control, on_unreadable)


def _of(options: PredictOptions | ExplainOptions) -> _Model:
    return {"model": options["model"]} if "model" in options else {}


class _Model(TypedDict, total=False):
    model: str


def _opened(
    given: Source, depth: Depth, on_opened: Opened | None, model: str = DEFAULT_MODEL
) -> OpenedSource:
    source = open_source(given, model=model, depth=depth)
    if on_opened is not None:
        on_opened(given, source)
    return source


@signature_from(explanation_request)
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


@signature_from(explanation_request)
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
    explanation_request(blank(**_of(options)), **options)

    def ready(source: Source) -> ExplainRequest:
        return explanation_request(_opened(source, depth, on_opened, **_of(options)), **options)

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
