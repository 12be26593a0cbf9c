"""Datasets that visitors may look at: what addresses call them, and what they hold."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from core import api
from core.contracts import OpenedSource, Picture, SplitName
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._catalogue import modalities, models
from dashboard.services._datasets import dataset_modality, dataset_name

__all__ = [
    "ShownSplit",
    "dataset_key",
    "datasets_of",
    "shown_datasets",
    "shown_source",
    "shown_split",
    "telling_first",
]

_log = logging.getLogger(__name__)
_LONGEST_KEY = 130
_HASH = 8
_RESERVED = re.compile(r"[^\w.~-]", re.ASCII)
_ORDER_SEED = 0
_LOOKED_AT_S = 15.0
"""For so long a folder is not listed again to see whether it has changed."""


@dataclass(frozen=True, eq=False)
class ShownSplit:
    """One split of a dataset, as pages show it.

    Parameters
    ----------
    dataset : str
        Its reference.
    labels : ndarray of int64, shape (n,)
        Index of each picture's class.
    groups : mapping
        For each attribute the value of each picture.
    draw, mask : callable
        From an index to the source, and to the pixels of a picture's object, bool ``(H, W)``.
    modality : str
        Kind of its sources.
    """

    dataset: str
    name: SplitName
    fingerprint: str
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    groups: Mapping[str, tuple[str, ...]]
    has_masks: bool
    draw: Callable[[int], OpenedSource]
    mask: Callable[[int], npt.NDArray[np.bool_]]
    modality: str = "picture"

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """The order in which pictures are shown: classes in turn, drawn once within each."""
        rng = np.random.default_rng(_ORDER_SEED)
        drawn = rng.permutation(len(self.labels))
        by_class = drawn[np.argsort(self.labels[drawn], kind="stable")]
        counts = np.bincount(self.labels, minlength=len(self.classes))
        turn = np.arange(len(drawn)) - np.repeat(np.cumsum(counts) - counts, counts)
        shown: npt.NDArray[np.int64] = by_class[np.argsort(turn, kind="stable")]
        return shown


_splits: Lru[tuple[str, SplitName], tuple[float, ShownSplit | InputError]] = Lru(16)
_sources: Lru[tuple[str, str, int], OpenedSource] = Lru(
    128 * 2**20, lambda source: 1024 + source.nbytes
)


@lru_cache(maxsize=256)
def dataset_key(text: str) -> str:
    """Return what addresses call a dataset: unreserved characters, and no place of the server.

    Examples
    --------
    >>> dataset_key("portraits?bias=0.9&size=96"), dataset_key("folder:/srv/pets")
    ('portraits~bias-0.9~size-96', 'folder-pets-ab687dad')
    """
    head, _, query = text.partition("?")
    id, _, source = head.partition(":")
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH]
    words = [f"{id}-{PurePath(source).name[:24]}-{digest}" if source else id]
    words += [pair.replace("=", "-") for pair in query.split("&") if pair]
    key = _RESERVED.sub("_", "~".join(words))
    return key if len(key) <= _LONGEST_KEY else f"{id}-{digest}"


def telling_first(models_found: Iterable[str]) -> tuple[str, ...]:
    """Return models, what shows most first: those that come along, on data that was skewed."""

    def unbiased(id: str) -> bool:
        own = models()[id].trained_on
        return not (own and dict(api.parse_dataset(own).parameters).get("bias"))

    return tuple(sorted(models_found, key=lambda id: (not api.is_shipped(id), unbiased(id))))


def shown_datasets() -> dict[str, str]:
    """Return the references of datasets that visitors may look at, by their key.

    Those that the server offers, and those that a model of the zoo was trained on.
    """
    trained = (card.trained_on for card in models().values())
    return {dataset_key(text): text for text in (*api.offered_datasets(), *trained) if text}


def datasets_of(modality: str) -> tuple[str, ...]:
    """Return the references of shown datasets whose sources are of one kind."""
    return tuple(text for text in shown_datasets().values() if dataset_modality(text) == modality)


def shown_split(text: str, name: SplitName = "test") -> ShownSplit:
    """Return a split of a dataset that is shown, opened once and again when it has changed.

    Raises
    ------
    InputError
        If it cannot be opened; visitors are not told where it lies.
    """
    kept = _splits.get((text, name))
    if kept is None or time.monotonic() - kept[0] >= _LOOKED_AT_S:
        found = _looked_at(text, name, None if kept is None else kept[1])
        kept = (time.monotonic(), found)
        _splits.put((text, name), kept)
    if isinstance(kept[1], InputError):
        raise kept[1]
    return kept[1]


def _looked_at(
    text: str, name: SplitName, before: ShownSplit | InputError | None
) -> ShownSplit | InputError:
    """Return the split, the very same as ``before`` if nothing has changed, or what is wrong."""
    try:
        fresh = _opened(text, name)
    except InputError as error:
        return error
    same = isinstance(before, ShownSplit) and before.fingerprint == fresh.fingerprint
    return before if same and before is not None else fresh


def _opened(text: str, name: SplitName) -> ShownSplit:
    kind = dataset_modality(text)
    try:
        dataset = api.open_dataset(text)
        part = dataset.part(name)
        masks = api.picture_part(part).mask if part.has_masks else _no_mask
    except InputError as error:
        _log.warning("The dataset %s cannot be shown: %s", text, error)
        raise InputError(
            f"The {modalities()[kind].source}s of {dataset_name(text)} cannot be read on this "
            "server. Its log says why."
        ) from error
    return ShownSplit(
        dataset=text,
        name=name,
        fingerprint=dataset.fingerprint,
        classes=dataset.classes,
        ids=part.ids,
        labels=part.labels,
        groups=part.groups,
        has_masks=part.has_masks,
        draw=part.source,
        mask=masks,
        modality=kind,
    )


def _no_mask(index: int) -> npt.NDArray[np.bool_]:
    raise InputError(f"Nothing is known of where the object of {index} is.")


def shown_source(split: ShownSplit, index: int) -> OpenedSource:
    """Return a source of a split, drawn or decoded once while it is in use.

    A picture's name is that of the file which pages offer for download, so that commands which
    name it work beside that file.

    Raises
    ------
    InputError
        If its file cannot be read.
    """

    def make() -> OpenedSource:
        drawn = split.draw(index)
        if isinstance(drawn, Picture):
            return replace(drawn, name=f"{PurePath(drawn.name).stem}.png")
        return drawn

    return _sources.get_or((split.fingerprint, split.name, index), make)
