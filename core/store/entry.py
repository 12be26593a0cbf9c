"""One entry of the store on disk: a folder with a document, arrays and a manifest.

::

    document.json   the artefact's JSON document
    arrays.npz      its arrays, if it has any (stored, not compressed; never a pickle)
    manifest.json   format, key, kind, size and SHA-256 of the files above, and of itself;
                    written last
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.contracts import Artefact

__all__ = ["Damaged", "fsync_folder", "read_entry", "read_manifest", "write_entry"]

FORMAT = 2
_UNSIGNED = 1
"""In it the manifest had no checksum of itself."""
DOCUMENT, ARRAYS, MANIFEST = "document.json", "arrays.npz", "manifest.json"


_WRONG_FILES = (FileNotFoundError, IsADirectoryError)
_WRONG = (
    *(OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError),
    zipfile.BadZipFile,
)


class Damaged(Exception):
    """The folder is not the one that was written; the text says how it differs."""


def fsync_folder(folder: Path) -> None:
    """Make the names inside ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_entry(folder: Path, key: str, artefact: Artefact, *, kind: str) -> int:
    """Write ``artefact`` into the empty ``folder``, manifest last, and return its bytes."""
    files = {DOCUMENT: _write_bytes(folder / DOCUMENT, _json(artefact.document))}
    if artefact.arrays:
        files[ARRAYS] = _write_arrays(folder / ARRAYS, artefact.arrays)
    manifest = {
        "format": FORMAT,
        "key": key,
        "kind": kind,
        "created": time.time(),
        "files": files,
    }
    written = _write_bytes(folder / MANIFEST, _signed(manifest))
    fsync_folder(folder)
    return int(written["bytes"]) + sum(int(facts["bytes"]) for facts in files.values())


def read_entry(folder: Path, key: str) -> Artefact:
    """Read and verify an entry and mark it as used just now.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    Damaged
        If a file is missing, torn or altered.
    """
    with _opened(folder) as descriptor:
        artefact = _read_verified(descriptor, key)
        with suppress(OSError):  # a store on a read-only disk is still readable
            os.utime(descriptor)
        return artefact


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and verify an entry's manifest, and nothing else of it.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    Damaged
        If the manifest is missing, torn or altered.
    """
    with _opened(folder) as descriptor:
        return _read_manifest(descriptor, folder.name)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open an entry; what goes wrong in reading it is ``Damaged`` if it is there and readable."""
    # Everything is opened relative to this descriptor: an entry that another process evicts and
    # writes anew meanwhile can then never be read half old and half new.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    except _WRONG as error:
        if not _still_there(folder, descriptor):
            raise FileNotFoundError(folder) from error
        if isinstance(error, OSError) and not isinstance(error, _WRONG_FILES):
            raise
        raise Damaged(str(error)) from error
    finally:
        os.close(descriptor)


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _signed(manifest: dict[str, Any]) -> bytes:
    """Return the manifest's bytes, the SHA-256 of all its other fields first."""
    return _json({"sha256": hashlib.sha256(_json(manifest)).hexdigest(), **manifest})


def _write_bytes(path: Path, payload: bytes) -> dict[str, int | str]:
    with path.open("xb") as handle:
        handle.write(payload)
        _sync(handle)
    return {"bytes": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}


def _write_arrays(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, int | str]:
    # Not np.savez: it cannot hold an array named "file", and its default is to pickle objects.
    with path.open("x+b") as handle:
        with zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
        _sync(handle)
        size = handle.tell()
        handle.seek(0)
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"bytes": size, "sha256": digest}


def _sync(handle: IO[bytes]) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def _read_manifest(folder: int, key: str) -> dict[str, Any]:
    with _open(folder, MANIFEST) as handle:
        raw = handle.read()
    manifest: dict[str, Any] = json.loads(raw)
    form = manifest["format"]
    if form not in (_UNSIGNED, FORMAT) or manifest["key"] != key:
        raise ValueError(f"{MANIFEST} belongs to format {form}, {manifest['key']}")
    if form == FORMAT or "sha256" in manifest:
        manifest.pop("sha256", None)
        if _signed(manifest) != raw:
            raise ValueError(f"{MANIFEST} does not fit its own checksum")
    if not math.isfinite(manifest["created"]):
        raise ValueError(f"{MANIFEST} says that it was made at {manifest['created']}")
    return manifest


def _read_verified(folder: int, key: str) -> Artefact:
    files = _read_manifest(folder, key)["files"]
    with _open(folder, DOCUMENT) as handle:
        _verify(handle, DOCUMENT, files[DOCUMENT])
        document = json.load(handle)
    if ARRAYS not in files:
        return Artefact(document)
    with _open(folder, ARRAYS) as handle:
        _verify(handle, ARRAYS, files[ARRAYS])
        with np.load(handle, allow_pickle=False) as archive:
            return Artefact(document, {name: archive[name] for name in archive.files})


def _open(folder: int, name: str) -> IO[bytes]:
    return open(name, "rb", opener=partial(os.open, dir_fd=folder))


def _verify(handle: IO[bytes], name: str, expected: dict[str, Any]) -> None:
    digest = hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]
    if (handle.tell(), digest) != (expected["bytes"], expected["sha256"]):
        raise ValueError(
            f"{name} has {handle.tell()} bytes, sha256 {digest[:12]}…; "
            f"expected {expected['bytes']} bytes, {expected['sha256'][:12]}…"
        )
    handle.seek(0)


def _still_there(folder: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
