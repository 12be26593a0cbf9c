"""A folder of pictures: class folders, or a table as Hugging Face's ImageFolder reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, cast

import numpy as np

from core.contracts import DEPTHS, DatasetRef, Depth, Picture, SplitName, content_key, count_text
from core.data.base import Dataset, DatasetKind, Labels, broken_text, left_out
from core.data.folder.check import checked_files
from core.data.folder.listing import Listing, in_order, list_folder
from core.data.picture import Mask, PicturePart
from core.data.splits import CARVING, Rows, carve
from core.errors import ImageError, InputError
from core.modalities.picture import images
from core.parameters import Parameter, Value

__all__ = ["Folder", "FolderPart"]

_VERSION = 2
_VALUES = (2, 50)
_UNKNOWN = "Unknown"
_MARKED = 128


class FolderPart(PicturePart):
    """One split of a folder; files are opened when they are asked for.

    Parameters
    ----------
    root : Path
    masks : sequence of str
        Path of each picture's mask inside ``root``, ``""`` for none; empty without any masks.
    depth : Depth
        Bits of each sample in files of 16; see :func:`core.modalities.picture.images.open_picture`.
    """

    def __init__(
        self,
        name: SplitName,
        root: Path,
        *,
        ids: Sequence[str],
        labels: Labels,
        groups: Mapping[str, Sequence[str]],
        masks: Sequence[str],
        depth: Depth,
    ) -> None:
        super().__init__(name, ids=ids, labels=labels, groups=groups, has_masks=bool(masks))
        self._root = root
        self._masks = tuple(masks)
        self._depth = depth

    def picture(self, index: int) -> Picture:
        """Decode one picture; see :func:`core.modalities.picture.images.open_picture`."""
        return self._open(self.ids[index])

    def mask(self, index: int) -> Mask:
        """Return where the object is: bright (128 and above) in the mask's file.

        Raises
        ------
        InputError
            If there are no masks, or this one cannot be read or has another size than its picture.
        """
        if not self.has_masks:
            return super().mask(index)
        picture, name = self.picture(index), self._masks[index]
        if not name:
            return np.zeros((picture.height, picture.width), np.bool_)
        mask = self._open(name)
        if mask.pixels.shape != picture.pixels.shape:
            raise InputError(
                f"The mask {name} has {mask.width}×{mask.height} pixels, its picture "
                f"{picture.width}×{picture.height}. Save the mask in the size of the picture."
            )
        marked: Mask = mask.pixels.max(axis=-1) >= _MARKED
        return marked

    def _open(self, name: str) -> Picture:
        try:
            return images.open_picture(self._root / name, name=name, depth=self._depth)
        except ImageError as error:
            raise ImageError(str(error).replace(f"{self._root}/", "")) from error


class Folder(DatasetKind):
    """Pictures of your own."""

    id = "folder"
    name = "Folder"
    summary = (
        "Pictures of your own: class folders, with or without train, validation and test above "
        "them, or a table metadata.csv, .jsonl or .parquet (file_name, label, groups)."
    )
    limits = (
        "Files are checked by header and ending, not decoded whole. Pictures beside the class "
        "folders, and files that the table does not name, are not read."
    )
    licence = "Yours, or your source's."
    source = "a folder"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        *CARVING,
        Parameter("skip_broken", "bool", False, "Leave out files that cannot be read"),
        Parameter("depth", "choice", "auto", "Bits of each sample in files of 16", choices=DEPTHS),
    )

    def open(self, ref: DatasetRef, parameters: Mapping[str, Value]) -> Dataset:
        """Return the folder as a dataset: listed and checked, nothing decoded.

        Raises
        ------
        InputError
            For a folder that cannot be used: fewer than two classes, a class without pictures, a
            label outside the classes, files that cannot be read (unless ``skip_broken``).
        """
        listing = list_folder(ref.source)
        checked = checked_files(listing)
        broken = checked.broken
        if broken and not parameters["skip_broken"]:
            raise InputError(broken_text(list(broken.values()), len(listing), self.id))
        kept = _readable(listing, broken)
        if not len(kept):
            first = next(iter(broken.values()))
            raise InputError(f"No picture of the folder can be read. The first: {first}")
        classes, labels = _classified(listing, kept)
        groups = _groups(listing, kept)
        rows = carve(labels[kept], [listing.splits[i] for i in kept], parameters)
        parts = {
            name: _part(name, listing, kept[own], labels, groups, parameters)
            for name, own in rows.items()
        }
        told = dict(parameters)
        if not checked.deep:  # what depth says changes nothing
            del told["depth"]
        fingerprint = content_key(
            {"dataset": self.id, "version": _VERSION, "files": listing.digest, **told}
        )
        return Dataset(
            ref, classes, parts, fingerprint, unreadable=tuple(broken.values()),
            notes=(*listing.notes, *left_out(broken, len(listing)), *_emptied(listing, classes)),
        )  # fmt: skip

    def stamp(self, ref: DatasetRef) -> str:
        """Return the digest of names, sizes, times of change, labels and attributes."""
        return list_folder(ref.source).digest


def _readable(listing: Listing, broken: Mapping[str, str]) -> Rows:
    masks = listing.masks or [""] * len(listing)
    pairs = enumerate(zip(listing.names, masks, strict=True))
    kept = [i for i, (name, mask) in pairs if name not in broken and mask not in broken]
    return np.array(kept, np.int64)


def _classified(listing: Listing, kept: Rows) -> tuple[tuple[str, ...], Labels]:
    """Return the classes, and the index of each picture's class among them; −1 if it is left out.

    Of a table those are classes that have a picture: a row without one may be a total.
    """
    found = in_order({listing.labels[i] for i in kept})
    classes = listing.classes or found
    index = {name: i for i, name in enumerate(classes)}
    if not index.keys() & set(found):  # perhaps numbers of the lines of classes.txt
        index = {str(i): i for i in range(len(classes))}
    outside = [label for label in found if label not in index]
    if outside:
        are = "is" if len(outside) == 1 else "are"
        raise InputError(
            f"{count_text(len(outside), 'label')} {are} outside the "
            f"{count_text(len(classes), 'class')}, the first is {outside[0]!r} "
            f"({count_text(listing.labels.count(outside[0]), 'picture')}). Expected one of "
            f"{', '.join(map(repr, classes[:5]))}{', …' if len(classes) > 5 else ''}, or its index."
        )
    if len(classes) < 2:
        raise InputError(
            f"There is one class, {classes[0]!r}, with {count_text(len(listing), 'picture')}. "
            "Expected two classes or more: one folder or one label each."
        )
    return classes, np.array([index.get(label, -1) for label in listing.labels], np.int64)


def _emptied(listing: Listing, classes: Sequence[str]) -> list[str]:
    """Say which labels of a table are no classes, since no picture of theirs can be read."""
    lost = [] if listing.classes else in_order({*listing.labels} - {*classes})
    one = "it is no class" if len(lost) == 1 else "they are no classes"
    return [f"No picture of {', '.join(map(repr, lost))} can be read: {one}."] if lost else []


def _groups(listing: Listing, kept: Rows) -> dict[str, list[str]]:
    """Return the attributes that subgroups can be formed by."""
    groups = {}
    for name, cells in listing.columns.items():
        values = [cell or _UNKNOWN for cell in cells]
        if name and _VALUES[0] <= len({values[i] for i in kept}) <= _VALUES[1]:
            groups[name] = values
    return groups


def _part(
    name: SplitName,
    listing: Listing,
    rows: Rows,
    labels: Labels,
    groups: Mapping[str, Sequence[str]],
    parameters: Mapping[str, Value],
) -> FolderPart:
    return FolderPart(
        name,
        listing.root,
        ids=[listing.names[i] for i in rows],
        labels=labels[rows],
        groups={key: [values[i] for i in rows] for key, values in groups.items()},
        masks=[listing.masks[i] for i in rows] if listing.masks else (),
        depth=cast(Depth, parameters["depth"]),
    )
