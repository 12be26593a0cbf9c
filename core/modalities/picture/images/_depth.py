"""How many bits a sample has: cameras and scanners keep 10, 12 or 14 bits in files of 16."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.contracts import DEPTHS, Depth, Picture
from core.errors import ImageError

__all__ = ["bits_of", "depth_note", "eight_bits", "with_unused"]

_BITS = tuple(int(depth) for depth in DEPTHS if depth != "auto")
FULL = 16


def bits_of(largest: int, depth: Depth, name: str, *, declared: int = FULL) -> int:
    """Return how many bits the samples of a picture have.

    Parameters
    ----------
    largest : int
        The largest value in the file.
    depth : Depth
        What was asked for.
    declared : int
        Bits of a sample as the file says: of 12, none has to be found out.

    Raises
    ------
    ImageError
        If the file holds more than was asked for.
    """
    needed = next((bits for bits in _BITS if largest < 2**bits), FULL) if largest else FULL
    if depth == "auto":
        return declared if needed <= declared < FULL else needed
    if largest >= 2 ** int(depth):
        raise ImageError(
            f"{name} holds values up to {largest}, which are more than {depth} bits "
            f"(0 to {2 ** int(depth) - 1}). Take {needed} bits or more, or auto."
        )
    return int(depth)


def depth_note(bits: int, depth: Depth) -> str:
    """Return what was done, in one sentence."""
    if bits == FULL:
        return "Reduced from 16 to 8 bits."
    why = "which is all that it holds" if depth == "auto" else "as asked"
    return f"Read as {bits} bits in 16 (0 to {2**bits - 1}), {why}, and scaled to 8."


def eight_bits(values: npt.NDArray[np.integer], bits: int) -> npt.NDArray[np.uint8]:
    """Scale ``0 … 2**bits - 1`` to ``0 … 255``, rounded; no larger value may be in ``values``."""
    levels = np.arange(2**bits)
    table: npt.NDArray[np.uint8] = np.rint(levels / (levels[-1] / 255)).astype(np.uint8)
    return table[values]


def with_unused(picture: Picture, depth: Depth) -> Picture:
    """Keep the depth that was asked for; say so where the file gave no use for it."""
    if picture.bits is not None:
        return replace(picture, depth=depth)
    if depth in ("auto", "8"):
        return picture
    note = f"{depth} bits were asked for, but no sample has more than 8: the depth was not used."
    if picture.format == "DICOM":
        note = f"{depth} bits were asked for, but DICOM says its range: the depth was not used."
    elif any(note.startswith("Floating-point") for note in picture.notes):
        note = f"{depth} bits were asked for, but values are floating-point: it was not used."
    return replace(picture, notes=(*picture.notes, note))
