"""A stranger's HDF5 file, checked before any library reads weights from it.

HDF5 can link to other files, describe datasets of any size in a few bytes, and name filters that
are loaded as libraries. Only plain numbers that lie in the file itself are taken. The library is
written in C: a damaged file can end the process that opens it, so that is first one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py

from core.errors import ModelFileError
from core.models.reading.apart import apart
from core.models.reading.plain import refuse

__all__ = ["Held", "checked", "counted"]

_MOST_OBJECTS, _DEEPEST = 200_000, 40
_MOST_BYTES = 16 * 2**30
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_KINDS = "fiub"
_OPTIMIZER = re.compile(r"^(_?optimizer|optimizer_weights)(/|$)")


@dataclass(frozen=True)
class Held:
    """What an HDF5 file holds.

    Parameters
    ----------
    numbers : int
        How many numbers its datasets have, an optimizer's left out.
    largest : int
        Numbers of the largest dataset.
    """

    numbers: int
    largest: int


def checked(path: Path, where: str) -> Held:
    """Check a file in a process of its own, and count what it holds.

    Raises
    ------
    ModelFileError
        If it is damaged, links elsewhere, or describes more than it holds.
    """
    order = {"path": str(path), "name": where}
    size = path.stat().st_size
    told = apart("core.models.reading.hdf5:counted", order, name=where, n_bytes=size)
    return Held(told["numbers"], told["largest"])


def counted(order: Mapping[str, Any]) -> dict[str, int]:
    """Check a file, and read all of it once: what the library makes of it shows here.

    Parameters
    ----------
    order : mapping
        ``path`` and ``name``, the file's for sentences.

    Raises
    ------
    ModelFileError
        As :func:`checked`.
    """
    path, where = Path(order["path"]), order["name"]
    try:
        with h5py.File(path, "r") as file:
            held, parts = _walk(file, where, path.stat().st_size)
            for part in parts:
                part[()]
            dict(file.attrs)
    except (ModelFileError, MemoryError):
        raise
    except Exception as error:  # whatever the library makes of a damaged file
        raise ModelFileError(f"{where}: its weights cannot be read as HDF5 ({error}).") from error
    return asdict(held)


def _walk(file: h5py.File, where: str, size: int) -> tuple[Held, list[h5py.Dataset]]:
    """Return what a file holds, and its datasets."""
    parts: list[h5py.Dataset] = []
    seen: set[int] = set()
    numbers = largest = n_bytes = objects = 0
    waiting: list[tuple[str, h5py.Group, int]] = [("", file, 0)]
    while waiting:
        path, group, depth = waiting.pop()
        for name in group:
            objects += 1
            below = f"{path}/{name}".lstrip("/")
            if objects > _MOST_OBJECTS or depth > _DEEPEST:
                refuse(where, f"more than {_MOST_OBJECTS:,} parts, or nested too deep.")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                refuse(where, f"{below!r} is a link to somewhere else.")
            found = group[name]
            place = h5py.h5o.get_info(found.id).addr
            if place in seen:
                refuse(where, f"{below!r} stands in it twice.")
            seen.add(place)
            if isinstance(found, h5py.Group):
                waiting.append((below, found, depth + 1))
                continue
            if not isinstance(found, h5py.Dataset):
                refuse(where, f"{below!r} is neither a group nor numbers.")
            _check(found, below, where)
            parts.append(found)
            n_bytes += found.nbytes
            if not _OPTIMIZER.match(below):
                numbers += found.size
                largest = max(largest, found.size)
    # Numbers may be packed, but weights hardly pack: far more than the file holds is a trap.
    if n_bytes > min(_MOST_BYTES, 64 * size):
        refuse(where, f"it describes {n_bytes:,} bytes of weights in {size:,}.")
    return Held(numbers, largest), parts


def _check(dataset: h5py.Dataset, below: str, where: str) -> None:
    if dataset.shape is None:
        refuse(where, f"{below!r} is empty.")
    if dataset.is_virtual or dataset.external:
        refuse(where, f"the numbers of {below!r} lie in another file.")
    if dataset.dtype.kind not in _KINDS:
        refuse(where, f"{below!r} holds {dataset.dtype}, and no numbers.")
    made = dataset.id.get_create_plist()
    filters = {made.get_filter(i)[0] for i in range(made.get_nfilters())}
    if not filters <= _FILTERS:
        refuse(where, f"{below!r} is packed in a way that is not opened.")
