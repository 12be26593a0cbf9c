"""Pictures that a compression is calibrated with, and others that it is held against its twin on.

From a dataset: training pictures and the whole test split. From a plain folder: a part drawn by
seed, and the rest; its labels count if every one of them names a class of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.contracts import Array, DatasetRef, GalleryRef
from core.data.base import Labels, Part
from core.data.picture import Pixels, picture_part
from core.data.registry import open_dataset
from core.errors import InputError, UnknownNameError
from core.modalities.picture import images
from core.modalities.picture.gallery import Gallery, GalleryPicture, find_gallery
from core.models.labels import ClassNames

__all__ = ["N_CALIBRATION", "CalibrationData", "Pictures", "open_calibration_data"]

N_CALIBRATION = 128
"""Pictures to calibrate with: ranges of activations hardly change beyond a hundred."""
_CHUNK = 64
_VALUES = (2, 50)
"""How many values a folder's column may have to count as an attribute with groups."""


@dataclass(frozen=True)
class Pictures:
    """Some pictures at a model's size, decoded when they are asked for."""

    load: Callable[[Sequence[int]], Pixels]
    rows: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def chunks(self) -> Iterator[Array]:
        """Yield float32 ``(N, H, W, 3)`` in [0, 1], in order."""
        for start in range(0, len(self.rows), _CHUNK):
            yield self.load(self.rows[start : start + _CHUNK]).astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class CalibrationData:
    """What a compression works with.

    Parameters
    ----------
    name : str
        Where the pictures come from, for people; a stranger's text.
    labels : ndarray of int64 or None
        Of ``evaluation``; ``None`` where they are not the model's classes.
    groups : mapping
        For each attribute the value of each picture of ``evaluation``.
    train : Part or None
        All training pictures, where there is such a split.
    """

    name: str
    calibration: Pictures
    evaluation: Pictures
    labels: Labels | None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    train: Part | None = None


def open_calibration_data(
    data: DatasetRef | GalleryRef, fingerprint: str, classes: ClassNames, *, size: int, seed: int
) -> CalibrationData:
    """Open the pictures that a request named.

    Parameters
    ----------
    classes : ClassNames
        The model's.
    size : int
        Side of its input, in pixels.

    Raises
    ------
    InputError
        If they have changed since the request was made, or are fewer than two.
    """
    rng = np.random.default_rng((seed, 0xCA11B))
    if isinstance(data, GalleryRef):
        return _of_folder(find_gallery(data), classes, size, rng)
    dataset = open_dataset(data)
    if dataset.fingerprint != fingerprint:
        raise InputError(f"{data.text} has changed since this was asked: ask again.")
    train, test = dataset.part("train"), dataset.part("test")
    drawn = rng.permutation(len(train))[:N_CALIBRATION]
    labels = _mapped(test.labels, dataset.classes, classes)
    return CalibrationData(
        name=data.text,
        calibration=_of_part(train, sorted(drawn.tolist()), size),
        evaluation=_of_part(test, range(len(test)), size),
        labels=labels,
        groups={} if labels is None else test.groups,
        train=train,
    )


def _mapped(labels: Labels, names: Sequence[str], classes: ClassNames) -> Labels | None:
    """Return labels as the model numbers its classes, ``None`` where it does not know them all."""
    try:
        known = classes.matching(names)
    except UnknownNameError:
        return None
    return np.asarray(known, np.int64)[labels]


def _of_part(part: Part, rows: Sequence[int], size: int) -> Pictures:
    return Pictures(lambda chosen: picture_part(part).pixels(chosen, (size, size, 3)), rows)


def _of_folder(
    gallery: Gallery, classes: ClassNames, size: int, rng: np.random.Generator
) -> CalibrationData:
    if len(gallery) < 2:
        raise InputError(
            f"{gallery.folder.name} holds one picture; at least one to calibrate with and one to "
            "compare on are needed, and a hundred of each are better."
        )
    order = rng.permutation(len(gallery)).tolist()
    n = min(N_CALIBRATION, len(gallery) // 2)
    chosen, rest = sorted(order[:n]), sorted(order[n:])

    def load(rows: Sequence[int]) -> Pixels:
        opened = (gallery.pictures[i].open() for i in rows)
        return np.stack(
            [images.to_input(picture, shape=(size, size, 3)).pixels for picture in opened]
        )

    held = [gallery.pictures[i] for i in rest]
    labels = _labels(held, classes)
    return CalibrationData(
        name=gallery.folder.name,
        calibration=Pictures(load, chosen),
        evaluation=Pictures(load, rest),
        labels=labels,
        groups={} if labels is None else _groups(gallery, held),
    )


def _labels(pictures: Sequence[GalleryPicture], classes: ClassNames) -> Labels | None:
    """Return each picture's class, ``None`` unless every label names one of the model's."""
    try:
        index = {label: classes.find(label).index for label in {p.label for p in pictures}}
    except UnknownNameError:
        return None
    return np.array([index[p.label] for p in pictures], np.int64)


def _groups(gallery: Gallery, pictures: Sequence[GalleryPicture]) -> dict[str, list[str]]:
    found = {name: [p.columns[name] for p in pictures] for name in gallery.columns}
    return {k: v for k, v in found.items() if _VALUES[0] <= len(set(v)) <= _VALUES[1]}
