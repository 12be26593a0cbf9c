"""Which files of a folder cannot be read: found by header and ending, remembered by the store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from core import images
from core.contracts import Artefact, content_key
from core.data.folder_listing import Listing
from core.errors import ImageError
from core.settings import settings
from core.workspace import open_store

__all__ = ["broken_files"]

_THREADS = 8
_CHUNK = 256
_TAIL = 64
_ENDINGS = {".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9", ".png": b"IEND"}


def broken_files(listing: Listing) -> dict[str, str]:
    """Return one sentence for each picture or mask that is missing, damaged or over the caps.

    Files are checked by their header, and by the last bytes of a JPEG or PNG, which a file that
    was cut off lacks; where those do not tell, the file is decoded. Damage in the midst of a file
    is not found. An unchanged folder is checked once.
    """
    caps = [settings().max_upload_mb, settings().max_megapixels]
    key = content_key({"kind": "checked_files", "files": listing.digest, "caps": caps})
    artefact, _ = open_store().get_or_compute(
        key, lambda: Artefact({"broken": _check(listing)}), kind="checked_files"
    )
    found: dict[str, str] = artefact.document["broken"]
    return found


def _check(listing: Listing) -> dict[str, str]:
    names = [*listing.names, *(name for name in listing.masks if name)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pellucid-check") as pool:
        told = pool.map(lambda chunk: _problems(listing.root, chunk), _chunks(names))
        return {name: problem for part in told for name, problem in part.items()}


def _chunks(names: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _problems(root: Path, names: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in names:
        path = root / name
        try:
            images.check_file(path)
            if not _ends_well(path):
                images.open_picture(path)
        except ImageError as error:
            # Visitors may read this: the name inside the folder, not where the folder lies.
            found[name] = f"{name}: {str(error).replace(f'{root}/', '')}"
    return found


def _ends_well(path: Path) -> bool:
    ending = _ENDINGS.get(path.suffix.lower())
    if ending is None:
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL), os.SEEK_SET)
        return ending in file.read()
