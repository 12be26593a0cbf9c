"""Pictures that belong together: of a folder, or given one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.contracts import Geometry, Picture, PictureSet
from core.errors import InputError
from core.modalities.picture import images
from core.modalities.picture.gallery import Gallery, read_gallery
from core.models import zoo
from core.models.zoo import DEFAULT_MODEL

__all__ = ["picture_set"]

Reference = PictureSet | Gallery | str | Path | Sequence[Picture]


def picture_set(
    source: Reference,
    *,
    name: str = "",
    label: str | None = None,
    model: str = DEFAULT_MODEL,
    geometry: Geometry = "crop",
) -> PictureSet:
    """Return the pictures of a folder, or pictures given one by one, as a named set.

    Parameters
    ----------
    source : path, Gallery, sequence of Picture or PictureSet
    name : str
        The folder's or the label's name by default.
    label : str, optional
        Takes only the folder's pictures with this label.
    model : str
        Whose input size given pictures are brought to.
    geometry : {"crop", "squash", "letterbox"}
        As in :func:`prediction_request`.

    Returns
    -------
    PictureSet

    Raises
    ------
    InputError
        If the folder holds nothing to read, or no picture with the label.
    """
    if isinstance(source, PictureSet):
        return source
    if isinstance(source, str | Path | Gallery):
        gallery = source if isinstance(source, Gallery) else read_gallery(source)
        gallery.labelled(label)
        return PictureSet(name or label or gallery.folder.name, gallery.ref, label)
    shape = zoo.get(model).input_shape
    if not source:
        raise InputError(f"{name or 'The set'} holds no pictures: add some.")
    seen = tuple(images.to_input(picture, shape=shape, geometry=geometry) for picture in source)
    return PictureSet(name or "pictures", pictures=seen)
