"""From what Pillow has decoded to upright RGB of 8 bits, in bands, so that little is held twice."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.contracts import Depth
from core.errors import ImageError
from core.modalities.picture.images._depth import FULL, bits_of, depth_note, eight_bits
from core.modalities.picture.images._tiff import TiffKind, in_native_order

__all__ = ["INVERTED", "is_deep", "upright_rgb"]

Pixels = npt.NDArray[np.uint8]
_BAND_PIXELS = 2**21
OVER_WHITE = "Transparent parts are laid over white."
INVERTED = "Inverted: the file says that its lowest values are white."
_ORIENTATION = 0x0112
_TURNED: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: np.rot90(pixels, 1),
}
"""How each orientation that EXIF knows is turned upright."""
_OTHER_BYTE = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_FLOAT_RANGES = (1.0, 255.0)


def is_deep(image: Image.Image) -> bool:
    """Say whether a picture, opened but not loaded, has samples of 16 bits."""
    return image.mode.startswith("I") or _colour_rawmode(image) is not None


def upright_rgb(
    image: Image.Image, data: bytes, name: str, depth: Depth, kind: TiffKind | None = None
) -> tuple[Pixels, list[str], int | None]:
    """Decode an opened picture.

    Parameters
    ----------
    data : bytes
        Its file: the lower bytes of colours of 16 bits are read in a second pass.
    kind : TiffKind, optional
        What the tags of a TIFF say.

    Returns
    -------
    pixels : ndarray of uint8, shape (H, W, 3)
    notes : list of str
    bits : int or None
        How many of 16 were read, ``None`` for a file of 8.
    """
    notes: list[str] = []
    if getattr(image, "is_animated", False):
        notes.append("The first of several frames is used.")
        # A damaged file lacks the next one; to count them all would cost too much.
        image.seek(1)
        image.seek(0)
    rawmode = _colour_rawmode(image)
    noted = image.getexif().get(_ORIENTATION, 1)
    in_native_order(image)
    image.load()
    if noted in _TURNED:
        notes.append("Turned upright as the camera noted.")
    if kind is not None and kind.dropped:
        notes.append(f"Of {kind.bands} bands, {kind.dropped} beyond the colours are left out.")
    bits = None
    if image.mode == "F":
        convert = _from_floats(image, name, notes)
    elif image.mode.startswith("I"):
        bits, convert = _from_sixteen_bits(image, name, depth, notes, kind)
    else:
        convert = _to_rgb(image, notes)
        if rawmode is not None:
            bits = bits_of(_largest(image), depth, name)
            notes.append(depth_note(bits, depth))
            if bits < FULL:
                convert = _joined(image, _low_bytes(data, rawmode, name), bits, notes)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top, bottom in _bands(image):
        pixels[top:bottom] = convert(top, bottom)
    if kind is not None and kind.inverted:
        notes.append(INVERTED)
        np.subtract(255, pixels, out=pixels)
    # A TIFF was turned while it was loaded, and says so no more.
    turn = _TURNED.get(image.getexif().get(_ORIENTATION, 1))
    image.close()
    return (pixels if turn is None else np.ascontiguousarray(turn(pixels))), _once(notes), bits


def _once(notes: list[str]) -> list[str]:
    return list(dict.fromkeys(notes))


Band = Callable[[int, int], Any]
"""Returns the rows from one to another, as they fit into ``(rows, W, 3)``."""


def _bands(image: Image.Image) -> Iterator[tuple[int, int]]:
    rows = max(1, _BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield top, min(top + rows, image.height)


def _crop(image: Image.Image, top: int, bottom: int) -> Image.Image:
    return image.crop((0, top, image.width, bottom))


def _to_rgb(image: Image.Image, notes: list[str]) -> Band:
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return _over_white(image, notes)
    if image.mode == "CMYK":
        notes.append("Converted from CMYK.")
    return lambda top, bottom: np.asarray(_crop(image, top, bottom).convert("RGB"))


def _over_white(image: Image.Image, notes: list[str]) -> Band:
    def convert(top: int, bottom: int) -> Pixels:
        part = _crop(image, top, bottom)
        rgba = (part.convert("LA") if part.mode == "La" else part).convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            notes.append(OVER_WHITE)
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))

    return convert


def _from_sixteen_bits(
    image: Image.Image, name: str, depth: Depth, notes: list[str], kind: TiffKind | None
) -> tuple[int | None, Band]:
    parts = (np.asarray(_crop(image, *band)) for band in _bands(image))
    ends = [(int(part.min()), int(part.max())) for part in parts]
    least, largest = min(low for low, _ in ends), max(high for _, high in ends)
    if kind is not None and not kind.signed and least < 0:  # Pillow holds 32 bits with a sign
        parts = (np.asarray(_crop(image, *band)).view(np.uint32) for band in _bands(image))
        ends = [(int(part.min()), int(part.max())) for part in parts]
        least, largest = min(low for low, _ in ends), max(high for _, high in ends)
        return None, _stretched(image, least, largest, "Whole", notes, np.uint32)
    if kind is not None and (least < 0 or largest > 65535):
        return None, _stretched(image, least, largest, "Whole", notes)
    if least < 0 or largest > 65535:
        raise ImageError(
            f"{name} holds 32-bit values of more than 65535. Save it with 8 or 16 bits."
        )
    bits = bits_of(largest, depth, name, declared=kind.declared if kind else FULL)
    notes.append(depth_note(bits, depth))
    return bits, lambda top, bottom: eight_bits(
        np.asarray(_crop(image, top, bottom)).astype(np.int64), bits
    )[..., None]


def _from_floats(image: Image.Image, name: str, notes: list[str]) -> Band:
    parts = [np.asarray(_crop(image, *band)) for band in _bands(image)]
    if not all(np.isfinite(part).all() for part in parts):
        raise ImageError(f"{name} holds NaN or infinite values. Fill them in first.")
    low, high = float(min(p.min() for p in parts)), float(max(p.max() for p in parts))
    fitting = next((top for top in _FLOAT_RANGES if high <= top), None)
    if low < 0 or fitting is None:
        return _stretched(image, low, high, "Floating-point", notes)
    notes.append(f"Floating-point values: 0 to {fitting:g} became 0 to 255.")
    return _linear(image, 0.0, fitting)


def _stretched(
    image: Image.Image,
    low: float,
    high: float,
    what: str,
    notes: list[str],
    kind: type[np.generic] | None = None,
) -> Band:
    """Show values from the least to the largest, and say so."""
    ends = " to ".join(f"{end:.10g}" if end == int(end) else f"{end:g}" for end in (low, high))
    notes.append(f"{what} values: {ends}, the least and the largest in the file, became 0 to 255.")
    return _linear(image, low, high, kind)


def _linear(
    image: Image.Image, low: float, high: float, kind: type[np.generic] | None = None
) -> Band:
    span = (high - low) or 1.0

    def convert(top: int, bottom: int) -> Pixels:
        part = np.asarray(_crop(image, top, bottom))
        values = (part if kind is None else part.view(kind)).astype(np.float64)
        return np.rint((values - low) / span * 255).astype(np.uint8)[..., None]

    return convert


def _colour_rawmode(image: Image.Image) -> str | None:
    """Return how Pillow reads colours of 16 bits, of which it keeps the upper byte alone."""
    for tile in getattr(image, "tile", ()):
        rawmode = tile.args[0] if isinstance(tile.args, tuple) and tile.args else tile.args
        if isinstance(rawmode, str) and ";16" in rawmode and not rawmode.startswith("I"):
            return rawmode
    return None


def _largest(image: Image.Image) -> int:
    """Return the most that colours can be, by their upper bytes: choosing bits needs no more."""
    return max(_top(image, band) for band in image.getbands() if band != "A") << 8 | 255


def _top(image: Image.Image, band: str) -> int:
    _, top = cast(tuple[int, int], image.getchannel(band).getextrema())
    return top


def _low_bytes(data: bytes, rawmode: str, name: str) -> Image.Image:
    """Decode once more, as if the bytes of each sample were the other way round."""
    other = rawmode[:-1] + _OTHER_BYTE.get(rawmode[-1], "")
    image = Image.open(io.BytesIO(data))
    if other not in {"RGB;16B", "RGB;16L", "RGBA;16B", "RGBA;16L", "RGBX;16B", "RGBX;16L"}:
        raise ImageError(
            f"{name} holds fewer than 16 bits in 16, with transparency or in a rare order. Save "
            "it as an RGB or grey PNG."
        )
    image.seek(0)
    image.tile = [tile._replace(args=_reordered(tile.args, other)) for tile in image.tile]
    image.load()
    return image


def _reordered(args: Any, rawmode: str) -> Any:
    return (rawmode, *args[1:]) if isinstance(args, tuple) else rawmode


def _joined(high: Image.Image, low: Image.Image, bits: int, notes: list[str]) -> Band:
    """Put the two bytes of each sample together again."""
    transparent = "A" in high.getbands()
    # Who fills 12 bits of a colour may do so with its transparency, or not.
    short = transparent and _top(high, "A") << 8 < 2**bits

    def convert(top: int, bottom: int) -> Pixels:
        upper, lower = (np.asarray(_crop(part, top, bottom)) for part in (high, low))
        values = upper.astype(np.uint16) << 8 | lower
        colours = eight_bits(values[..., :3], bits)
        if not transparent:
            return colours
        alpha = eight_bits(values[..., 3:], bits if short else FULL)
        if alpha.min() < 255:
            notes.append(OVER_WHITE)
        share = alpha / 255
        return np.rint(colours * share + 255 * (1 - share)).astype(np.uint8)

    return convert
