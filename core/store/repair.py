"""What is of the wrong kind in a store is set aside, so that the right thing can take its place."""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["ASIDE", "clear_the_way", "need_folder", "set_aside"]

log = logging.getLogger(__name__)

ASIDE = "damaged"


def set_aside(root: Path, path: Path, reason: str) -> Path | None:
    """Move ``path`` into ``<root>/damaged``, log it, and return where it is now.

    ``None`` if somebody else moved it first, and reports it.
    """
    target = root / ASIDE / f"{path.name}-{time.time_ns()}"
    if target.parent.exists() and not target.parent.is_dir():
        target.parent.rename(root / f"{ASIDE}-{time.time_ns()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(target)
    except FileNotFoundError:
        return None
    log.warning("%s %s; set aside in %s.", path, reason, target)
    return target


def need_folder(root: Path, path: Path) -> None:
    """Make the folder ``path``; what lies in its place and is none is set aside."""
    clear_the_way(root, path)
    with suppress(FileExistsError):
        path.mkdir()


def clear_the_way(root: Path, *folders: Path) -> Path | None:
    """Set aside the first of ``folders``, outermost first, that is there and is no folder."""
    for folder in folders:
        if os.path.lexists(folder) and not folder.is_dir():
            return set_aside(root, folder, "is no folder")
    return None
