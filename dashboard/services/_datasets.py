"""Datasets that pages offer: a visitor chooses one and never names a folder of the server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePath
from typing import TypeVar
from urllib.parse import unquote

from core import api
from core.contracts import Certified, DatasetCard, DatasetRef, Parameter, Robustness, Value
from core.errors import InputError

__all__ = [
    "OfferedDataset", "dataset_modality", "dataset_name", "hide_source", "offered_data", "public",
]  # fmt: skip


_PICTURES = "picture"


@dataclass(frozen=True, slots=True)
class OfferedDataset:
    """A dataset to train on.

    Parameters
    ----------
    id : str
        Names it in addresses; tells nothing of where it lies.
    name : str
        For people.
    ref : DatasetRef
        With the owner's parameters.
    parameters : tuple of Parameter
        What a visitor may set; the owner's values are the defaults.
    """

    id: str
    name: str
    ref: DatasetRef
    card: DatasetCard
    parameters: tuple[Parameter, ...]

    def text(self, chosen: Iterable[tuple[str, Value]]) -> str:
        """Return the reference with what a visitor has set."""
        values = dict(self.ref.parameters) | dict(chosen)
        return DatasetRef(self.ref.id, self.ref.source, tuple(values.items())).text


@lru_cache(maxsize=1)
def _cards() -> dict[str, DatasetCard]:
    return {card.id: card for card in api.datasets()}


def offered_data() -> dict[str, OfferedDataset]:
    """Return what may be trained on, by id; references that differ by parameters are one entry."""
    found: dict[tuple[str, str], DatasetRef] = {}
    for text in api.offered_datasets():
        ref = api.parse_dataset(text)
        if _cards()[ref.id].modality == _PICTURES:  # what recipes train networks of
            found.setdefault((ref.id, ref.source), ref)
    offered: dict[str, OfferedDataset] = {}
    for ref in found.values():
        stem = ref.id if not ref.source else f"{ref.id}-{_base(ref.source)}"
        id = stem
        while id in offered:  # two folders of one name
            id = f"{stem}-{sum(known.startswith(stem) for known in offered) + 1}"
        card = _cards()[ref.id]
        offered[id] = OfferedDataset(id, _name(ref, card), ref, card, _set(card, ref))
    return offered


def _set(card: DatasetCard, ref: DatasetRef) -> tuple[Parameter, ...]:
    own = dict(ref.parameters)
    return tuple(replace(p, default=own.get(p.name, p.default)) for p in card.parameters)


def _base(source: str) -> str:
    return PurePath(source).name.split(".")[0] or "data"


def _name(ref: DatasetRef, card: DatasetCard) -> str:
    return f"{_base(ref.source)} ({card.name.lower()})" if ref.source else card.name


def dataset_modality(text: str) -> str:
    """Return the kind of a dataset's sources; that of pictures where it is not known here."""
    card = _cards().get(text.partition(":")[0].partition("?")[0])
    return _PICTURES if card is None else card.modality


def dataset_name(text: str) -> str:
    """Return a dataset in words, without the place where it lies. Plain text.

    Examples
    --------
    >>> dataset_name("portraits?bias=0.9")
    'Portraits, bias 0.9'
    """
    try:
        ref = api.parse_dataset(text)
    except InputError:  # of a kind that is not installed here
        return text.partition(":")[0].partition("?")[0]
    words = [_name(ref, _cards()[ref.id])]
    words += [f"{name.replace('_', ' ')} {value}" for name, value in ref.parameters]
    return ", ".join(words)


def hide_source(text: str, dataset: str) -> str:
    """Return ``text`` (a command, a card) without the place where the dataset ``dataset`` lies."""
    source = dataset.partition("?")[0].partition(":")[2]
    for spelled in (source, unquote(source)) if source else ():
        text = text.replace(spelled, f"…/{_base(source)}")
    return text


Published = TypeVar("Published", Robustness, Certified)


def public(found: Published) -> Published:
    """Return a result without the place where its dataset lies on this server."""
    return replace(
        found,
        dataset=hide_source(found.dataset, found.dataset),
        command=hide_source(found.command, found.dataset),
    )
