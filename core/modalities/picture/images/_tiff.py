"""What a TIFF's tags say of its samples: which kinds are read right, and what the others are.

TIFF 6.0 (Adobe 1992). Pillow decodes; but some kinds it does not know, and says that there is no
picture, and some it reads as what they are not: the polarity of 16 bits and floats is dropped,
planes of one colour each are taken for 8 bits, signed bytes wrap. Each is put right or refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from PIL import Image, TiffImagePlugin

from core.errors import ImageError

__all__ = ["TiffKind", "in_native_order", "is_tiff", "tiff_kind", "tiff_text"]

_SUBFILE = 254
_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES = 258, 259, 262, 277
_PLANAR, _EXTRA, _FORMAT, _SUBSAMPLING = 284, 338, 339, 530
_LETTERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_MOST_VALUES, _MOST_ENTRIES = 64, 4096
_RAW = 1
_WHITE_IS_LEAST, _BLACK_IS_LEAST, _COLOURS, _PALETTE, _CMYK, _YCBCR, _LAB = 0, 1, 2, 3, 5, 6, 8
_SHOWS = {
    _WHITE_IS_LEAST: "grey", _BLACK_IS_LEAST: "grey", _COLOURS: "RGB", _PALETTE: "a palette",
    4: "a mask", _CMYK: "CMYK", _YCBCR: "YCbCr", _LAB: "L*a*b*", 9: "L*a*b*", 10: "L*a*b*",
    32803: "a sensor's mosaic", 34892: "raw values of a sensor",
}  # fmt: skip
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_SAMPLE = {_UNSIGNED: "", _SIGNED: "signed ", _FLOAT: "floating-point "}
_NATIVE = {
    "F;32F": "F;32NF", "F;32BF": "F;32NF", "I;16S": "I;16NS", "I;16BS": "I;16NS",
    "I;32S": "I;32NS", "I;32BS": "I;32NS",
}  # fmt: skip
"""What libtiff hands over is in the processor's order, whatever the file's."""


@dataclass(frozen=True)
class TiffKind:
    """How the samples of a TIFF's first page are to be read.

    Parameters
    ----------
    photometric : int
        What samples mean; 0: the least is white, 1: the least is black.
    bits, formats, extra : tuple of int
        Of each band; ``extra`` of the bands beyond the colours alone.
    planar : int
        2 if each band lies by itself.
    reduced : bool
        Whether it is a small copy of another page.
    inverted : bool
        Whether :attr:`data` says that the least is black, and what is read is to be inverted.
    data : bytes
        The file as Pillow is to read it.
    """

    photometric: int
    bits: tuple[int, ...]
    formats: tuple[int, ...]
    extra: tuple[int, ...]
    bands: int
    planar: int
    compression: int
    subsampling: tuple[int, ...]
    reduced: bool
    inverted: bool
    data: bytes

    @property
    def declared(self) -> int:
        """Bits of a sample, as the file says."""
        return max(self.bits)

    @property
    def known(self) -> bool:
        """Whether Pillow knows such a kind: what it cannot open is damaged then."""
        formats = tuple(dict.fromkeys(self.formats))
        bits = self.bits * self.bands if len(self.bits) == 1 else self.bits[: self.bands]
        wanted = (self.photometric, formats, bits, self.extra)
        prefix = self.data[:2]
        return any(
            key[0] == prefix and (key[1], *key[2:3], *key[4:]) == wanted
            for key in TiffImagePlugin.OPEN_INFO
        )

    @property
    def signed(self) -> bool:
        """Whether samples are integers that may be negative."""
        return _SIGNED in self.formats

    @property
    def dropped(self) -> int:
        """How many bands are no colours, and no transparency."""
        colours = {_COLOURS: 3, _YCBCR: 3, _CMYK: 4}.get(self.photometric, 1)
        return max(0, self.bands - colours - sum(x in (1, 2) for x in self.extra[:1]))

    @property
    def words(self) -> str:
        """What it holds, for people."""
        shows = _SHOWS.get(self.photometric, f"a meaning numbered {self.photometric}")
        bits = "/".join(str(b) for b in dict.fromkeys(self.bits))
        sample = "/".join(_SAMPLE.get(f, "other ") for f in dict.fromkeys(self.formats))
        one = f"{self.bands} band{'s' * (self.bands != 1)}"
        apart = ", each by itself" if self.planar == 2 and self.bands > 1 else ""
        return f"{one} of {bits}-bit {sample}values{apart}, meant as {shows}"

    def check(self, name: str) -> None:
        """Check that Pillow reads it as what it is.

        Raises
        ------
        ImageError
            If not.
        """
        if self.reduced:
            raise ImageError(
                f"{name} is a TIFF whose first page is a small copy of another one, as raw files "
                "of cameras are (DNG, NEF, CR2). Develop it first, and save it as PNG or JPEG."
            )
        raw = self.compression == _RAW
        apart = self.planar == 2 and self.bands > 1
        kept = self.bands - len(self.extra) * (not any(self.extra))
        if (
            (self.signed and 8 in self.bits)
            or (apart and kept > 1 and (self.photometric != _COLOURS or len(self.extra) > 1))
            or (apart and raw and (self.photometric != _COLOURS or self.dropped > 0))
            or (apart and not raw and self.bands > 3 + len(self.extra) and kept > 1)
            or (apart and raw and (set(self.bits) != {8} or 1 in self.extra))
            or self.photometric == _LAB
            or (self.photometric == _YCBCR and self.bands != 3)
            or (self.photometric == _YCBCR and raw and self.subsampling != (1, 1))
        ):
            raise ImageError(tiff_text(self, name))


def tiff_text(kind: TiffKind, name: str) -> str:
    """Return the sentence for a kind that is not read."""
    return (
        f"{name} is a TIFF with {kind.words}. That kind is not read; expected grey, RGB or a "
        "palette with 8 or 16 bits, or grey floating-point values of 32 bits. Save it as one of "
        "these, or as PNG."
    )


def is_tiff(data: bytes) -> bool:
    """Say whether bytes begin as a TIFF, or a BigTIFF, does."""
    return data[:2] in {b"II", b"MM"} and data[2:4] in {b"*\0", b"\0*", b"+\0", b"\0+"}


def tiff_kind(data: bytes) -> TiffKind | None:
    """Return what the tags of a file say, ``None`` if it is no TIFF or its tags are broken."""
    if not is_tiff(data):
        return None
    order = "<" if data[:2] == b"II" else ">"
    try:
        return _kind(data, _entries(data, order), order)
    except struct.error:
        return None


@dataclass(frozen=True)
class _Entry:
    letter: str
    at: int
    values: tuple[int, ...]


def _entries(data: bytes, order: str) -> dict[int, _Entry]:
    """Read the numbers of the first directory, in the two sizes that files have."""
    big = data[2:3] == b"+"  # as Pillow sees it
    word, count_letter, width = ("Q", "Q", 20) if big else ("I", "H", 12)
    (start,) = struct.unpack_from(order + word, data, 8 if big else 4)
    (count,) = struct.unpack_from(order + count_letter, data, start)
    found: dict[int, _Entry] = {}
    first, inline = start + struct.calcsize(f"={count_letter}"), width - (12 if big else 8)
    for at in range(first, first + width * min(count, _MOST_ENTRIES), width):
        tag, kind, n = struct.unpack_from(f"{order}HH{word}", data, at)
        letter = _LETTERS.get(kind)
        if letter is None or not 0 < n <= _MOST_VALUES:
            continue
        layout, place = f"{order}{n}{letter}", at + width - inline
        if struct.calcsize(layout) > inline:
            (place,) = struct.unpack_from(order + word, data, place)
        found[tag] = _Entry(order + letter, place, struct.unpack_from(layout, data, place))
    return found


def _kind(data: bytes, entries: dict[int, _Entry], order: str) -> TiffKind:
    def of(tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
        return entries[tag].values if tag in entries else default

    bands, planar = of(_SAMPLES, (1,))[0], of(_PLANAR, (1,))[0]
    bits, photometric = of(_BITS, (1,)), of(_PHOTOMETRIC, (0,))[0]
    changed = {}
    if planar == 2 and bands == 1:  # one plane is one plane
        planar = changed[_PLANAR] = 1
    inverted = photometric == _WHITE_IS_LEAST and max(bits) > 8 and _PHOTOMETRIC in entries
    if inverted:
        changed[_PHOTOMETRIC] = _BLACK_IS_LEAST
    return TiffKind(
        photometric=photometric,
        bits=bits,
        formats=of(_FORMAT, (_UNSIGNED,)),
        extra=of(_EXTRA, ()),
        bands=bands,
        planar=planar,
        compression=of(_COMPRESSION, (_RAW,))[0],
        subsampling=of(_SUBSAMPLING, (2, 2)),
        reduced=bool(of(_SUBFILE, (0,))[0] & 1),
        inverted=inverted,
        data=_changed(data, [(entries[tag], value) for tag, value in changed.items()]),
    )


def _changed(data: bytes, changes: list[tuple[_Entry, int]]) -> bytes:
    if not changes:
        return data
    found = bytearray(data)
    for entry, value in changes:
        struct.pack_into(entry.letter, found, entry.at, value)
    return bytes(found)


def in_native_order(image: Image.Image) -> None:
    """Have what libtiff decompresses read in the order in which it hands it over."""
    tiles: list[Any] = getattr(image, "tile", [])
    for place, tile in enumerate(tiles):
        if tile.codec_name == "libtiff" and tile.args[0] in _NATIVE:
            tiles[place] = tile._replace(args=(_NATIVE[tile.args[0]], *tile.args[1:]))
