"""What is made of a dataset once and kept on the disk, beside the store.

::

    <home>/datasets/<key>/      appears whole or not at all

The store reads and verifies its entries whole, which is too slow for gigabytes of pictures that a
training reads bit by bit. Deleting a folder is safe at any time; it is made again.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.errors import StoreError
from core.home import home
from core.store.entry import fsync_folder
from core.store.size import file_lock

__all__ = ["cached", "dataset_cache_root"]

T = TypeVar("T")


def dataset_cache_root() -> Path:
    """Return the folder that holds what is kept of datasets."""
    return home() / "datasets"


def cached(key: str, *, read: Callable[[Path], T | None], write: Callable[[Path], None]) -> T:
    """Return what is kept under ``key``; at most one process makes it.

    Parameters
    ----------
    key : str
        SHA-256 of everything that the content depends on.
    read : callable
        Returns what a folder holds, ``None`` if that is not all that was written.
    write : callable
        Fills an empty folder.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    root = dataset_cache_root()
    folder = root / key
    if (found := read(folder)) is not None:
        return found
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(root / f"{key}.lock"):
            if (found := read(folder)) is None:
                _make(folder, write)
                found = read(folder)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise StoreError(
            f"Cannot keep the pictures of a dataset in {root}: "
            f"{'the disk is full' if full else error.strerror or error}. Free some space, or set "
            "PELLUCID_HOME to a folder elsewhere."
        ) from error
    if found is None:
        raise StoreError(f"{folder} was changed while it was read: try again.")
    return found


def _make(folder: Path, write: Callable[[Path], None]) -> None:
    # Whoever holds the lock may clear away what a killed writer, or a damaged disk, left.
    draft = folder.with_suffix(".part")
    for leftover in (draft, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    draft.mkdir()
    try:
        write(draft)
        fsync_folder(draft)
        draft.rename(folder)
        fsync_folder(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
