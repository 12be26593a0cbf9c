"""Sources to look at: the examples that come with Pellucid, uploads, and those of datasets.

Uploads stay in memory. A session keeps its own, within caps. Beside that the server remembers the
latest uploads of all sessions by the SHA-256 of what they hold, so that a reloaded page or a shared
link finds its source; only who has the file, or was given the link, knows that number.
Sources of datasets are drawn or decoded when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import streamlit as st

from core.contracts import DEFAULT_MODEL, Depth, OpenedSource, Picture, opened_picture
from core.errors import InputError, PellucidError
from dashboard import dataset_pictures, services
from dashboard.dataset_pictures import Facts
from dashboard.formatting import error_text
from dashboard.lru import Lru
from dashboard.views import registry as views
from dashboard.views.base import Example, View

__all__ = [
    "MAX_BYTES", "MAX_COUNT", "Item", "add", "examples", "find", "of_dataset", "picture",
    "reread", "session_items", "source", "uploaded",
]  # fmt: skip

MAX_COUNT = 24
MAX_BYTES = 96 * 2**20
_SHELF_BYTES = 256 * 2**20
_DECODED_BYTES = 256 * 2**20
_THUMBNAIL_BYTES = 16 * 2**20
_UPLOADS = "uploads"


class File(Protocol):
    """What Streamlit's uploader hands over."""

    name: str

    def getvalue(self) -> bytes:
        """Return the file's bytes."""


@dataclass(frozen=True, slots=True)
class Item:
    """A source of the strip, and how to show it small.

    Parameters
    ----------
    id : str
        Name of an example, SHA-256 of what an upload holds, or place in a dataset.
    title : str
        Shown in the strip.
    file : str
        File name; a stranger's text.
    credit : str
        Author and licence of an example, else ``""``.
    data : bytes
        The file; empty for a source of a dataset.
    thumbnail : str
        Data URI.
    facts : Facts, optional
        What a dataset knows of its source.
    depth : Depth
        How many bits were asked for, where the file has 16.
    kind : str
        Modality of an example or an upload.
    """

    id: str
    title: str
    file: str
    credit: str
    data: bytes
    thumbnail: str
    facts: Facts | None = None
    depth: Depth = "auto"
    kind: str = "picture"

    @property
    def modality(self) -> str:
        """Kind of its source."""
        return self.kind if self.facts is None else self.facts.split.modality


_shelf: Lru[str, Item] = Lru(_SHELF_BYTES, lambda item: len(item.data))
_opened: Lru[str, OpenedSource] = Lru(_DECODED_BYTES, lambda source: source.nbytes)
_of_datasets: Lru[tuple[str, str], Item] = Lru(_THUMBNAIL_BYTES, lambda item: len(item.thumbnail))


def examples(model: str = DEFAULT_MODEL) -> dict[str, Item]:
    """Return the examples of the kind of source that a model takes, by id."""
    return _examples(services.models()[model].modality)


@lru_cache(maxsize=8)
def _examples(modality: str) -> dict[str, Item]:
    view = views.view(modality)
    return {each.id: _example(each, view) for each in view.examples()}


def _example(each: Example, view: View) -> Item:
    model = services.model_of(view.card.id)
    opened = services.open_source(each.data, model=model, name=each.file)
    small = view.thumbnail(opened, model)
    return Item(each.id, each.title, each.file, each.credit, each.data, small, kind=view.card.id)


def session_items() -> dict[str, Item]:
    """Return what this session has uploaded, by id, in order."""
    items: dict[str, Item] = st.session_state.setdefault(_UPLOADS, {})
    return items


def uploaded(model: str) -> dict[str, Item]:
    """Return what this session has uploaded of the kind that a model takes, by id, in order."""
    modality = services.models()[model].modality
    return {id: item for id, item in session_items().items() if item.modality == modality}


def add(files: Iterable[File], *, model: str = DEFAULT_MODEL) -> tuple[list[Item], list[str]]:
    """Check files and keep those that are sources of the kind that a model takes.

    Returns
    -------
    added : list of Item
        Sources that were read, also those that were here already.
    problems : list of str
        One sentence for each file that was refused. Plain text, to be escaped.
    """
    added: list[Item] = []
    problems: list[str] = []
    for file in files:
        try:
            added.append(_add(file.name, file.getvalue(), model))
        except PellucidError as error:
            problems.append(error_text(error))
    return added, problems


def _add(name: str, data: bytes, model: str) -> Item:
    items, view = session_items(), views.of_model(model)
    opened = services.open_source(data, model=model, name=name)
    if opened.sha256 in items:
        return items[opened.sha256]
    held = sum(len(item.data) for item in items.values())
    if len(items) >= MAX_COUNT or held + len(data) > MAX_BYTES:
        raise InputError(
            f"{name} was not kept: a session holds at most {MAX_COUNT} {view.card.source}s and "
            f"{MAX_BYTES // 2**20} MB. Reload the page to start with an empty strip."
        )
    small = view.thumbnail(opened, model)
    item = Item(opened.sha256, name, name, "", data, small, kind=view.card.id)
    items[item.id] = item
    _shelf.put(item.id, item)
    _opened.put(item.id, opened)
    return item


def find(id: str) -> Item | None:
    """Return the source of this id.

    An example, an upload of this session or one that the server still remembers, or a source of a
    dataset that is shown; ``None`` if it is nowhere.

    Raises
    ------
    PellucidError
        If it belongs to a dataset that cannot be read.
    """
    return _example_of(id) or session_items().get(id) or _recall(id) or _from_dataset(id)


def _example_of(id: str) -> Item | None:
    kinds = dict.fromkeys(card.modality for card in services.models().values())
    found = (_examples(kind).get(id) for kind in kinds)
    return next((item for item in found if item is not None), None)


def _recall(id: str) -> Item | None:
    item = _shelf.get(id)
    if item is not None and len(session_items()) < MAX_COUNT:
        session_items()[item.id] = item
    return item


def _from_dataset(id: str) -> Item | None:
    place = dataset_pictures.place(id)
    known = None if place is None else dataset_pictures.facts(place)
    return None if known is None else of_dataset(known)


def of_dataset(known: Facts) -> Item:
    """Return a source of a dataset as one of the strip, its thumbnail made once.

    Raises
    ------
    PellucidError
        If its file cannot be read.
    """

    def make() -> Item:
        opened, view = known.source(), views.view(known.split.modality)
        small = view.thumbnail(opened, services.model_of(known.split.modality))
        return Item(known.place.id, known.title, opened.name, "", b"", small, known)

    return _of_datasets.get_or((known.split.fingerprint, known.place.id), make)


def source(item: Item) -> OpenedSource:
    """Return the source of ``item``, opened once while it is in use."""
    if item.facts is not None:
        return item.facts.source()
    return _opened.get_or(item.id, lambda: _open(item, item.depth))


def picture(item: Item) -> Picture:
    """Return the source of ``item`` where only a picture will do.

    Raises
    ------
    CapabilityError
        If it is a source of another kind.
    """
    return opened_picture(source(item))


def _open(item: Item, depth: Depth) -> OpenedSource:
    model = services.model_of(item.modality)
    return services.open_source(item.data, model=model, name=item.file, depth=depth)


def reread(item: Item, depth: Depth) -> Item:
    """Read an upload as having so many bits; the new one stands in the strip in its place.

    Raises
    ------
    InputError
        If the file holds more bits than that.
    """
    opened = _open(item, depth)
    small = views.view(item.modality).thumbnail(opened, services.model_of(item.modality))
    made = replace(item, id=opened.sha256, thumbnail=small, depth=depth)
    strip = [made if one.id == item.id else one for one in session_items().values()]
    st.session_state[_UPLOADS] = {one.id: one for one in strip}
    _shelf.put(made.id, made)
    _opened.put(made.id, opened)
    return made
