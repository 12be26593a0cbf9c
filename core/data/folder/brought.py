"""Labelled pictures that somebody brings along with a model: an archive, as a folder of this home.

The archive is a stranger's: pictures and one table are taken out of it, under names that stay
inside, and no more than the caps allow; links, other files and paths that lead out are not.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.contracts import DatasetRef, count_text
from core.data.folder.listing import CLASSES
from core.errors import InputError, StoreError
from core.home import home, home_path
from core.modalities.picture import images
from core.settings import settings
from core.tabular.folder_table import TABLES

__all__ = ["MOST_BYTES", "MOST_FILES", "brought_pictures", "keep_pictures", "unpacked"]

MOST_FILES = 20_000
MOST_BYTES = 2**30
_CHUNK = 2**20
_DEEPEST = 6
_BESIDE = frozenset({*TABLES, CLASSES})
"""What is read beside pictures."""
_ENDINGS = frozenset({"", *images.SUFFIXES})
_UNSAFE = re.compile(r"[^\w.\- ]+")


def brought_pictures() -> tuple[str, ...]:
    """Return the references of the folders of pictures that were brought, by name."""
    root = _root()
    if not root.is_dir():
        return ()
    found = (folder for folder in root.iterdir() if folder.is_dir() and folder.name[0] != ".")
    return tuple(_reference(folder) for folder in sorted(found))


def keep_pictures(name: str, data: bytes) -> str:
    """Unpack an archive of labelled pictures into this home.

    Parameters
    ----------
    name : str
        The archive's; a stranger's text.
    data : bytes
        A zip with a folder a class, or with ``metadata.csv``.

    Returns
    -------
    str
        The dataset's reference; the same archive twice is one dataset.

    Raises
    ------
    InputError
        If it is no zip, is damaged, or holds more than the caps, or no pictures.
    StoreError
        If the disk is full.
    """
    stem = _UNSAFE.sub("_", PurePosixPath(name.replace("\\", "/")).stem).strip(" .")[:60]
    folder = _root() / f"{stem or 'pictures'}-{hashlib.sha256(data).hexdigest()[:8]}"
    if folder.is_dir():
        return _reference(folder)
    try:
        home()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=folder.parent) as draft:
            archive, place = Path(draft) / "archive.zip", Path(draft) / "pictures"
            archive.write_bytes(data)
            _unpack(archive, place, name)
            if not folder.is_dir():
                place.replace(folder)
    except OSError as error:
        raise StoreError(f"Cannot keep the pictures: {error.strerror or error}.") from error
    return _reference(folder)


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Unpack an archive of labelled pictures for as long as it is looked at.

    Raises
    ------
    InputError
        As :func:`keep_pictures`.
    """
    with tempfile.TemporaryDirectory(prefix="pellucid-pictures-") as folder:
        place = Path(folder) / (_UNSAFE.sub("_", archive.stem) or "pictures")
        _unpack(archive, place, archive.name)
        yield place


def _root() -> Path:
    return home_path() / "brought"


def _reference(folder: Path) -> str:
    return DatasetRef("folder", str(folder)).text


def _unpack(archive: Path, to: Path, name: str) -> None:
    most = int(settings().max_upload_mb * 1e6)
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(archive) as opened:
            chosen = _chosen(opened, name)
            for member, path in chosen:
                place = to / path
                place.parent.mkdir(parents=True, exist_ok=True)
                left -= _extract(opened, member, place, min(most, left), name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, RuntimeError,
            ValueError) as error:  # fmt: skip
        shutil.rmtree(to, ignore_errors=True)
        raise InputError(
            f"{name} is no zip that can be read ({error}). Labelled pictures are brought as a zip: "
            "a folder a class, or a metadata.csv with file_name and label."
        ) from error


def _chosen(archive: zipfile.ZipFile, name: str) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Return the pictures and the table of an archive, and where each is put."""
    found: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        path = _path(member, name)
        if path is None:
            continue
        if path in found:
            raise InputError(f"{name} holds two files of the name {str(path)!r}.")
        found[path] = member
        if len(found) > MOST_FILES:
            raise InputError(f"{name} holds more than {count_text(MOST_FILES, 'picture')}.")
    if all(path.name in _BESIDE for path in found):
        raise InputError(
            f"{name} holds no pictures ({', '.join(sorted(images.SUFFIXES))}). A folder a class is "
            "expected, or a metadata.csv with file_name and label."
        )
    # People zip a folder: what all of it lies in is no class.
    while len({path.parts[0] for path in found}) == 1 and _below(found):
        found = {PurePosixPath(*path.parts[1:]): member for path, member in found.items()}
    return [(member, path) for path, member in found.items()]


def _below(found: dict[PurePosixPath, zipfile.ZipInfo]) -> bool:
    """Whether everything lies in a folder that holds more than pictures."""
    deep = {len(path.parts) for path in found}
    return min(deep) > 2 or any(path.name in _BESIDE and len(path.parts) == 2 for path in found)


def _path(member: zipfile.ZipInfo, name: str) -> PurePosixPath | None:
    """Return where a member is put, ``None`` for what is left out."""
    text = unicodedata.normalize("NFC", member.filename)
    parts = PurePosixPath(text).parts
    if member.is_dir() or not parts:
        return None
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)
    kept = parts[-1] in _BESIDE or PurePosixPath(parts[-1]).suffix.lower() in _ENDINGS
    if stat.S_ISLNK(member.external_attr >> 16) or hidden or not kept:
        return None
    odd = text.startswith("/") or "\\" in text or "\0" in text or ":" in parts[0]
    if odd or ".." in parts or len(parts) > _DEEPEST:
        raise InputError(
            f"{name} holds a path that leads out of it or is too deep: {text[:80]!r}. Nothing of "
            "it is unpacked."
        )
    return PurePosixPath(*parts)


def _extract(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, most: int, name: str
) -> int:
    """Write a member to a file and return its bytes, at most so many."""
    written = 0
    with archive.open(member) as source, to.open("xb") as target:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise InputError(
                    f"{name} unpacks to more than is taken: {settings().max_upload_mb:g} MB a "
                    f"picture, {MOST_BYTES / 2**30:g} GB in all."
                )
            target.write(chunk)
    return written
