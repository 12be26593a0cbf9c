"""Pictures beyond the memory cap: decoded or drawn in the first epoch, read from the disk after it.

The file has no name and goes with the process; a run that is resumed decodes once more.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile

import numpy as np
import numpy.typing as npt

from core.data.base import Part
from core.data.picture import Pixels, picture_part
from core.home import home

__all__ = ["Spill"]

log = logging.getLogger(__name__)
_SPARE = 2
"""The file is made where the disk has so many times its size free."""


class Spill:
    """The pictures of a split at one size.

    Parameters
    ----------
    part : Part
    size : int
        Side in pixels.
    """

    def __init__(self, part: Part, size: int) -> None:
        self._part, self._shape = picture_part(part), (size, size, 3)
        self._there = np.zeros(len(part), np.bool_)
        self._kept = _file((len(part), size, size, 3))

    def pixels(self, indices: npt.NDArray[np.int64]) -> Pixels:
        """Return uint8 ``(len(indices), size, size, 3)``; may be called from several threads.

        Two threads that miss the same picture write the same bytes.
        """
        if self._kept is None:
            return self._part.pixels(indices.tolist(), self._shape)
        missing = np.unique(indices[~self._there[indices]])
        if len(missing):
            self._kept[missing] = self._part.pixels(missing.tolist(), self._shape)
            self._there[missing] = True
        return np.asarray(self._kept[indices])


def _file(shape: tuple[int, int, int, int]) -> npt.NDArray[np.uint8] | None:
    """Return a mapped file that nobody else sees, or ``None`` where the disk has no room for it."""
    root, n_bytes = home(), int(np.prod(shape))
    if shutil.disk_usage(root).free < _SPARE * n_bytes:
        log.info("No room for %.1f GB of pictures in %s: decoded anew.", n_bytes / 1e9, root)
        return None
    with tempfile.TemporaryFile(dir=root) as file:
        if sys.platform == "linux":  # reserved now: a mapped write to a full disk ends the process
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        return np.memmap(file, np.uint8, mode="r+", shape=shape)
