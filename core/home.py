"""``PELLUCID_HOME``: the one folder that this product writes into, for its owner alone."""

from __future__ import annotations

import logging
import os
import stat
from functools import lru_cache
from pathlib import Path

from core.errors import InputError
from core.files import no_file
from core.numerals import excerpt
from core.settings import settings

__all__ = ["home", "home_path", "make_private"]

log = logging.getLogger(__name__)

PRIVATE = 0o700


def home_path() -> Path:
    """Return where the home folder is, be it there or not."""
    return settings().root


def home() -> Path:
    """Return the home folder, made if it was missing and closed to others.

    Raises
    ------
    InputError
        If there is none, and none can be made, or it may not be written to.
    """
    root = home_path()
    try:
        make_private(root)
    except OSError as error:
        raise _no_home(root, _in_the_way(root) or f"cannot be made ({error.strerror})") from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise _no_home(root, "may not be written to")
    return root


def _no_home(root: Path, what: str) -> InputError:
    return InputError(
        f"PELLUCID_HOME={excerpt(root)} {what}. Expected a folder that may be written to, such as "
        "~/.cache/pellucid: name another one, or leave the variable out."
    )


def _in_the_way(root: Path) -> str:
    """Return what stands where a folder was expected, ``""`` if nothing does."""
    for place in (root, *root.parents):
        if os.path.isdir(place):  # noqa: PTH112 (pathlib's raises on names that are too long)
            return ""
        if os.path.lexists(place):
            what = no_file(place) or "is a file"
            return what if place == root else f"lies below {place}, which {what}"
    return ""


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
