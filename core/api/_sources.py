"""From what people have in hand to the kind of source that a model takes, and back to a drawing."""

from __future__ import annotations

from core.contracts import DEFAULT_MODEL, Depth, Explanation, Input, OpenedSource, Picture
from core.modalities import registry as modalities
from core.modalities.picture import images
from core.modalities.picture.images import Source
from core.models import zoo

__all__ = [
    "Source", "blank", "drawn", "open_picture", "open_source", "site_names",
    "source_notes",
]  # fmt: skip


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
    of = zoo.modality(model) if explanation is None else modalities.get(explanation.seen.modality)
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
    return modalities.get(given.modality).site_names(given)


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
