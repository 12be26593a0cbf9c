"""Splits of pictures, and where the object is in them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Picture
from core.data.base import Part
from core.errors import CapabilityError, InputError
from core.modalities.picture import images

__all__ = ["Mask", "PicturePart", "Pixels", "picture_part"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


class PicturePart(Part):
    """One split of pictures, decoded or drawn when they are asked for.

    Parameters are those of :class:`core.data.base.Part`; ``has_masks`` says whether :meth:`mask`
    answers.
    """

    @abstractmethod
    def picture(self, index: int) -> Picture:
        """Return one picture at its own size.

        Raises
        ------
        ImageError
            If its file cannot be read.
        """

    def source(self, index: int) -> Picture:
        """Return one picture at its own size."""
        return self.picture(index)

    def mask(self, index: int) -> Mask:
        """Return where the object is in :meth:`picture`, bool ``(H, W)``; may be empty.

        Raises
        ------
        InputError
            If this dataset has no masks.
        """
        del index
        raise InputError(f"The {self.name} split comes without masks.")

    def pixels(self, indices: Sequence[int], shape: tuple[int, ...]) -> Pixels:
        """Return pictures as a model sees them: uint8 ``(len(indices), *shape)``.

        The geometry is the pages' default: the middle of the picture, short side resized. May be
        called from several threads.
        """
        shown = [images.to_input(self.picture(int(i)), shape=shape).pixels for i in indices]
        return np.stack(shown) if shown else np.empty((0, *shape), np.uint8)

    def shown(self, index: int, shape: tuple[int, ...]) -> Pixels:
        """Return one picture as a model sees it, uint8."""
        return self.pixels([index], shape)[0]

    def inputs(self, indices: Sequence[int], shape: tuple[int, ...]) -> Array:
        """Return pictures as a model takes them: float32 ``(len(indices), *shape)`` in [0, 1]."""
        return self.pixels(indices, shape).astype(np.float32) / np.float32(255)


def picture_part(part: Part) -> PicturePart:
    """Return ``part`` as a split of pictures, for whatever works on nothing else.

    Parameters
    ----------
    part : Part
        A split of any dataset, as ``open_dataset(…).part("test")`` gives it.

    Returns
    -------
    PicturePart

    Raises
    ------
    CapabilityError
        If it holds another kind of input.
    """
    if not isinstance(part, PicturePart):
        raise CapabilityError("This works on pictures, and the dataset holds something else.")
    return part
