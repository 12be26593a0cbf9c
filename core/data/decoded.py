"""Small pictures decoded once and kept on the disk, mapped into memory by whoever needs them.

::

    <home>/datasets/<key>/          appears whole or not at all
        <split>.u8                  pixels (n, side, side, 3), uint8, nothing else
        manifest.json               ids, labels, fingerprint, what could not be read

They are not in the store, whose entries are read and verified whole: opening 184 MB must cost
nothing. Deleting the folder is safe at any time; it is made again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.contracts import SPLITS, SplitName
from core.data.base import Labels, Pixels
from core.errors import StoreError
from core.settings import settings
from core.store_entry import fsync_folder
from core.store_space import file_lock

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
class Writer:
    """Takes pictures one by one; what it holds in memory is their ids and labels."""

    folder: Path
    side: int
    ids: dict[SplitName, list[str]] = field(default_factory=dict)
    labels: dict[SplitName, list[int]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    _files: dict[SplitName, IO[bytes]] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)
    _digests: dict[SplitName, Any] = field(default_factory=dict)

    def add(self, split: SplitName, id: str, label: int, pixels: Pixels) -> None:
        """Append a picture, uint8 ``(side, side, 3)``."""
        if split not in self._files:
            self._files[split] = self._open.enter_context(_file(self.folder, split).open("xb"))
            self._digests[split] = hashlib.sha256()
            self.ids[split], self.labels[split] = [], []
        content = np.ascontiguousarray(pixels).tobytes()
        self._files[split].write(content)
        self._digests[split].update(content)
        self.ids[split].append(id)
        self.labels[split].append(int(label))

    def finish(self) -> None:
        """Write what is buffered, and the manifest last."""
        with self._open:
            for file in self._files.values():
                _sync(file)
        splits = {
            name: {
                "ids": self.ids[name],
                "labels": self.labels[name],
                "sha256": self._digests[name].hexdigest(),
            }
            for name in SPLITS
            if name in self.ids
        }
        digest = hashlib.sha256(json.dumps(splits).encode()).hexdigest()
        document = {
            "format": _FORMAT,
            "side": self.side,
            "fingerprint": digest,
            "broken": self.broken,
            "splits": splits,
        }
        with (self.folder / _MANIFEST).open("xb") as file:
            file.write(json.dumps(document).encode())
            _sync(file)
        fsync_folder(self.folder)

    def close(self) -> None:
        """Let go of the files, whatever happened."""
        self._open.close()


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
    StoreError
        If the disk is full or the folder cannot be written.
    """
    root = settings().root / "datasets"
    folder = root / key
    if (found := _read(folder)) is not None:
        return found
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(root / f"{key}.lock"):
            if (found := _read(folder)) is not None:
                return found
            _write(folder, fill, side)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StoreError(
            f"Cannot keep decoded pictures in {root}: "
            f"{'the disk is full' if full else error.strerror or error}. Free some space, or set "
            "PELLUCID_HOME to a folder elsewhere."
        ) from error
    made = _read(folder)
    if made is None:
        raise StoreError(f"{folder} was deleted while it was read: try again.")
    return made


def _write(folder: Path, fill: Callable[[Writer], None], side: int) -> None:
    # Whoever holds the lock may clear away what a killed writer, or a damaged disk, left.
    draft = folder.with_suffix(".part")
    for leftover in (draft, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    draft.mkdir()
    writer = Writer(draft, side)
    try:
        fill(writer)
        writer.finish()
        draft.rename(folder)
        fsync_folder(folder.parent)
    finally:
        writer.close()
        shutil.rmtree(draft, ignore_errors=True)


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
