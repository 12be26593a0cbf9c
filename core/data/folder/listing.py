"""What lies in a folder of pictures: names, labels, splits and attributes, nothing decoded.

::

    folder/metadata.csv             (.jsonl, .parquet) file_name,label[,split][,mask_file_name][,…]
    folder/<split>/metadata.csv     the same, one table a split
    folder/<split>/<class>/*.jpg    split: train, …; see SPLIT_NAMES
    folder/<class>/*.jpg
    folder/classes.txt              optional: the classes in their order, one a line
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.contracts import SplitName
from core.data.folder.table import MASK, SPLIT_NAMES, TableRows, table_rows
from core.errors import InputError
from core.files import resolved
from core.modalities.picture import images
from core.tabular.cells import attribute_cells, same_classes
from core.tabular.folder_table import (
    MAX_ROWS,
    Columns,
    find_table,
    inside,
    passed_over,
)
from core.tabular.head import nfc

__all__ = ["CLASSES", "SPLIT_NAMES", "Listing", "in_order", "list_folder"]

CLASSES = "classes.txt"
_TRUSTED_FROM, _TRUSTED_TIMES = 0.05, 10

_listed: dict[Path, tuple[float, float, Listing]] = {}
"""When the folders of this process were listed last, and how many seconds that took."""


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder, one entry of each sequence for each picture.

    Parameters
    ----------
    names : sequence of str
        Paths inside ``root``, with ``/``.
    labels : sequence of str
    splits : sequence of str or None
    masks : sequence of str
        Paths of masks, ``""`` for none; empty if the folder has no masks at all.
    columns : dict
        The attributes, ``""`` where a picture has none.
    classes : tuple of str
        As ``classes.txt`` or the class folders name them; empty if only labels do.
    digest : str
        SHA-256 of all this and of each file's size and time of change.
    notes : tuple of str
        How cells of a table were read, in sentences.
    """

    root: Path
    names: Sequence[str]
    labels: Sequence[str]
    splits: Sequence[SplitName | None]
    masks: Sequence[str]
    columns: Columns
    classes: tuple[str, ...]
    digest: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)


@dataclass
class _Rows:
    """A listing being put together."""

    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[SplitName | None] = field(default_factory=list)
    columns: Columns = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    def add(
        self,
        names: Sequence[str],
        labels: Sequence[str],
        splits: Iterable[SplitName | None],
        columns: Columns,
    ) -> None:
        before = len(self.names)
        self.names += names
        self.labels += labels
        self.splits += splits
        if len(self.names) > MAX_ROWS:
            raise InputError(f"The folder holds more than {MAX_ROWS} pictures. Take a part of it.")
        for name in columns.keys() | self.columns.keys():
            cells = self.columns.setdefault(name, [""] * before)
            cells += columns.get(name, [""] * len(names))

    def add_table(self, table: TableRows) -> None:
        self.tables.append(table.told)
        self.add(table.names, table.labels, table.splits, table.columns)


def in_order(classes: Iterable[str]) -> tuple[str, ...]:
    """Return class names sorted: by number if all are whole numbers, else by name."""
    names = sorted(classes)
    return tuple(sorted(names, key=int) if all(map(_is_number, names)) else names)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def list_folder(folder: str | Path) -> Listing:
    """List a folder; one whose listing takes long is trusted for ten times as long.

    Raises
    ------
    InputError
        If there is no such folder or no picture in it, its layout or its table cannot be read, or
        a name in it leads out of it.
    """
    root = resolved(folder)
    if not root.is_dir():
        raise InputError(
            f"{folder} is no folder; expected one with class folders, split folders or a table "
            "metadata.csv."
        )
    made, seconds, listing = _listed.get(root, (0.0, 0.0, None))
    if listing and seconds > _TRUSTED_FROM and time.monotonic() - made < _TRUSTED_TIMES * seconds:
        return listing
    began = time.monotonic()
    listing = _read(root)
    _listed[root] = (time.monotonic(), time.monotonic() - began, listing)
    return listing


def _read(root: Path) -> Listing:
    rows, named = _Rows(), _class_file(root)
    split_folders = _split_folders(root)
    if (table := find_table(root)) is not None:
        rows.add_table(table_rows(root, table, None, named))
    elif split_folders:
        for path, split in split_folders:
            table = find_table(path)
            if table is not None:
                rows.add_table(table_rows(root, table, split, named))
            else:
                _add_class_folders(rows, root, path, split)
    else:
        _add_class_folders(rows, root, root, None)
    if not rows.names:
        raise InputError(
            f"The folder {root.name} holds no pictures ({images.KINDS}) in class folders, in those "
            f"of splits ({', '.join(SPLIT_NAMES)}) or in a table metadata.csv."
        )
    try:
        "".join(rows.names).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"A file name in {root.name} is not UTF-8: rename it ({error})."
        ) from error
    masks = rows.columns.pop(MASK, [])
    notes = _read_cells(rows, root, named)
    classes = named or in_order(set(rows.folders))
    return Listing(
        root, rows.names, rows.labels, rows.splits, masks, rows.columns, classes,
        _digest(root, rows, masks, classes), tuple(notes),
    )  # fmt: skip


def _read_cells(rows: _Rows, root: Path, named: Sequence[str]) -> list[str]:
    """Read labels and attributes as prediction tables are read; return what is to be said."""
    notes = passed_over(rows.passed)
    if named:
        rows.labels = list(map(nfc, rows.labels))
    else:
        where = rows.tables[0] if rows.tables else root.name
        read = same_classes([*rows.labels, *rows.folders], where=where)
        n = len(rows.labels)
        rows.labels, rows.folders = read.cells[:n], read.cells[n:]
        notes += read.notes
    for name, cells in rows.columns.items():
        attribute = attribute_cells(name, cells)
        rows.columns[name] = attribute.cells
        notes += attribute.notes
    return notes


def _folders(root: Path, *, within: Path) -> list[Path]:
    found = sorted(p for p in within.iterdir() if p.is_dir() and not p.name.startswith((".", "__")))
    inside(root, [p.relative_to(root).as_posix() for p in found], what="The folder")
    return found


def _split_folders(root: Path) -> list[tuple[Path, SplitName]]:
    """Return the folders that are splits: named so, with class folders or a table in them."""
    if find_table(root) is not None:
        return []
    candidates = _folders(root, within=root)
    found = [
        (path, SPLIT_NAMES[path.name.lower()])
        for path in candidates
        if path.name.lower() in SPLIT_NAMES
        and (find_table(path) is not None or _folders(root, within=path))
    ]
    names = [split for _, split in found]
    if len(set(names)) < len(names):
        twice = " and ".join(repr(p.name) for p, s in found if names.count(s) > 1)
        raise InputError(f"{root.name} has two folders for one split, {twice}: keep one.")
    further = [path.name for path in candidates if path not in [p for p, _ in found]]
    if found and further:
        raise InputError(
            f"{root.name} has split folders and also {further[0]!r}. Expected splits alone "
            f"({', '.join(SPLIT_NAMES)}): rename it, or move it out."
        )
    return found


def _add_class_folders(rows: _Rows, root: Path, place: Path, split: SplitName | None) -> None:
    beside = (p for p in sorted(place.iterdir()) if not p.is_dir() and images.is_picture(p))
    rows.passed += [p.relative_to(root).as_posix() for p in beside if p.name[0] != "."]
    for folder in _folders(root, within=place):
        prefix = folder.relative_to(root).as_posix()
        with os.scandir(folder) as entries:
            shown = [e for e in entries if not e.name.startswith((".", "__"))]
            taken = [e for e in shown if not e.is_dir() and images.is_picture(e.path)]
            found = sorted((e.name, e.is_symlink()) for e in taken)
            others = (f"{prefix}/{e.name}" + "/" * e.is_dir() for e in shown if e not in taken)
            rows.passed += sorted(others)
        links = [f"{prefix}/{name}" for name, link in found if link]
        inside(root, links, what=f"The folder {prefix}")
        names = [f"{prefix}/{name}" for name, _ in found]
        rows.add(names, [folder.name] * len(names), [split] * len(names), {})
        rows.folders.append(folder.name)


def _class_file(root: Path) -> tuple[str, ...]:
    path = root / CLASSES
    if not path.is_file():
        return ()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{CLASSES} is not UTF-8 text; save it as UTF-8.") from error
    names = tuple(nfc(line.strip()) for line in lines if line.strip())
    if len(set(names)) < len(names):
        raise InputError(f"{CLASSES} names a class twice. Expected one class a line, each once.")
    return names


def _digest(root: Path, rows: _Rows, masks: Sequence[str], classes: tuple[str, ...]) -> str:
    columns = sorted(rows.columns.items())
    document = [rows.names, rows.labels, rows.splits, masks, columns, classes]
    digest = hashlib.sha256(json.dumps(document).encode())
    digest.update(_stats(root, rows.names).tobytes())
    digest.update(_stats(root, masks).tobytes())
    return digest.hexdigest()


def _stats(root: Path, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return size and time of change of each file, shape ``(n, 2)``; −1 where there is none."""
    facts = np.full((len(names), 2), -1, np.int64)
    for i, name in enumerate(names):
        try:
            found = os.stat(f"{root}/{name}")  # noqa: PTH116 (quicker)
        except OSError:
            continue  # it stays in the list: the check says that it is missing
        facts[i] = found.st_size, found.st_mtime_ns
    return facts
