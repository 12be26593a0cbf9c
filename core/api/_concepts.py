"""Reference folders, and what a map of a concept looks like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.contracts import ConceptMaps
from core.modalities.picture import overlay as overlays
from core.modalities.picture.gallery import Gallery, read_gallery
from core.modalities.picture.overlay import OverlayLayer
from core.settings import settings

__all__ = ["concept_overlays", "default_gallery", "gallery", "pixels_png"]


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


def concept_overlays(maps: ConceptMaps) -> tuple[OverlayLayer, ...]:
    """Return each concept's map as a transparent PNG, all on one scale.

    Parameters
    ----------
    maps : ConceptMaps
        What :func:`answer` returns for a :func:`concept_maps_request`.

    Returns
    -------
    tuple of OverlayLayer
        One a concept.
    """
    ends = overlays.limits(maps.maps, signed=False)
    return tuple(overlays.draw(each, signed=False, ends=ends) for each in maps.maps)


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
