"""What people have in hand besides a path: an open file, a picture that Pillow holds."""

from __future__ import annotations

from pathlib import Path

from core.contracts import Readable
from core.errors import ImageError
from core.modalities.picture.images._caps import byte_cap, too_many_bytes

__all__ = ["name_of", "read_file"]

_AS_BYTES = "Open it with open(path, 'rb'), or give the path."


def name_of(held: object, attribute: str, default: str) -> str:
    """Return the last part of the path that an object says it came from."""
    path = getattr(held, attribute, "")
    return (Path(path).name if isinstance(path, str | Path) else "") or default


def read_file(file: Readable, name: str) -> bytes:
    """Read an open file to its end.

    Raises
    ------
    ImageError
        If it gives text, cannot be read, is at its end already, or holds more than the cap: then
        no more of it is read.
    """
    held = bytearray()
    while len(held) <= byte_cap():
        part = _part(file, byte_cap() + 1 - len(held), name)
        if not part:
            break
        held += part
    if not held:
        raise ImageError(
            f"{name} has nothing left to read: it is empty, or was read to its end before. Go back "
            "with file.seek(0)."
        )
    if len(held) > byte_cap():
        raise ImageError(too_many_bytes(name, len(held)))
    return bytes(held)


def _part(file: Readable, size: int, name: str) -> bytes:
    try:
        part: object = file.read(size)
    except (OSError, ValueError) as error:  # ValueError: the file is closed
        raise ImageError(f"{name} cannot be read ({error}). {_AS_BYTES}") from error
    if isinstance(part, str):
        raise ImageError(f"{name} is open as text, and a picture is bytes. {_AS_BYTES}")
    if not isinstance(part, bytes | bytearray | memoryview):
        raise ImageError(f"{name} gives {type(part).__name__} in place of bytes. {_AS_BYTES}")
    return bytes(part)
