"""A reference folder: pictures with labels, listed and checked, decoded when they are needed.

Two shapes are read::

    folder/metadata.csv     file_name,label[,more columns], paths inside; or .jsonl, .parquet
    folder/<label>/*.jpg    one folder a label; pictures beside them have no label

Damaged files are listed and left out; a folder without a single good one is an error.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from core.contracts import GalleryRef, Picture, count_text
from core.errors import ImageError, InputError
from core.files import resolved
from core.modalities.picture import images
from core.tabular.cells import attribute_cells, label_cells
from core.tabular.folder_table import (
    FILE_NAME,
    TABLE,
    find_table,
    inside,
    on_disk,
    passed_over,
    read_table,
)
from core.tabular.head import nfc

__all__ = ["MAX_PICTURES", "Gallery", "GalleryPicture", "find_gallery", "read_gallery"]

MAX_PICTURES = 20_000
_read: dict[Path, Gallery] = {}
"""The folders of this process as they were read last; checking headers again takes seconds."""


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One picture of a folder, not decoded yet.

    Parameters
    ----------
    name : str
        Path inside the folder, with ``/``.
    path : Path
    label : str
        ``""`` for none.
    stamp : str
        Name, size and time of change: another stamp is another picture.
    columns : dict
        The other columns of the table.
    """

    name: str
    path: Path
    label: str
    stamp: str
    columns: dict[str, str] = field(default_factory=dict)

    def open(self) -> Picture:
        """Decode the picture; see :func:`core.modalities.picture.images.open_picture`."""
        return images.open_picture(self.path, name=self.name)


@dataclass(frozen=True)
class Gallery:
    """A folder as it was read.

    Parameters
    ----------
    folder : Path
    pictures : tuple of GalleryPicture
        Those whose header can be read, in the order of their names.
    unreadable : tuple of str
        One sentence for each file that was left out.
    fingerprint : str
        SHA-256 of names, sizes, times of change, labels and columns.
    notes : tuple of str
        What else lies in class folders, in sentences.
    """

    folder: Path
    pictures: tuple[GalleryPicture, ...]
    unreadable: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Gallery({str(self.folder)!r}, {count_text(len(self.pictures), 'picture')})"

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def ref(self) -> GalleryRef:
        """What a request carries: the path and the fingerprint."""
        return GalleryRef(str(self.folder), self.fingerprint)

    @cached_property
    def labels(self) -> dict[str, int]:
        """How many pictures each label has, in the order of the labels; ``""`` is left out."""
        counts = Counter(picture.label for picture in self.pictures if picture.label)
        return dict(sorted(counts.items()))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the table's other columns."""
        return tuple(self.pictures[0].columns)

    def labelled(self, label: str | None) -> tuple[GalleryPicture, ...]:
        """Return the pictures with ``label``; all of them for ``None``.

        Raises
        ------
        InputError
            If no picture carries the label.
        """
        if label is None:
            return self.pictures
        found = tuple(picture for picture in self.pictures if picture.label == label)
        if not found:
            known = ", ".join(list(self.labels)[:8]) or "none"
            raise InputError(
                f"No picture in {self.folder.name} is labelled {label!r}. Its labels: {known}."
            )
        return found


def read_gallery(folder: str | Path) -> Gallery:
    """List and check a folder; a folder that has not changed is read once.

    Raises
    ------
    InputError
        If there is no such folder, it holds no picture that can be read or more than
        ``MAX_PICTURES``, or its table lacks ``file_name`` or points outside the folder.
    """
    root = resolved(folder)
    if not root.is_dir():
        raise InputError(
            f"{folder} is no folder; expected one with pictures, class folders or a {TABLE}."
        )
    listed, others = _listed(root)
    if not listed:
        raise InputError(
            f"The folder {folder} holds no pictures ({images.KINDS}), "
            "neither itself nor in class folders."
        )
    if len(listed) > MAX_PICTURES:
        raise InputError(
            f"The folder {folder} holds {count_text(len(listed), 'picture')}; at most "
            f"{MAX_PICTURES} are read. Take a part of it."
        )
    document = [[p.stamp, p.label, p.columns] for p in listed]
    fingerprint = hashlib.sha256(json.dumps(document).encode()).hexdigest()
    notes = tuple(passed_over(others))
    kept = _read.get(root)
    if kept is None or (kept.fingerprint, kept.notes) != (fingerprint, notes):
        kept = _read[root] = replace(_checked(root, fingerprint, listed), notes=notes)
    return kept


def find_gallery(ref: GalleryRef) -> Gallery:
    """Read the folder again that a request was made for.

    Raises
    ------
    InputError
        If it is gone, or has changed since.
    """
    gallery = read_gallery(ref.folder)
    if gallery.fingerprint != ref.fingerprint:
        raise InputError(
            f"The folder {gallery.folder.name} has changed since this was asked: ask again."
        )
    return gallery


def _checked(root: Path, fingerprint: str, listed: tuple[GalleryPicture, ...]) -> Gallery:
    good: list[GalleryPicture] = []
    problems: list[str] = []
    for picture in listed:
        try:
            images.check_file(picture.path)
        except ImageError as error:
            # Visitors read this: the name inside the folder, not where the folder lies.
            told = str(error).replace(f"{root}/", "")
            problems.append(f"{picture.name}: {told}")
        else:
            good.append(picture)
    if not good:
        raise InputError(
            f"None of the {count_text(len(problems), 'picture')} in {root} can be read. The first: "
            f"{problems[0]}"
        )
    return Gallery(root, tuple(good), tuple(problems), fingerprint)


def _listed(root: Path) -> tuple[tuple[GalleryPicture, ...], list[str]]:
    """Return the pictures, and what else lies in class folders."""
    table = find_table(root)
    return _from_folders(root) if table is None else (tuple(_from_table(root, table)), [])


def _from_folders(root: Path) -> tuple[tuple[GalleryPicture, ...], list[str]]:
    taken, others = [], []
    entries = sorted(root.iterdir())
    groups = [(root, "")] + [
        (e, nfc(e.name)) for e in entries if e.is_dir() and not e.name.startswith((".", "__"))
    ]
    for folder, label in groups:
        for path in entries if folder == root else sorted(folder.iterdir()):
            name, folded = path.relative_to(root).as_posix(), path.is_dir()
            if not folded and images.is_picture(path):
                taken.append(GalleryPicture(name, path, label, _stamp(name, path)))
            elif label and not path.name.startswith((".", "__")):
                others.append(name + "/" * folded)
    return tuple(taken), others


def _from_table(root: Path, table: Path) -> Iterator[GalleryPicture]:
    columns = read_table(table)
    names = on_disk(root, inside(root, columns.pop(FILE_NAME), what=table.name))
    labels = label_cells(columns.pop("label", [""] * len(names)), ())
    columns = {name: attribute_cells(name, cells).cells for name, cells in columns.items()}
    for i, (name, label) in enumerate(zip(names, labels, strict=True)):
        path = root / name
        further = {column: cells[i] for column, cells in columns.items()}
        yield GalleryPicture(name, path, label, _stamp(name, path), further)


def _stamp(name: str, path: Path) -> str:
    try:
        facts = path.stat()
    except OSError:
        return f"{name}|missing"  # listed all the same; the check tells why it is left out
    return f"{name}|{facts.st_size}|{facts.st_mtime_ns}"
