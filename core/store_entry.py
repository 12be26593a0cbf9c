"""One entry of the store on disk: a folder with a document, arrays and a manifest.

::

    document.json   the artefact's JSON document
    arrays.npz      its arrays, if it has any (stored, not compressed; never a pickle)
    manifest.json   format, key, kind, size and SHA-256 of the files above; written last
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from core.contracts import Artefact

__all__ = ["Damaged", "fsync_folder", "read_entry", "read_manifest", "write_entry"]

FORMAT = 1
DOCUMENT, ARRAYS, MANIFEST = "document.json", "arrays.npz", "manifest.json"


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
    files = {DOCUMENT: _write_json(folder / DOCUMENT, artefact.document)}
    if artefact.arrays:
        files[ARRAYS] = _write_arrays(folder / ARRAYS, artefact.arrays)
    manifest = {
        "format": FORMAT,
        "key": key,
        "kind": kind,
        "created": time.time(),
        "files": files,
    }
    written = _write_json(folder / MANIFEST, manifest)
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
    # Everything is opened relative to this descriptor: an entry that another process evicts and
    # writes anew meanwhile can then never be read half old and half new.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            artefact = _read_verified(descriptor, key)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            if not _still_there(folder, descriptor):
                raise FileNotFoundError(folder) from error
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise
            raise Damaged(str(error)) from error
        with suppress(OSError):  # a store on a read-only disk is still readable
            os.utime(descriptor)
        return artefact
    finally:
        os.close(descriptor)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest as it stands, unverified; empty if it cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _write_json(path: Path, document: dict[str, Any]) -> dict[str, int | str]:
    payload = json.dumps(document, separators=(",", ":")).encode()
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


def _read_verified(folder: int, key: str) -> Artefact:
    with _open(folder, MANIFEST) as handle:
        manifest = json.load(handle)
    if manifest["format"] != FORMAT or manifest["key"] != key:
        raise ValueError(f"{MANIFEST} belongs to format {manifest['format']}, {manifest['key']}")
    files = manifest["files"]
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
