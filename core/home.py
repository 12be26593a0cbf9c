"""``PELLUCID_HOME``: the one folder that this product writes into, for its owner alone."""

from __future__ import annotations

import logging
import stat
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from core.settings import settings

__all__ = ["home", "make_private"]

log = logging.getLogger(__name__)

PRIVATE = 0o700


def home() -> Path:
    """Return the home folder, made if it was missing and closed to others.

    Whoever writes into it and may not is told by that write, which knows what it was about.
    """
    root = settings().root
    with suppress(OSError):
        make_private(root)
    return root


def make_private(folder: Path) -> None:
    """Make ``folder`` if it is missing, and take from others what they may do in it.

    A folder that many share by design (``/tmp``, by its sticky bit) and one that belongs to
    somebody else stay as they are, which is told.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    mode = folder.stat().st_mode
    if not stat.S_IMODE(mode) & 0o077:
        return
    if mode & stat.S_ISVTX:
        _tell(folder, "is shared by design and stays open to others; set PELLUCID_HOME to a folder "
                      "of your own")  # fmt: skip
        return
    try:
        folder.chmod(PRIVATE)
    except PermissionError:
        _tell(folder, "is open to others and belongs to somebody else; set PELLUCID_HOME to a "
                      "folder of your own")  # fmt: skip
    else:
        log.info("%s was open to others; it is for its owner alone now.", folder)


@lru_cache(maxsize=16)
def _tell(folder: Path, what: str) -> None:
    """Say it once in this process."""
    log.warning("%s %s.", folder, what)
