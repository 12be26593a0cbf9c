"""Which files of a folder cannot be read: found by header and ending, remembered by the store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from core.contracts import Artefact, content_key
from core.data.folder.listing import Listing
from core.errors import ImageError
from core.modalities.picture import images
from core.settings import settings
from core.workspace import open_store

__all__ = ["Checked", "checked_files"]

_THREADS = 8
_CHUNK = 256
_TAIL = 64
_ENDINGS = {".png": b"IEND"} | dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), b"\xff\xd9")
"""Files that end otherwise are decoded."""


_VERSION = 2


@dataclass(frozen=True)
class Checked:
    """What the check found.

    Parameters
    ----------
    broken : dict
        One sentence for each picture or mask that is missing, damaged or over the caps.
    deep : bool
        Whether any has samples of 16 bits.
    """

    broken: dict[str, str]
    deep: bool


def checked_files(listing: Listing) -> Checked:
    """Check every picture and mask.

    Files are checked by their header, and by the last bytes of a JPEG or PNG, which a file that
    was cut off lacks; where those do not tell, the file is decoded. Damage in the midst of a file
    is not found. An unchanged folder is checked once.
    """
    caps = [settings().max_upload_mb, settings().max_megapixels]
    key = content_key(
        {"kind": "checked_files", "version": _VERSION, "files": listing.digest, "caps": caps}
    )
    artefact, _ = open_store().get_or_compute(
        key, lambda: Artefact(asdict(_check(listing))), kind="checked_files"
    )
    return Checked(**artefact.document)


def _check(listing: Listing) -> Checked:
    names = [*listing.names, *(name for name in listing.masks if name)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pellucid-check") as pool:
        parts = list(pool.map(lambda chunk: _problems(listing.root, chunk), _chunks(names)))
    broken = {name: problem for part in parts for name, problem in part.broken.items()}
    return Checked(broken, any(part.deep for part in parts))


def _chunks(names: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _problems(root: Path, names: Sequence[str]) -> Checked:
    found, deep = {}, False
    for name in names:
        path = root / name
        try:
            deep |= images.check_file(path)
            if not _ends_well(path):
                images.open_picture(path)
        except ImageError as error:
            # Visitors may read this: the name inside the folder, not where the folder lies.
            found[name] = f"{name}: {str(error).replace(f'{root}/', '')}"
    return Checked(found, deep)


def _ends_well(path: Path) -> bool:
    ending = _ENDINGS.get(path.suffix.lower())
    if ending is None:
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL), os.SEEK_SET)
        return ending in file.read()
