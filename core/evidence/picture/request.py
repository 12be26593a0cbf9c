"""A mask drawn on a picture, as the model sees it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.contracts import Geometry, Picture
from core.errors import InputError
from core.evidence.base import check_mask
from core.modalities.picture import images
from core.models import zoo

__all__ = ["input_mask"]

_MARKED = 128  # brighter than the grey that letterbox adds


def input_mask(
    mask: Picture, picture: Picture, *, model: str, geometry: Geometry = "crop"
) -> npt.NDArray[np.bool_]:
    """Return which of the model's pixels a mask marks: bool ``(size, size)``.

    Parameters
    ----------
    mask : Picture
        Bright (128 and above) on the object, dark elsewhere; of the size of ``picture``, from
        which it is cut out alike, or of the model's input size already.
    picture : Picture
        The picture that it was drawn on.
    model : str
        Id of the model.
    geometry : {"crop", "squash", "letterbox"}
        As in :func:`prediction_request`.

    Returns
    -------
    ndarray of bool

    Raises
    ------
    InputError
        If the mask has neither size, or marks nothing that the model sees.
    """
    shape = zoo.get(model).input_shape
    down, across = shape[:2]
    pixels = mask.pixels
    if (mask.width, mask.height) == (picture.width, picture.height):
        pixels = images.to_input(mask, shape=(down, across, 3), geometry=geometry).pixels
    elif (mask.width, mask.height) != (across, down):
        raise InputError(
            f"The mask {mask.name} has {mask.width} × {mask.height} pixels. Expected the size of "
            f"{picture.name}, {picture.width} × {picture.height}, or of the model's input, "
            f"{across} × {down}. Save the mask in the size of the picture."
        )
    marked: npt.NDArray[np.bool_] = pixels.max(axis=-1) >= _MARKED
    check_mask(marked, (down, across))
    return marked
