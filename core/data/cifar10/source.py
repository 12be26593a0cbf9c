"""Where CIFAR-10 comes from: Keras' download, a folder, a tar of it, or the binary version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from core.contracts import Artefact, SplitName, content_key
from core.data import archive
from core.data.decoded import Writer
from core.data.folder.listing import list_folder
from core.data.picture import Pixels
from core.errors import ImageError, InputError
from core.files import resolved
from core.modalities.picture import images
from core.workspace import open_store

__all__ = ["CLASSES", "SIDE", "fill", "source_digest", "stamp"]

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
SIDE = 32

_SPLITS: dict[str, SplitName] = {"train": "train", "test": "test"}
_RECORD = 1 + 3 * SIDE * SIDE
_BATCHES: dict[str, SplitName] = {
    **{f"data_batch_{i}.bin": "train" for i in range(1, 6)},
    "test_batch.bin": "test",
}
_PICKLES = (*(name.removesuffix(".bin") for name in _BATCHES), "batches.meta")
_LAYOUT = (
    "Expected train/<class>/*.jpg and test/<class>/*.jpg (any picture format), or the binary "
    "version (data_batch_1.bin to data_batch_5.bin, test_batch.bin), as a folder or as a tar."
)
_BY_HAND = (
    "Fetch https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz on a machine with a network and "
    "name it: cifar10:/path/cifar-10-binary.tar.gz."
)


class _File(NamedTuple):
    name: str
    content: bytes


def stamp(source: str) -> str:
    """Return what changes when the source on disk does."""
    if not source:
        return ""
    path = _existing(source)
    if not path.is_dir():
        facts = path.stat()
        return f"{facts.st_size}-{facts.st_mtime_ns}"
    if batches := _batches(path):
        return "-".join(f"{p.stat().st_size}-{p.stat().st_mtime_ns}" for p in batches)
    return list_folder(path).digest


def source_digest(source: str) -> str:
    """Return the SHA-256 of what the source holds: of its bytes, or of a folder's listing.

    A file is read once; afterwards its size and time of change vouch for it.
    """
    if not source:
        return "keras.datasets.cifar10"
    path = _existing(source)
    if path.is_dir() and not _batches(path):
        return list_folder(path).digest
    known = content_key({"kind": "file_sha256", "path": str(path), "stamp": stamp(source)})
    artefact, _ = open_store().get_or_compute(
        known, lambda: Artefact({"sha256": _hash(path)}), kind="file_sha256"
    )
    digest: str = artefact.document["sha256"]
    return digest


def fill(source: str, writer: Writer) -> None:
    """Decode every picture of the source.

    Raises
    ------
    InputError
        If it is no CIFAR-10 in a form that is read, or cannot be downloaded.
    """
    if not source:
        _fill_downloaded(writer)
    else:
        for file in _files(_existing(source)):
            _take(file, writer)
    counts = writer.counts
    if not {"train", "test"} <= counts.keys():
        has = ", ".join(f"{n} {name}" for name, n in counts.items()) or "no"
        raise InputError(f"{source} holds {has} pictures. {_LAYOUT}")


def _existing(source: str) -> Path:
    path = resolved(source)
    if path.is_dir() and not _batches(path):
        for name in _PICKLES:
            if (path / name).is_file():
                raise _pickled(name)
    if path.is_dir() or (path.is_file() and archive.is_archive(path)):
        return path
    problem = "is no folder and no archive" if path.exists() else "does not exist"
    raise InputError(
        f"cifar10:{source} {problem}. Expected a folder or {', '.join(archive.SUFFIXES)}. {_LAYOUT}"
    )


def _batches(folder: Path) -> list[Path]:
    return sorted(folder / name for name in _BATCHES if (folder / name).is_file())


def _pickled(name: str) -> InputError:
    return InputError(
        f"{name} is a pickle (CIFAR-10's Python version): opening one can run any program, so it "
        f"is refused. {_LAYOUT}"
    )


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    for file in _batches(path) if path.is_dir() else [path]:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[_File]:
    if not path.is_dir():
        yield from (_File(*member) for member in archive.members(path))
        return
    names = [p.name for p in _batches(path)] or list_folder(path).names
    for name in names:
        try:
            yield _File(name, (path / name).read_bytes())
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}.") from error


def _take(file: _File, writer: Writer) -> None:
    path = PurePosixPath(file.name)
    if path.name in _BATCHES:
        _add_batch(file, _BATCHES[path.name], writer)
    elif path.name in _PICKLES:
        raise _pickled(file.name)
    elif path.suffix.lower() in images.SUFFIXES and not path.name.startswith("."):
        _add_picture(file, path, writer)


def _add_picture(file: _File, path: PurePosixPath, writer: Writer) -> None:
    if len(path.parts) < 3 or path.parts[-3] not in _SPLITS:
        raise InputError(f"{file.name} lies in no class of train or test. {_LAYOUT}")
    split, label = _SPLITS[path.parts[-3]], path.parts[-2]
    if label not in CLASSES:
        raise InputError(
            f"{file.name}: {label!r} is no class of CIFAR-10. Expected {', '.join(CLASSES)}; "
            "other pictures are read by folder:PATH."
        )
    id = "/".join(path.parts[-3:])
    try:
        picture = images.open_picture(file.content, name=id)
    except ImageError as error:
        writer.broken.append(str(error))
        return
    if (picture.width, picture.height) != (SIDE, SIDE):
        writer.broken.append(
            f"{id} has {picture.width}×{picture.height} pixels, CIFAR-10's have {SIDE}×{SIDE}."
        )
        return
    writer.add(split, id, CLASSES.index(label), picture.pixels)


def _add_batch(file: _File, split: SplitName, writer: Writer) -> None:
    if not file.content or len(file.content) % _RECORD:
        raise InputError(
            f"{file.name} has {len(file.content)} bytes; expected a multiple of {_RECORD}, a label "
            "and 3072 pixels each. It is damaged: fetch it again."
        )
    records = np.frombuffer(file.content, np.uint8).reshape(-1, _RECORD)
    if records[:, 0].max() >= len(CLASSES):
        raise InputError(f"{file.name} holds the label {records[:, 0].max()}; expected 0 to 9.")
    pixels = records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    _add_all(split, pixels, records[:, 0], writer)


def _add_all(split: SplitName, pixels: Pixels, labels: Pixels, writer: Writer) -> None:
    before = writer.counts.get(split, 0)
    for i, (picture, label) in enumerate(zip(pixels, labels, strict=True), before):
        writer.add(split, f"{split}/{CLASSES[label]}/{i:05d}", int(label), picture)


def _fill_downloaded(writer: Writer) -> None:
    """Take what Keras fetches: the official pictures, checked against its SHA-256."""
    from core.models.tensorflow import keras

    try:
        loaded = keras.datasets.cifar10.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise InputError(
            f"CIFAR-10 is not here and could not be downloaded ({_first_line(error)}). {_BY_HAND}"
        ) from error
    for split, (pixels, labels) in zip(_SPLITS.values(), loaded, strict=True):
        _add_all(split, pixels, labels.reshape(-1), writer)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
