"""Sources of any kind: opened as a model takes them, drawn on, and what was done to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from core.contracts import (
    DEFAULT_MODEL,
    Depth,
    Explanation,
    Input,
    ModalityCard,
    OpenedSource,
    Source,
)
from core.modalities import registry as kinds
from core.models import zoo
from core.models.request import PredictOptions

__all__ = ["drawn", "modalities", "open_source", "site_names", "source_notes"]


def modalities() -> tuple[ModalityCard, ...]:
    """Return a card for every kind of input, pictures first.

    Returns
    -------
    tuple of ModalityCard
    """
    return tuple(kind.card() for kind in kinds.MODALITIES.values())


def open_source(
    given: Source, *, model: str = DEFAULT_MODEL, name: str = "", depth: Depth = "auto"
) -> OpenedSource:
    """Open a file as the kind of source that a model takes: a picture, unless it says otherwise.

    Parameters
    ----------
    given : path, bytes or another form that the model's modality takes
        For pictures whatever :func:`open_picture` takes.
    model : str
        Id of a model of the zoo.
    name : str
        Name to show; the file's name by default.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in pictures of 16; see :func:`open_picture`.

    Returns
    -------
    Picture
        Or the source of another modality.

    Raises
    ------
    InputError
        If there is no such model, or it cannot be read.
    """
    chosen = {} if depth == "auto" else {"depth": depth}
    return zoo.modality(model).opened(given, chosen, name=name)


def drawn(
    source: OpenedSource, explanation: Explanation | None = None, *, model: str = DEFAULT_MODEL
) -> bytes:
    """Return a source as its modality draws it, with a map over it where one is given.

    Parameters
    ----------
    source : Picture
        As :func:`open_source` returns it.
    explanation : Explanation, optional
        As :func:`explain` returns it.
    model : str
        The model that the source was opened for, where there is no map that tells its kind.

    Returns
    -------
    bytes
        PNG.
    """
    of = zoo.modality(model) if explanation is None else kinds.get(explanation.seen.modality)
    return of.draw(source, explanation)


def source_notes(source: OpenedSource, *, model: str = DEFAULT_MODEL) -> tuple[str, ...]:
    """Return what was done to a source while it was opened, one sentence each.

    Parameters
    ----------
    source : Picture
        As :func:`open_source` returns it.
    model : str
        The model that it was opened for.

    Returns
    -------
    tuple of str
    """
    return zoo.modality(model).notes(source)


def site_names(given: Input) -> tuple[str, ...]:
    """Return what the sites of an input are called, in their order.

    Parameters
    ----------
    given : Input
        That of a request, such as ``prediction_request(…).input``.

    Returns
    -------
    tuple of str
        Nothing where sites have numbers alone.
    """
    return kinds.get(given.modality).site_names(given)


def blank(model: str = DEFAULT_MODEL) -> OpenedSource:
    """Return a source that says nothing, to check options with.

    Parameters
    ----------
    model : str
        The model whose kind of source it is.

    Returns
    -------
    Picture
        Black, and the smallest there is; or the source of another modality.
    """
    return zoo.modality(model).blank(zoo.get(model).input_shape)


Opened = Callable[[Source, OpenedSource], None]


def options_of_model(options: PredictOptions) -> _Model:
    """Return those of the options that say for which model a source is opened."""
    return {"model": options["model"]} if "model" in options else {}


def opened_for(given: Source, options: PredictOptions) -> OpenedSource:
    """Open a source as the model that options name takes it."""
    return open_source(given, **options_of_model(options))


class _Model(TypedDict, total=False):
    model: str


def opened(
    given: Source, depth: Depth, on_opened: Opened | None, model: str = DEFAULT_MODEL
) -> OpenedSource:
    """Open a source, and tell who wants to know."""
    source = open_source(given, model=model, depth=depth)
    if on_opened is not None:
        on_opened(given, source)
    return source
