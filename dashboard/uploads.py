"""Pictures to look at: the examples that come with Pellucid, uploads, and those of datasets.

Uploads stay in memory. A session keeps its own, within caps. Beside that the server remembers the
latest uploads of all sessions by the SHA-256 of their pixels, so that a reloaded page or a shared
link finds its picture; only who has the picture, or was given the link, knows that number.
Pictures of datasets are drawn or decoded when they are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import streamlit as st

from core.contracts import Depth, Picture
from core.errors import ImageError, PellucidError
from dashboard import dataset_pictures, services
from dashboard.dataset_pictures import Facts
from dashboard.lru import Lru
from dashboard.words import error_words

__all__ = [
    "MAX_BYTES", "MAX_COUNT", "Item", "add", "examples", "find", "of_dataset", "picture",
    "reread", "session_items",
]  # fmt: skip

MAX_COUNT = 24
MAX_BYTES = 96 * 2**20
_SHELF_BYTES = 256 * 2**20
_DECODED_BYTES = 256 * 2**20
_THUMBNAIL_BYTES = 16 * 2**20
_EXAMPLES = Path(__file__).resolve().parent / "assets" / "examples"
_UPLOADS = "uploads"


class File(Protocol):
    """What Streamlit's uploader hands over."""

    name: str

    def getvalue(self) -> bytes:
        """Return the file's bytes."""


@dataclass(frozen=True, slots=True)
class Item:
    """A picture of the strip, and how to show it small.

    Parameters
    ----------
    id : str
        Name of an example, SHA-256 of the pixels of an upload, or place in a dataset.
    title : str
        Shown in the strip.
    file : str
        File name; a stranger's text.
    credit : str
        Author and licence of an example, else ``""``.
    data : bytes
        The file; empty for a picture of a dataset.
    thumbnail : str
        Data URI.
    facts : Facts, optional
        What a dataset knows of its picture.
    depth : Depth
        How many bits were asked for, where the file has 16.
    """

    id: str
    title: str
    file: str
    credit: str
    data: bytes
    thumbnail: str
    facts: Facts | None = None
    depth: Depth = "auto"


_shelf: Lru[str, Item] = Lru(_SHELF_BYTES, lambda item: len(item.data))
_decoded: Lru[str, Picture] = Lru(_DECODED_BYTES, lambda value: value.pixels.nbytes)
_of_datasets: Lru[tuple[str, str], Item] = Lru(_THUMBNAIL_BYTES, lambda item: len(item.thumbnail))


@lru_cache(maxsize=1)
def examples() -> dict[str, Item]:
    """Return the example pictures by id."""
    entries = json.loads((_EXAMPLES / "examples.json").read_text(encoding="utf-8"))
    return {entry["id"]: _example(**entry) for entry in entries}


def _example(id: str, file: str, title: str, credit: str) -> Item:
    data = (_EXAMPLES / file).read_bytes()
    shown = services.open_picture(data, name=file)
    return Item(id, title, file, credit, data, services.thumbnail_uri(shown))


def session_items() -> dict[str, Item]:
    """Return what this session has uploaded, by id, in order."""
    items: dict[str, Item] = st.session_state.setdefault(_UPLOADS, {})
    return items


def add(files: Iterable[File]) -> tuple[list[Item], list[str]]:
    """Check files and keep those that are pictures.

    Returns
    -------
    added : list of Item
        Pictures that were read, also those that were here already.
    problems : list of str
        One sentence for each file that was refused. Plain text, to be escaped.
    """
    added: list[Item] = []
    problems: list[str] = []
    for file in files:
        try:
            added.append(_add(file.name, file.getvalue()))
        except PellucidError as error:
            problems.append(error_words(error))
    return added, problems


def _add(name: str, data: bytes) -> Item:
    items = session_items()
    shown = services.open_picture(data, name=name)
    if shown.sha256 in items:
        return items[shown.sha256]
    held = sum(len(item.data) for item in items.values())
    if len(items) >= MAX_COUNT or held + len(data) > MAX_BYTES:
        raise ImageError(
            f"{name} was not kept: a session holds at most {MAX_COUNT} pictures and "
            f"{MAX_BYTES // 2**20} MB. Reload the page to start with an empty strip."
        )
    item = Item(shown.sha256, name, name, "", data, services.thumbnail_uri(shown))
    items[item.id] = item
    _shelf.put(item.id, item)
    _decoded.put(item.id, shown)
    return item


def find(id: str) -> Item | None:
    """Return the picture of this id.

    An example, an upload of this session or one that the server still remembers, or a picture of a
    dataset that is shown; ``None`` if it is nowhere.

    Raises
    ------
    PellucidError
        If it belongs to a dataset that cannot be read.
    """
    return examples().get(id) or session_items().get(id) or _recall(id) or _from_dataset(id)


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
    """Return a picture of a dataset as one of the strip, its thumbnail made once.

    Raises
    ------
    PellucidError
        If its file cannot be read.
    """

    def make() -> Item:
        shown = known.picture()
        uri = services.thumbnail_uri(shown)
        return Item(known.place.id, known.title, shown.name, "", b"", uri, known)

    return _of_datasets.get_or((known.split.fingerprint, known.place.id), make)


def picture(item: Item) -> Picture:
    """Return the decoded picture of ``item``, decoded once while it is in use."""
    if item.facts is not None:
        return item.facts.picture()
    return _decoded.get_or(item.id, lambda: _opened(item))


def _opened(item: Item) -> Picture:
    return services.open_picture(item.data, name=item.file, depth=item.depth)


def reread(item: Item, depth: Depth) -> Item:
    """Read an upload as having so many bits; the new one stands in the strip in its place.

    Raises
    ------
    ImageError
        If the file holds more bits than that.
    """
    shown = services.open_picture(item.data, name=item.file, depth=depth)
    made = replace(item, id=shown.sha256, thumbnail=services.thumbnail_uri(shown), depth=depth)
    strip = [made if one.id == item.id else one for one in session_items().values()]
    st.session_state[_UPLOADS] = {one.id: one for one in strip}
    _shelf.put(made.id, made)
    _decoded.put(made.id, shown)
    return made
