"""From an array in memory to a picture: the same rules as for files, and no guessing of ranges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.contracts import Depth, Picture
from core.errors import ImageError
from core.modalities.picture.images._caps import check_size
from core.modalities.picture.images._depth import FULL, bits_of, depth_note, eight_bits, with_unused
from core.modalities.picture.images._pixels import OVER_WHITE, upright_rgb

__all__ = ["from_array"]

Pixels = npt.NDArray[np.uint8]
_WANTED = "Expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
_CHANNELS = (1, 3, 4)
_ROUNDING = 1e-6
"""How far floats may lie outside of [0, 1], as those that were divided and multiplied do."""
_TYPES = "uint8, uint16, or floats in [0, 1]"


def from_array(
    array: npt.NDArray[np.generic], *, name: str = "array", depth: Depth = "auto"
) -> Picture:
    """Wrap an array.

    Parameters
    ----------
    array : ndarray, shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Grey, RGB or RGB with alpha, which is laid over white: uint8, uint16, or floats in [0, 1].
    name : str
        Name to show.
    depth : Depth
        Bits of each sample of a uint16; see :func:`core.modalities.picture.images.open_picture`.

    Returns
    -------
    Picture

    Raises
    ------
    ImageError
        If shape, type or range is another; the text says how to bring it there.
    """
    given = np.asarray(array)
    _check_shape(given, name)
    check_size(given.shape[1], given.shape[0], name)
    _check_type(given, name)
    shaped = given[..., None] if given.ndim == 2 else given
    if shaped.dtype == np.uint8:
        pixels, notes, bits = _from_bytes(shaped.astype(np.uint8, copy=False), name)
    elif shaped.dtype == np.uint16:
        pixels, notes, bits = _from_words(shaped.astype(np.uint16, copy=False), name, depth)
    else:
        pixels, notes, bits = _from_shares(shaped.astype(np.float64), name)
    if pixels.shape[-1] == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    whole = np.ascontiguousarray(pixels)
    return with_unused(Picture(name, whole, notes=tuple(notes), bits=bits), depth)


_Read = tuple[Pixels, list[str], int | None]


def _from_bytes(values: Pixels, name: str) -> _Read:
    if values.shape[-1] < 4:
        return values, [], None
    # By Pillow, as files are: an array and the PNG that it is saved as are one picture.
    image = Image.fromarray(np.ascontiguousarray(values), "RGBA")
    return upright_rgb(image, b"", name, "auto")


def _from_words(values: npt.NDArray[np.uint16], name: str, depth: Depth) -> _Read:
    bits = bits_of(int(values[..., :3].max()), depth, name)
    notes = [depth_note(bits, depth)]
    colours = eight_bits(values[..., :3], bits)
    if values.shape[-1] < 4:
        return colours, notes, bits
    # Who fills 12 bits of a colour may do so with its transparency, or not.
    alpha = values[..., 3:]
    top = 2 ** (bits if int(alpha.max()) < 2**bits else FULL) - 1
    return _over_white(colours / 255, alpha / top, notes), notes, bits


def _from_shares(values: npt.NDArray[np.float64], name: str) -> _Read:
    if not np.isfinite(values).all():
        n = int(values.size - np.isfinite(values).sum())
        raise ImageError(
            f"{name}: float pixels must be finite and in [0, 1]. Received NaN or infinite values "
            f"({n} of {values.size}): fill them in first, as with np.nan_to_num(array)."
        )
    low, high = float(values.min()), float(values.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ImageError(
            f"{name}: float pixels must be finite and in [0, 1]. Received values from {low:g} to "
            f"{high:g}{_way_out(low, high)}."
        )
    values = np.clip(values, 0, 1)
    notes: list[str] = []
    if values.shape[-1] < 4:
        return np.rint(values * 255).astype(np.uint8), notes, None
    return _over_white(values[..., :3], values[..., 3:], notes), notes, None


def _over_white(
    colours: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64], notes: list[str]
) -> Pixels:
    if float(alpha.min()) < 1:
        notes.append(OVER_WHITE)
    return np.rint(255 * (colours * alpha + 1 - alpha)).astype(np.uint8)


def _way_out(low: float, high: float) -> str:
    if low >= 0 and high <= 255:
        return ": divide them by 255 (array / 255)"
    if low >= -1 and high <= 1:
        return ": if −1 is black and 1 is white, give (array + 1) / 2"
    return ": bring black to 0 and white to 1, as the picture was before it was normalised"


def _check_shape(array: npt.NDArray[np.generic], name: str) -> None:
    shape = array.shape
    if array.ndim == 2 or (array.ndim == 3 and shape[-1] in _CHANNELS):
        return
    hint = ""
    if array.ndim == 4 and shape[0] == 1:
        hint = " This is a batch of one picture: give array[0]."
    elif array.ndim == 4:
        hint = " This is a batch: give its pictures one by one."
    elif array.ndim == 3 and shape[0] in _CHANNELS:
        hint = " Channels stand last: give np.moveaxis(array, 0, -1)."
    raise ImageError(f"{name}: {_WANTED}. Received shape {shape}.{hint}")


def _check_type(array: npt.NDArray[np.generic], name: str) -> None:
    kind = array.dtype
    if kind in (np.uint8, np.uint16) or np.issubdtype(kind, np.floating):
        return
    raise ImageError(f"{name}: Expected {_TYPES}. Received {kind}{_as_type(array)}.")


def _as_type(array: npt.NDArray[np.generic]) -> str:
    """Return how an array of another type becomes one that is read."""
    kind = array.dtype
    if kind == np.bool_:
        return ": for black and white, give array.astype(np.uint8) * 255"
    if kind.newbyteorder("=") == np.uint16:
        return ", the other byte order: give array.astype(np.uint16), which keeps the values"
    if not np.issubdtype(kind, np.integer):
        return ", which are no pixels"
    low, high = int(array.min()), int(array.max())
    held = f", with values from {low} to {high}"
    if low >= 0 and high <= 255:
        return f"{held}: give array.astype(np.uint8)"
    if low >= 0 and high <= 65535:
        return f"{held}: give array.astype(np.uint16)"
    return f"{held}: bring black to 0 and white to 255, then give array.astype(np.uint8)"
