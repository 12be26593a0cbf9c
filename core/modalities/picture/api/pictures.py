"""Pictures: opened, of a folder, as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.contracts import Depth, Picture, Source
from core.modalities.picture import images
from core.modalities.picture import overlay as overlays
from core.modalities.picture.gallery import Gallery, read_gallery
from core.modalities.picture.overlay import OverlayLayer, colour_scale
from core.settings import settings

__all__ = [
    "Gallery", "OverlayLayer", "PICTURE_SUFFIXES", "colour_scale", "default_gallery", "gallery",
    "open_picture", "pixels_png",
]  # fmt: skip

PICTURE_SUFFIXES = images.SUFFIXES


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


def gallery(folder: str | Path) -> Gallery:
    """List and check a folder of reference pictures.

    Parameters
    ----------
    folder : str or Path
        Class folders, or pictures beside a ``metadata.csv``.

    Returns
    -------
    Gallery

    Raises
    ------
    InputError
        If the folder holds nothing to read, or its table does not fit.
    """
    return read_gallery(folder)


def default_gallery() -> Gallery | None:
    """Return the folder that ``PELLUCID_GALLERY`` names, ``None`` if it is not set.

    The dashboard reads no other: a visitor never names a path on the server.

    Returns
    -------
    Gallery or None
    """
    folder = settings().gallery
    return None if folder is None else read_gallery(folder)


def pixels_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode uint8 ``(H, W, 3)`` as PNG: a thumbnail, a crop, a picture that was made.

    Parameters
    ----------
    pixels : ndarray of uint8
        The picture.

    Returns
    -------
    bytes
        PNG.
    """
    return overlays.png(pixels)
