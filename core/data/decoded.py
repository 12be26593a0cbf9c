"""Small pictures decoded once and kept on the disk, mapped into memory by whoever needs them.

::

    <home>/datasets/<key>/          (:mod:`core.data.dataset_cache`)
        <split>.u8                  pixels (n, side, side, 3), uint8, nothing else
        manifest.json               ids, labels, fingerprint, what could not be read
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.contracts import SPLITS, SplitName
from core.data.base import Labels
from core.data.dataset_cache import cached
from core.data.picture import Pixels
from core.errors import InputError

__all__ = ["Decoded", "DecodedSplit", "Writer", "decoded"]

_FORMAT = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class DecodedSplit:
    """The pictures of one split: ``pixels`` ``(n, side, side, 3)`` is mapped, not read."""

    ids: tuple[str, ...]
    labels: Labels
    pixels: Pixels


@dataclass(frozen=True)
class Decoded:
    """What is kept of a dataset.

    Parameters
    ----------
    splits : mapping
        Those that there are.
    fingerprint : str
        SHA-256 of ids, labels and pixels.
    broken : tuple of str
        One sentence for each picture that could not be read.
    """

    splits: dict[SplitName, DecodedSplit]
    fingerprint: str
    broken: tuple[str, ...]


@dataclass
class _Growing:
    """A split being written."""

    file: IO[bytes]
    ids: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)


class Writer:
    """Takes pictures one by one; what it holds in memory is their ids and labels.

    Parameters
    ----------
    folder : Path
        Empty; the files are closed when the ``with`` block ends.
    side : int
        Pixels a side of every picture.
    """

    def __init__(self, folder: Path, side: int) -> None:
        self.broken: list[str] = []
        self._folder, self._side = folder, side
        self._splits: dict[SplitName, _Growing] = {}
        self._open = ExitStack()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        with self._open:
            for split in self._splits.values():
                _sync(split.file)

    @property
    def counts(self) -> dict[SplitName, int]:
        """How many pictures each split has so far."""
        return {name: len(split.ids) for name, split in self._splits.items()}

    def add(self, split: SplitName, id: str, label: int, pixels: Pixels) -> None:
        """Append a picture, uint8 ``(side, side, 3)``."""
        if split not in self._splits:
            file = self._open.enter_context(_file(self._folder, split).open("xb"))
            self._splits[split] = _Growing(file)
        content = np.ascontiguousarray(pixels).tobytes()
        own = self._splits[split]
        own.file.write(content)
        own.digest.update(content)
        own.ids.append(id)
        own.labels.append(int(label))

    def finish(self) -> None:
        """Write the manifest, which makes the pictures count.

        Raises
        ------
        InputError
            If two pictures of a split have the same id.
        """
        splits = {
            name: {"ids": own.ids, "labels": own.labels, "sha256": own.digest.hexdigest()}
            for name in SPLITS
            if (own := self._splits.get(name)) is not None
        }
        for own in self._splits.values():
            if len(set(own.ids)) < len(own.ids):
                twice = Counter(own.ids).most_common(1)[0][0]
                raise InputError(f"There are two pictures called {twice!r}. Keep one of them.")
        document = {
            "format": _FORMAT,
            "side": self._side,
            "fingerprint": hashlib.sha256(json.dumps(splits).encode()).hexdigest(),
            "broken": self.broken,
            "splits": splits,
        }
        with (self._folder / _MANIFEST).open("xb") as file:
            file.write(json.dumps(document).encode())
            _sync(file)


def decoded(key: str, fill: Callable[[Writer], None], *, side: int) -> Decoded:
    """Return what is kept under ``key``; at most one process decodes it, by ``fill``.

    Parameters
    ----------
    key : str
        SHA-256 of everything that the pictures depend on.
    fill : callable
        Adds every picture to the writer that it is given.
    side : int
        Pixels a side.

    Raises
    ------
    InputError
        What ``fill`` raises, or if two pictures have the same id.
    StoreError
        If the disk is full or the folder cannot be written.
    """

    def write(folder: Path) -> None:
        with Writer(folder, side) as writer:
            fill(writer)
        writer.finish()

    return cached(key, read=_read, write=write)


def _read(folder: Path) -> Decoded | None:
    """Return what the folder holds; ``None`` if that is not all that was written."""
    try:
        document = json.loads((folder / _MANIFEST).read_bytes())
        if document["format"] != _FORMAT:
            return None
        splits: dict[SplitName, DecodedSplit] = {
            name: _split(_file(folder, name), document["splits"][name], document["side"])
            for name in SPLITS
            if name in document["splits"]
        }
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return Decoded(splits, document["fingerprint"], tuple(document["broken"]))


def _split(path: Path, facts: dict[str, Any], side: int) -> DecodedSplit:
    shape = (len(facts["ids"]), side, side, 3)
    if path.stat().st_size != np.prod(shape):
        raise ValueError(f"{path} is not of the size that was written")
    pixels = np.memmap(path, np.uint8, mode="r", shape=shape)
    return DecodedSplit(tuple(facts["ids"]), np.array(facts["labels"], np.int64), pixels)


def _file(folder: Path, split: SplitName) -> Path:
    return folder / f"{split}.u8"


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
