"""Pictures of datasets: what the address calls one, and which one an address means.

An id is made of unreserved characters only, so that it survives every link:
``portraits~bias-0.9~test~17``. It tells nothing of where the data lie, and it is looked up among
the datasets that this server shows: a visitor can't name another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from core.contracts import OpenedSource, Picture, SplitName, opened_picture
from core.errors import InputError, PellucidError
from dashboard import services
from dashboard.run_text import attribute_name, group_name
from dashboard.services import ShownSplit
from dashboard.views import registry as views

__all__ = [
    "LONGEST_ID", "Facts", "Place", "data_of", "dataset_picture_id", "default_id", "facts",
    "first_facts", "place",
]  # fmt: skip

LONGEST_ID = 160
"""Characters of the longest id of a picture that an address may hold."""
_SPLITS: tuple[SplitName, ...] = get_args(SplitName)
_DIGITS = 9
_LOOKED_THROUGH = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is: the reference of a dataset, a split, and an index in it."""

    dataset: str
    split: SplitName
    index: int

    @property
    def id(self) -> str:
        """What addresses call the picture."""
        return dataset_picture_id(self.dataset, self.split, self.index)


def dataset_picture_id(dataset: str, split: str, index: int) -> str:
    """Return what addresses call a picture of a dataset.

    Parameters
    ----------
    dataset : str
        Its reference, as :attr:`core.contracts.ModelCard.trained_on` has it.
    split : str
        ``"train"``, ``"validation"`` or ``"test"``.
    index : int
        Number of the picture in the split, from 0.

    Examples
    --------
    >>> dataset_picture_id("portraits?bias=0.9", "test", 17)
    'portraits~bias-0.9~test~17'
    """
    return f"{services.dataset_key(dataset)}~{split}~{index}"


def place(id: str) -> Place | None:
    """Return where the picture of an id is; ``None`` if no dataset that is shown has it.

    Parameters
    ----------
    id : str
        From an address: a stranger's text.
    """
    parts = id.rsplit("~", 2)
    if len(id) > LONGEST_ID or len(parts) != 3:
        return None
    key, wanted, number = parts
    text = services.shown_datasets().get(key)
    split = next((name for name in _SPLITS if name == wanted), None)
    if text is None or split is None or not _is_index(number):
        return None
    return Place(text, split, int(number))


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


# ---- what is known of a picture


@dataclass(frozen=True)
class Facts:
    """What a dataset knows of one of its pictures; classes and groups are strangers' texts.

    Parameters
    ----------
    place : Place
    split : ShownSplit
    """

    place: Place
    split: ShownSplit

    @property
    def label(self) -> int:
        """Index of the true class."""
        return int(self.split.labels[self.place.index])

    @property
    def label_name(self) -> str:
        """Name of the true class."""
        return self.split.classes[self.label]

    @property
    def name(self) -> str:
        """What the dataset calls the picture."""
        return self.split.ids[self.place.index]

    @property
    def groups(self) -> Mapping[str, str]:
        """Value of each attribute."""
        return {name: values[self.place.index] for name, values in self.split.groups.items()}

    @property
    def title(self) -> str:
        """A few words that tell it from its neighbours."""
        return f"{self.label_name} {self.place.index}"

    @property
    def group_name(self) -> tuple[str, ...]:
        """Each of its groups in words; plain text."""
        named = ((attribute_name(name), group_name(value)) for name, value in self.groups.items())
        return tuple(f"{name} {value}" for name, value in named)

    def source(self) -> OpenedSource:
        """Return the source, decoded or drawn.

        Raises
        ------
        InputError
            If its file cannot be read.
        """
        return services.shown_source(self.split, self.place.index)

    def picture(self) -> Picture:
        """Return the source of a dataset of pictures.

        Raises
        ------
        CapabilityError
            If the dataset holds something else.
        ImageError
            If its file cannot be read.
        """
        return opened_picture(self.source())

    def mask(self) -> npt.NDArray[np.bool_] | None:
        """Return where the object is, bool ``(H, W)``; ``None`` without masks or without object.

        Raises
        ------
        PellucidError
            If its file cannot be read.
        """
        if not self.split.has_masks:
            return None
        mask = self.split.mask(self.place.index)
        return mask if mask.any() else None


def facts(place: Place) -> Facts | None:
    """Return what is known of the picture at ``place``, ``None`` if there is no such picture.

    Raises
    ------
    InputError
        If the dataset cannot be opened.
    """
    split = services.shown_split(place.dataset, place.split)
    return Facts(place, split) if place.index < len(split) else None


# ---- the pictures that suit a model


def data_of(model: str) -> ShownSplit | None:
    """Return the test sources of the dataset that a model, or its twin, was trained on.

    For models of other origin, where nothing comes along with the kind of source that they take,
    those of another dataset of the kind: one of its classes first. ``None`` for others, and where
    the dataset cannot be opened (the log says why).
    """
    cards = services.models()
    family = [cards[id] for id in (model, cards[model].twin) if id in cards]
    text = next((card.trained_on for card in family if card.trained_on), "")
    if text:
        return _split(text)
    if views.of_model(model).examples():
        return None
    of_kind = (_split(text) for text in services.datasets_of(cards[model].modality))
    found = [split for split in of_kind if split is not None]
    names = services.class_names(model)
    return min(found, key=lambda split: split.classes != names, default=None)


def _split(text: str) -> ShownSplit | None:
    try:
        return services.shown_split(text)
    except InputError:
        return None


def first_facts(
    split: ShownSplit, n: int, *, among: npt.NDArray[np.bool_] | None = None
) -> tuple[Facts, ...]:
    """Return the first ``n`` pictures in the order in which they are shown: classes in turn.

    Parameters
    ----------
    among : ndarray of bool, shape (n_pictures,), optional
        Takes only these.
    """
    order = split.order if among is None else split.order[among[split.order]]
    return tuple(Facts(Place(split.dataset, split.name, int(i)), split) for i in order[:n])


def default_id(split: ShownSplit) -> str:
    """Return the picture to begin with: one with an object to find, where masks tell."""
    first = first_facts(split, _LOOKED_THROUGH)
    return next((known for known in first if _has_object(known)), first[0]).place.id


def _has_object(known: Facts) -> bool:
    try:
        return known.mask() is not None
    except PellucidError:  # a mask that cannot be read: whoever asks for it is told
        return False
