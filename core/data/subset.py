"""A part of the training pictures: drawn by seed, each class in its proportion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.contracts import Picture
from core.data.base import Dataset, Part
from core.data.picture import Mask, PicturePart, Pixels, picture_part
from core.data.splits import Rows, apportion, draw
from core.errors import ParameterError

__all__ = ["Subset", "with_fewer"]


class Subset(PicturePart):
    """Some pictures of a split.

    Parameters
    ----------
    whole : Part
    rows : ndarray of int64
        Their indices there.
    """

    def __init__(self, whole: Part, rows: Rows) -> None:
        super().__init__(
            whole.name,
            ids=[whole.ids[i] for i in rows],
            labels=whole.labels[rows],
            groups={key: [values[i] for i in rows] for key, values in whole.groups.items()},
            has_masks=whole.has_masks,
        )
        self._whole, self._rows = picture_part(whole), rows

    def picture(self, index: int) -> Picture:
        """Return one picture at its own size."""
        return self._whole.picture(int(self._rows[index]))

    def mask(self, index: int) -> Mask:
        """Return where the object is in :meth:`picture`."""
        return self._whole.mask(int(self._rows[index]))

    def pixels(self, indices: Sequence[int], shape: tuple[int, ...]) -> Pixels:
        """Return pictures as a model sees them."""
        return self._whole.pixels(self._rows[np.asarray(indices, np.int64)].tolist(), shape)


def with_fewer(dataset: Dataset, n_train: int, *, seed: int) -> Dataset:
    """Return the dataset with ``n_train`` of its training pictures; validation and test stay.

    Raises
    ------
    ParameterError
        If that leaves a class without pictures.
    """
    part = dataset.part("train")
    if not 0 < n_train < len(part):
        return dataset
    counts = np.bincount(part.labels, minlength=len(dataset.classes))
    shares = apportion(counts, n_train)
    if not shares.all():
        raise ParameterError(
            f"n_train={n_train} leaves no picture of {dataset.classes[int(shares.argmin())]!r} to "
            f"train on. Use more of the {len(part)}, or 0 for all."
        )
    rows = draw(part.labels, shares, seed=seed, split="train")
    return replace(dataset, parts={**dataset.parts, "train": Subset(part, rows)})
