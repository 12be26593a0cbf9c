"""CIFAR-10: small photographs of ten kinds of things, decoded once and mapped into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

import numpy as np

from core.contracts import DatasetRef, Picture, SplitName, content_key
from core.data.base import Dataset, DatasetKind, Labels, Part, broken_text, left_out
from core.data.cifar10 import source as cifar10_source
from core.data.cifar10.source import CLASSES, SIDE
from core.data.decoded import Decoded, DecodedSplit, decoded
from core.data.picture import PicturePart, Pixels
from core.data.splits import CARVING, Rows, carve
from core.errors import InputError
from core.parameters import Parameter, Value

__all__ = ["Cifar10", "DecodedPart"]

_VERSION = 1
_CARVED = {parameter.name: parameter for parameter in CARVING}


class DecodedPart(PicturePart):
    """One split of pictures that are decoded already.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (m, side, side, 3)
        Mapped, not read.
    rows : ndarray of int64, shape (n,)
        Which of them belong to the split.
    """

    def __init__(
        self, name: SplitName, pixels: Pixels, rows: Rows, *, ids: Sequence[str], labels: Labels
    ) -> None:
        super().__init__(name, ids=ids, labels=labels)
        self._pixels, self._rows = pixels, rows

    def picture(self, index: int) -> Picture:
        """Return one picture at its own size."""
        return Picture(self.ids[index], np.array(self._pixels[self._rows[index]]))

    def pixels(self, indices: Sequence[int], shape: tuple[int, ...]) -> Pixels:
        """Return pictures as a model sees them; at their own size they are taken as they are."""
        if shape != self._pixels.shape[1:]:
            return super().pixels(indices, shape)
        return np.asarray(self._pixels)[self._rows[np.asarray(indices, np.int64)]]


class Cifar10(DatasetKind):
    """60 000 photographs of 32 × 32 pixels."""

    id = "cifar10"
    name = "CIFAR-10"
    summary = (
        "60 000 photographs of 32×32 pixels in ten classes, 10 000 of them to test. Without a "
        "source Keras downloads it (170 MB)."
    )
    limits = "No groups and no masks. About 0.5 % of the test labels are wrong (Northcutt 2021)."
    licence = "Krizhevsky 2009; no licence is stated. Use it for research."
    source = "a folder or tar"
    optional_source = True
    parameters: ClassVar[tuple[Parameter, ...]] = (
        replace(
            _CARVED["validation"],
            default=0.05,
            help="Share of the training pictures held out to watch the training",
        ),
        _CARVED["seed"],
        Parameter("skip_broken", "bool", False, "Leave out files that cannot be read"),
    )

    def open(self, ref: DatasetRef, parameters: Mapping[str, Value]) -> Dataset:
        """Return the dataset; the first opening decodes it, later ones map it into memory.

        Raises
        ------
        InputError
            If the source is no CIFAR-10 in a form that is read, cannot be downloaded, or holds
            pictures that cannot be read (unless ``skip_broken``).
        StoreError
            If the decoded pictures cannot be kept.
        """
        key = content_key(
            {
                "dataset": self.id,
                "version": _VERSION,
                "source": cifar10_source.source_digest(ref.source),
            }
        )
        kept = decoded(key, partial(cifar10_source.fill, ref.source), side=SIDE)
        if kept.broken and not parameters["skip_broken"]:
            raise InputError(broken_text(kept.broken, _count(kept), self.id))
        given = [name for name in kept.splits for _ in kept.splits[name].ids]
        labels = np.concatenate([split.labels for split in kept.splits.values()])
        rows = carve(labels, given, parameters)
        parts: dict[SplitName, Part] = {
            name: _part(name, own, kept.splits) for name, own in rows.items()
        }
        fingerprint = content_key(
            {"dataset": self.id, "content": kept.fingerprint, **parameters, "version": _VERSION}
        )
        return Dataset(ref, CLASSES, parts, fingerprint, size=SIDE, unreadable=kept.broken,
            notes=left_out(kept.broken, _count(kept)),
        )  # fmt: skip

    def stamp(self, ref: DatasetRef) -> str:
        """Return sizes and times of change of the source's files."""
        return cifar10_source.stamp(ref.source)


def _count(kept: Decoded) -> int:
    """Return how many pictures the source has, those that cannot be read among them."""
    return sum(len(split.ids) for split in kept.splits.values()) + len(kept.broken)


def _part(name: SplitName, rows: Rows, splits: Mapping[SplitName, DecodedSplit]) -> DecodedPart:
    """Return a split whose ``rows`` count through all the pictures that are kept."""
    kept, first = splits["train"], 0
    if name == "test":
        first, kept = len(splits["train"].ids), splits["test"]
    own = rows - first
    return DecodedPart(
        name, kept.pixels, own, ids=[kept.ids[i] for i in own], labels=kept.labels[own]
    )
