"""What decoding a file would cost, looked up before it begins.

A file of some kilobytes can ask for seconds and gigabytes: thousands of scans, millions of empty
parts, a canvas that a decoder holds three times over. What is found here is a refusal, in one line.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from PIL import Image

from core.errors import ImageError
from core.modalities.picture.images._pixels import is_deep
from core.settings import settings

__all__ = ["Metered", "check_cost", "check_head", "check_sums", "room"]

MAX_READS = 600_000
"""Parts of a file that are read one by one; a GIF of 25 MB has 200 000."""
MAX_STRIPS = 50_000
MIN_SCANS, SCANNED_PIXELS = 25, 0.8e9
MAX_RUN_PIXELS = 8e6
"""Of a BMP with run lengths, which Pillow decodes in Python."""
ALLOWANCE = 300e6
"""Bytes that decoding may take beside a picture of as many pixels as are read at all."""
_HELD = 4
"""Bytes a pixel that Pillow holds of a picture, and those of the result beside it."""
_RESULT = 3
_TO_DECODE = {"WEBP": 20, "TIFF": 8}
"""Bytes a pixel at the height of decoding, where that is more."""
_STRIP_TAGS = (273, 324)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


class Metered:
    """A file that refuses to be read in too many small parts."""

    def __init__(self, file: IO[bytes], name: str, reads: int = MAX_READS) -> None:
        self._file, self._name, self._left = file, name, reads
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1, /) -> bytes:
        """Read on, as files do.

        Raises
        ------
        ImageError
            If it was read too often before.
        """
        self._left -= 1
        if self._left < 0:
            raise ImageError(f"{self._name} is made of too many small parts. {_AGAIN}")
        return self._file.read(size)


_AGAIN = "Save it again as one ordinary picture."


def check_head(head: bytes, name: str) -> None:
    """Check what Pillow would work through when it opens the file.

    Raises
    ------
    ImageError
        If a TIFF is cut into too many strips or tiles.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        return
    at = struct.unpack_from(f"{order}I", head, 4)[0]
    if at + 2 > len(head):
        return
    entries = struct.unpack_from(f"{order}H", head, at)[0]
    for entry in range(at + 2, min(at + 2 + 12 * entries, len(head) - 11), 12):
        tag, _, count = struct.unpack_from(f"{order}HHI", head, entry)
        if tag in _STRIP_TAGS and count > MAX_STRIPS:
            raise ImageError(
                f"{name} is cut into {count} strips or tiles; at most {MAX_STRIPS} are read. "
                f"{_AGAIN}"
            )


def check_sums(data: bytes, name: str) -> None:
    """Check the sums of a PNG's pixels, which Pillow passes over: blanks decode as black.

    Raises
    ------
    ImageError
        If one is wrong: the file was cut off and filled up, or damaged on its way.
    """
    if not data.startswith(b"\x89PNG"):
        return
    view, at = memoryview(data), 8
    for _ in range(MAX_READS):
        if at + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            return  # told by the decoder
        if (
            kind == b"IDAT"
            and zlib.crc32(view[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]
        ):
            raise ImageError(
                f"{name} is a PNG that is damaged: its pixels are not those that were saved (the "
                "sum is wrong). Copy it again from its source."
            )
        at = end + 4


def check_cost(image: Image.Image, data: bytes, name: str) -> int:
    """Return about how many bytes decoding takes at its height.

    Parameters
    ----------
    image : Image
        Opened, not loaded.
    data : bytes
        The whole file.

    Raises
    ------
    ImageError
        If that is more than may be, or it would take too long.
    """
    pixels = image.width * image.height
    scans = _scans(data, name) if data[:2] == b"\xff\xd8" else 1
    if scans > max(MIN_SCANS, SCANNED_PIXELS / pixels):
        raise ImageError(
            f"{name} has {scans} scans, which would take long to decode. Save it again as a JPEG "
            "that is not progressive."
        )
    if image.format == "BMP" and image.tile[0][0] == "bmp_rle" and pixels > MAX_RUN_PIXELS:  # type: ignore[attr-defined]
        raise ImageError(
            f"{name} is a BMP with run lengths of more than {MAX_RUN_PIXELS / 1e6:g} megapixels. "
            "Save it as PNG."
        )
    coefficients = 2 * len(image.getbands()) if scans > 1 else 0
    # The lower bytes of colours are a second picture.
    twice = _HELD if is_deep(image) and not image.mode.startswith("I") else 0
    decoding = max(_HELD + coefficients, twice + _TO_DECODE.get(str(image.format), _HELD))
    needed = pixels * max(decoding, _HELD + twice + _RESULT)
    most = settings().max_megapixels * 1e6 * _HELD + ALLOWANCE
    if needed > most:
        raise ImageError(
            f"{name} has {image.width}×{image.height} pixels, which would take "
            f"{needed / 1e6:.0f} MB to decode from {image.format}; at most {most / 1e6:.0f} MB are "
            "taken (PELLUCID_MAX_MEGAPIXELS). Make it smaller, or save it as PNG."
        )
    return int(needed)


def _scans(data: bytes, name: str) -> int:
    """Count the scans of a JPEG: the markers behind the segments that may hold anything."""
    at, segments = 2, 0
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xda" and at + 4 <= len(data):
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
        segments += 1
        if segments > MAX_STRIPS:
            raise ImageError(f"{name} is made of too many small parts. {_AGAIN}")
    return data.count(b"\xff\xda", min(at, len(data)))


class _Room:
    """So many bytes that decodings share; who needs more than all of it waits to be alone."""

    def __init__(self) -> None:
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, needed: int, limit: float) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + needed <= limit)
            self._taken += needed
        try:
            yield
        finally:
            with self._changed:
                self._taken -= needed
                self._changed.notify_all()


_room = _Room()


@contextmanager
def room(needed: int) -> Iterator[None]:
    """Hold ``needed`` bytes while decoding: this process decodes what two pictures may take."""
    limit = 2 * (settings().max_megapixels * 1e6 * _HELD + ALLOWANCE)
    with _room.taken(needed, limit):
        yield
