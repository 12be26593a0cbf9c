"""Reading a stranger's tar: regular files alone, one after the other, nothing put on the disk.

Caps hold on what comes out of the decompression, so that a small file which unpacks to terabytes
costs no more than an honest one.
"""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from core.errors import InputError

__all__ = ["MAX_MEMBERS", "SUFFIXES", "is_archive", "members"]

MAX_MEMBERS = 200_000
MAX_MEMBER_BYTES = 64 * 2**20
MAX_BYTES = 2 * 2**30

_OPENERS: dict[str, Callable[..., Any]] = {
    ".tar": partial(open, mode="rb"),
    ".tar.gz": gzip.open,
    ".tgz": gzip.open,
    ".tar.xz": lzma.open,
}
SUFFIXES = tuple(_OPENERS)


def is_archive(path: Path) -> bool:
    """Whether the name is one of an archive that :func:`members` reads."""
    return path.name.lower().endswith(SUFFIXES)


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the path inside the archive and the bytes of each regular file, in its order.

    Raises
    ------
    InputError
        If the archive is damaged, holds links or devices, names a path that leads out of it, or is
        larger than the caps: ``MAX_MEMBERS`` entries, 64 MiB each, 2 GiB in all.
    """
    opener = next(_OPENERS[suffix] for suffix in SUFFIXES if path.name.lower().endswith(suffix))
    try:
        with (
            opener(path) as file,
            tarfile.open(fileobj=_Capped(file, path.name), mode="r:") as tar,  # type: ignore[call-overload]
        ):
            for n, member in enumerate(tar):
                if n >= MAX_MEMBERS:
                    raise InputError(f"{path.name} holds more than {MAX_MEMBERS} entries.")
                if not member.isdir():
                    yield _checked(member, path.name), _content(tar, member)
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        raise InputError(
            f"{path.name} is no tar archive, or it is damaged ({error}). Expected "
            f"{', '.join(SUFFIXES)}: fetch or pack it again."
        ) from error


def _checked(member: tarfile.TarInfo, archive: str) -> str:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\0" in member.name:
        raise InputError(f"{archive} names {member.name!r}, which leads out of the archive.")
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise InputError(
            f"{archive} holds {member.name!r}, which is a link, a device or a sparse file. "
            "Expected folders and regular files alone."
        )
    if member.size > MAX_MEMBER_BYTES:
        raise InputError(
            f"{archive} holds {member.name!r} with {member.size / 2**20:.0f} MiB; at most "
            f"{MAX_MEMBER_BYTES // 2**20} MiB are read."
        )
    return name.as_posix()


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    if file is None:
        raise tarfile.ReadError(f"{member.name} cannot be read")
    return file.read()


class _Capped:
    """A file to read forwards from, that refuses to give more than the caps."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name

    def read(self, size: int = -1) -> bytes:
        # A header may claim any length for a name or a comment: tarfile reads it in one piece.
        if not 0 <= size <= MAX_MEMBER_BYTES:
            raise InputError(f"{self._name} holds a header of {size} bytes: it is damaged.")
        self._within(self._file.tell() + size)
        return self._file.read(size)

    def seek(self, offset: int) -> int:
        self._within(offset)
        return self._file.seek(offset)

    def tell(self) -> int:
        return self._file.tell()

    def _within(self, position: int) -> None:
        if position > MAX_BYTES + MAX_MEMBER_BYTES:
            raise InputError(f"{self._name} unpacks to more than {MAX_BYTES // 2**30} GiB.")
