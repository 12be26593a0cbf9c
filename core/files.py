"""Paths as people write them, and what stands at one where a file was expected, in words."""

from __future__ import annotations

import os
import stat
from pathlib import Path

__all__ = ["no_file", "resolved", "spelled_out"]

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe, not a file: save what comes out of it first"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)


def spelled_out(path: str | Path) -> Path:
    """Return a path with ``~`` spelled out; that of a user who is not there stays as it is.

    >>> spelled_out("~nobody-is-called-so/pictures").as_posix()
    '~nobody-is-called-so/pictures'
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 (pathlib's raises where there is no user)


def resolved(path: str | Path) -> Path:
    """Return a path spelled out, absolute and without links; one that leads round stays one."""
    return Path(os.path.realpath(spelled_out(path)))


def no_file(path: Path) -> str:
    """Return why a path is no file; ``""`` if it is one.

    >>> no_file(Path("/"))
    'is a folder'
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return _absent(path)
    except ValueError:
        return "does not exist"  # a NUL in its name
    if stat.S_ISREG(mode):
        return ""
    return next((words for tells, words in _KINDS if tells(mode)), "is no file")


def _absent(path: Path) -> str:
    if path.is_symlink():
        return f"is a link to {str(path.readlink())!r}, which does not exist"
    return "does not exist"
