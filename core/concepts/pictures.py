"""From a named set to its pictures, one by one, as the model sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.contracts import Geometry, ModelInput, PictureSet
from core.errors import InputError
from core.modalities.picture import images
from core.modalities.picture.gallery import GalleryPicture, find_gallery

__all__ = ["LISTED", "Source", "sources", "thumbnails"]

LISTED = 20
"""How many of the unreadable files a result names."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """One picture of a set, not decoded yet.

    Parameters
    ----------
    name, label : str
    stamp : str
        Names the content: another stamp is another picture.
    load : callable
        Returns the :class:`~core.contracts.ModelInput`; raises ``ImageError`` if it is damaged.
    """

    name: str
    label: str
    stamp: str
    load: Callable[[], ModelInput]


def sources(
    pictures: PictureSet, *, size: int, geometry: Geometry
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """Return the pictures of a set, and why files of its folder were left out.

    Raises
    ------
    InputError
        If the set is empty, or its folder is gone or has changed.
    """
    if pictures.gallery is None:
        if not pictures.pictures:
            raise InputError(f"{pictures.name or 'The set'} holds no pictures: add some.")
        given = (Source(p.name, "", p.sha256, partial(_itself, p)) for p in pictures.pictures)
        return tuple(given), ()
    gallery = find_gallery(pictures.gallery)
    found = tuple(
        Source(entry.name, entry.label, entry.stamp, partial(_decoded, entry, size, geometry))
        for entry in gallery.labelled(pictures.label)
    )
    return found, gallery.unreadable


def _itself(given: ModelInput) -> ModelInput:
    return given


def _decoded(entry: GalleryPicture, size: int, geometry: Geometry) -> ModelInput:
    return images.to_input(entry.open(), shape=(size, size, 3), geometry=geometry)


def thumbnails(pictures: Sequence[Pixels], side: int) -> Pixels:
    """Return square pictures scaled to ``side``: uint8 ``(n, side, side, 3)``."""
    small = np.empty((len(pictures), side, side, 3), np.uint8)
    for row, pixels in zip(small, pictures, strict=True):
        row[:] = np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))
    return small
