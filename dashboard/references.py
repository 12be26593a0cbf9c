"""Labelled pictures to look among: those of the model's own dataset, else the reference folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.contracts import Geometry, PictureSet
from core.errors import PellucidError
from dashboard import dataset_pictures, services
from dashboard.dataset_pictures import Facts
from dashboard.lru import Lru
from dashboard.run_text import attribute_name, group_name
from dashboard.services import Gallery, ShownSplit
from dashboard.state import Choice

__all__ = ["References", "references"]

_MOST, _MOST_OF_LABEL = 200, 120
"""How many pictures of a dataset, and of one of its labels, are looked through at most."""
_SENT_BYTES = 6 * 2**20
"""What a set may weigh on its way to a worker, as the model sees its pictures."""
_SETS_BYTES = 128 * 2**20
_sets: Lru[tuple[str, str, str, Geometry], PictureSet] = Lru(
    _SETS_BYTES, lambda held: sum(seen.pixels.nbytes for seen in held.pictures)
)


class References(Protocol):
    """Where labelled pictures come from."""

    @property
    def title(self) -> str:
        """What a list calls the source."""

    @property
    def classes(self) -> Mapping[str, int]:
        """Labels that name classes, and how many pictures carry each."""

    @property
    def labels(self) -> Mapping[str, int]:
        """All labels, those of attributes as well."""

    def __len__(self) -> int: ...

    def pictures(self, label: str | None = None) -> PictureSet:
        """Return all pictures, or those of one label, as a set to be sent to a worker."""


def references(choice: Choice) -> References | None:
    """Return where pictures for the chosen model come from, ``None`` if there is nothing.

    Raises
    ------
    InputError
        If the server's reference folder cannot be read.
    """
    data = dataset_pictures.data_of(choice.model)
    if data is not None:
        return _OfDataset(data, choice.model, services.framing(choice))
    folder = services.gallery()
    return None if folder is None else _OfFolder(folder)


@dataclass(frozen=True)
class _OfFolder:
    folder: Gallery

    @property
    def title(self) -> str:
        return "The reference folder"

    @property
    def classes(self) -> Mapping[str, int]:
        return self.folder.labels

    @property
    def labels(self) -> Mapping[str, int]:
        return self.folder.labels

    def __len__(self) -> int:
        return len(self.folder)

    def pictures(self, label: str | None = None) -> PictureSet:
        return services.picture_set(self.folder, label=label)


@dataclass(frozen=True)
class _OfDataset:
    split: ShownSplit
    model: str
    geometry: Geometry

    @property
    def title(self) -> str:
        return "The model's own dataset"

    @property
    def classes(self) -> Mapping[str, int]:
        counts = np.bincount(self.split.labels, minlength=len(self.split.classes))
        return {name: int(n) for name, n in zip(self.split.classes, counts, strict=True) if n}

    @property
    def labels(self) -> Mapping[str, int]:
        counted: dict[str, int] = {}
        for name, values in self.split.groups.items():
            kinds, n = np.unique(np.asarray(values, str), return_counts=True)
            counted |= {_label(name, str(kind)): int(k) for kind, k in zip(kinds, n, strict=True)}
        return {**self.classes, **counted}

    def __len__(self) -> int:
        return min(_MOST, len(self.split), self._portable)

    @property
    def _portable(self) -> int:
        return _SENT_BYTES // prod(services.model(self.model).input_shape)

    def pictures(self, label: str | None = None) -> PictureSet:
        key = (self.split.fingerprint, label or "", self.model, self.geometry)
        return _sets.get_or(key, lambda: self._made(label))

    def _made(self, label: str | None) -> PictureSet:
        n = len(self) if label is None else min(len(self), _MOST_OF_LABEL)
        known = dataset_pictures.first_facts(self.split, n, among=self._labelled(label))
        found = []
        for one in known:
            try:
                found.append(replace(one.picture(), name=_name(one)))
            except PellucidError:  # a broken file of the owner's: the others will do
                continue
        return services.picture_set(
            found,
            name=label or services.dataset_name(self.split.dataset),
            model=self.model,
            geometry=self.geometry,
        )

    def _labelled(self, label: str | None) -> npt.NDArray[np.bool_]:
        if label is None:
            return np.ones(len(self.split), np.bool_)
        if label in self.split.classes:
            return np.asarray(self.split.labels == self.split.classes.index(label))
        for name, values in self.split.groups.items():
            found = np.array([_label(name, value) == label for value in values])
            if found.any():
                return found
        return np.zeros(len(self.split), np.bool_)


def _label(attribute: str, value: str) -> str:
    return f"{attribute_name(attribute)} {group_name(value)}"


def _name(known: Facts) -> str:
    """Return what a nearest picture is called: its class first, since the set has no labels."""
    return f"{known.label_name} {known.place.index}"
