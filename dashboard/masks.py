"""Masks that visitors draw: runs of cells from the browser to pixels of the model's input."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import Box
from core.errors import InputError
from dashboard.lru import Lru

__all__ = [
    "LONGEST", "Drawn", "Mask", "at_input", "cells", "find", "from_pixels", "grid_size", "keep",
]  # fmt: skip

LONGEST = 160
"""Cells along the longer side of a picture: about 2 pixels of a model's input each."""
_MOST_CHARACTERS = 65_536
_PATTERN = re.compile(r"(\d{1,3})x(\d{1,3}):(\d{1,5}(?:,\d{1,5})*)", re.ASCII)
_SHELF = 512

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mask over a whole picture.

    Parameters
    ----------
    picture : str
        Id of the picture that it was drawn on.
    runs : str
        ``"columns x rows:unmarked,marked,unmarked,…"``, row by row.
    """

    picture: str
    runs: str

    @property
    def id(self) -> str:
        """What the page's address calls it."""
        return hashlib.sha256(f"{self.picture}:{self.runs}".encode()).hexdigest()[:16]


_shelf: Lru[str, Drawn] = Lru(_SHELF)


def keep(drawn: Drawn) -> str:
    """Remember a mask, so that a reloaded page finds it, and return its id."""
    _shelf.put(drawn.id, drawn)
    return drawn.id


def find(id: str, *, picture: str) -> Drawn | None:
    """Return the mask of this id if it is remembered and belongs to ``picture``."""
    drawn = _shelf.get(id)
    return drawn if drawn is not None and drawn.picture == picture else None


def grid_size(width: int, height: int) -> tuple[int, int]:
    """Return columns and rows of the grid over a picture of ``width`` × ``height`` pixels.

    Examples
    --------
    >>> grid_size(1600, 800), grid_size(10, 4000)
    ((160, 80), (1, 160))
    """
    cell = max(width, height) / LONGEST
    return max(1, round(width / cell)), max(1, round(height / cell))


def cells(runs: object, size: tuple[int, int]) -> Mask:
    """Return the marked cells, bool ``(rows, columns)``.

    Parameters
    ----------
    runs : str
        What the browser sent; anything may be in it.
    size : (int, int)
        Columns and rows that the picture's grid has.

    Raises
    ------
    InputError
        If it is too long, malformed, of another size, or does not fill the grid.
    """
    if not isinstance(runs, str) or len(runs) > _MOST_CHARACTERS:
        raise InputError(
            "A drawn mask is sent as runs of cells, at most 64 KB of text. Draw it again, with "
            "a larger brush."
        )
    found = _PATTERN.fullmatch(runs)
    if found is None:
        raise InputError(
            f"This mask can't be read. Expected: columns x rows:runs. Received: {runs[:40]!r}."
        )
    columns, rows = int(found[1]), int(found[2])
    if (columns, rows) != size:
        raise InputError(
            f"The mask has {columns} × {rows} cells, the grid of this picture {size[0]} × {size[1]}"
            ". Draw it on this picture."
        )
    lengths = np.array(found[3].split(","), dtype=np.int64)
    if lengths.sum() != columns * rows:
        raise InputError(
            f"The mask's runs cover {lengths.sum()} of {columns * rows} cells. Draw it again."
        )
    marked = np.arange(len(lengths)) % 2 == 1
    return np.repeat(marked, lengths).reshape(rows, columns)


def from_pixels(marked: Mask) -> str:
    """Return a mask over a picture's pixels as the runs that a sheet begins with.

    Examples
    --------
    >>> from_pixels(np.arange(320).reshape(1, 320) < 80)
    '160x1:0,40,120'
    """
    height, width = marked.shape
    columns, rows = grid_size(width, height)
    at = np.ix_(_middles(rows, height), _middles(columns, width))
    flat = np.concatenate([[False], marked[at].ravel()])  # runs begin with unmarked cells
    ends = np.append(np.flatnonzero(np.diff(flat)), flat.size - 1)
    lengths = np.diff(ends, prepend=0)
    return f"{columns}x{rows}:{','.join(map(str, lengths))}"


def _middles(n_cells: int, length: int) -> npt.NDArray[np.intp]:
    return ((np.arange(n_cells) + 0.5) / n_cells * length).astype(np.intp)


def at_input(marked: Mask, box: Box, picture: tuple[int, int], size: tuple[int, int]) -> Mask:
    """Return the mask as the model sees it, bool ``size``.

    Parameters
    ----------
    marked : ndarray of bool, shape (rows, columns)
        Over the whole picture.
    box : Box
        The part of the picture that the model sees; what lies outside the picture is unmarked.
    picture : (int, int)
        Width and height of the picture in pixels.
    size : (int, int)
        Height and width of the model's input.
    """
    rows, row_inside = _places(box.top, box.bottom, picture[1], size[0], marked.shape[0])
    columns, column_inside = _places(box.left, box.right, picture[0], size[1], marked.shape[1])
    seen: Mask = marked[np.ix_(rows, columns)]
    return seen & row_inside[:, None] & column_inside[None, :]


def _places(
    low: float, high: float, length: int, pixels: int, n_cells: int
) -> tuple[npt.NDArray[np.intp], Mask]:
    """Return the cell below the centre of every pixel, and whether it is on the picture."""
    shares = (low + (np.arange(pixels) + 0.5) / pixels * (high - low)) / length
    inside = (shares >= 0) & (shares < 1)
    return np.clip((shares * n_cells).astype(np.intp), 0, n_cells - 1), inside
