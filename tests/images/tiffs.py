"""TIFF files of every kind, written here byte by byte, and what each of them shows."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

WIDTH, HEIGHT = 40, 30
Sample = Literal["uint", "int", "float"]
Order = Literal["<", ">"]
_ORDERS: tuple[Order, ...] = ("<", ">")
_FORMATS: dict[Sample, int] = {"uint": 1, "int": 2, "float": 3}


@dataclass(frozen=True)
class Kind:
    """How a TIFF says that its samples are to be read."""

    photometric: int
    """0: the least is white. 1: the least is black. 2: RGB. 3: a palette."""
    bits: int
    sample: Sample
    order: Order
    planar: int
    bands: int
    compressed: bool = False
    extra: int | None = 0
    """What bands beyond the colours are: 0 anything, 1 alpha that was multiplied in, 2 alpha."""
    negative: bool = False

    @property
    def colours(self) -> int:
        """How many bands are colours."""
        return 3 if self.photometric == 2 else 1


def kinds() -> list[Kind]:
    """Every combination that can be written; floats of fewer than 16 bits cannot."""
    found = [
        Kind(photometric, bits, sample, order, planar, bands, compressed)
        for photometric, bits in product((0, 1, 2, 3), (1, 2, 4, 8, 12, 16, 32, 64))
        for sample, order in product(_FORMATS, _ORDERS)
        for planar, bands, compressed in product((1, 2), (1, 2, 3, 4, 5), (False, True))
    ]
    return [kind for kind in found if kind.sample != "float" or kind.bits in (16, 32, 64)]


def values(kind: Kind, seed: int = 0) -> np.ndarray:
    """Draw ``(H, W, bands)`` samples that fill what the kind can hold, so far as it is read."""
    rng = np.random.default_rng(seed)
    shape = (HEIGHT, WIDTH, kind.bands)
    if kind.sample == "float":
        return rng.random(shape).astype(f"f{kind.bits // 8}")
    top = 2 ** min(kind.bits - (kind.sample == "int"), 16) - 1
    drawn = rng.integers(0, top + 1, shape)
    drawn[0, 0], drawn[0, 1] = 0, top
    if kind.negative:
        drawn[0, 2] = -1 - top
    return drawn


def colormap(bits: int) -> np.ndarray:
    """Return the palette that every file here has, ``(2**bits, 3)`` of 16 bits."""
    rng = np.random.default_rng(bits)
    found: np.ndarray = rng.integers(0, 256, (2**bits, 3)) * 257
    return found


def shown(kind: Kind, drawn: np.ndarray) -> np.ndarray:
    """Return what a picture of this kind shows by the TIFF specification, uint8 ``(H, W, 3)``."""
    colours = drawn[..., : kind.colours].astype(np.float64)
    if kind.photometric == 3:
        shares = (colormap(kind.bits)[drawn[..., 0]] >> 8) / 255
    elif kind.photometric == 2 and kind.bits == 16:
        shares = (drawn[..., :3] >> 8) / 255  # as Pillow reads them
    elif kind.sample == "float":
        shares = colours
    else:
        shares = colours / (2 ** min(kind.bits, 16) - 1)
    if kind.photometric == 0:
        shares = 1 - shares
    alpha = 1.0
    if kind.bands > kind.colours and kind.extra in (1, 2):
        alpha = drawn[..., kind.colours, None] / (2**kind.bits - 1)
    if kind.extra == 1:
        shares = np.minimum(shares / np.maximum(alpha, 1e-9), 1)
    mixed = np.rint(255 * (shares * alpha + 1 - alpha))
    return np.broadcast_to(mixed, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def written(kind: Kind, drawn: np.ndarray) -> bytes:
    """Return the file."""
    planes = [drawn] if kind.planar == 1 else [drawn[..., [b]] for b in range(kind.bands)]
    strips = [_packed(kind, plane) for plane in planes]
    if kind.compressed:
        strips = [zlib.compress(strip) for strip in strips]
    n_extra = max(0, kind.bands - kind.colours)
    tags: dict[int, tuple[str, list[int]]] = {
        256: ("I", [WIDTH]), 257: ("I", [HEIGHT]), 258: ("H", [kind.bits] * kind.bands),
        259: ("H", [8 if kind.compressed else 1]), 262: ("H", [kind.photometric]),
        273: ("I", [0] * len(strips)), 277: ("H", [kind.bands]), 278: ("I", [HEIGHT]),
        279: ("I", [len(strip) for strip in strips]), 284: ("H", [kind.planar]),
        339: ("H", [_FORMATS[kind.sample]] * kind.bands),
    }  # fmt: skip
    if n_extra and kind.extra is not None:
        tags[338] = ("H", [kind.extra] + [0] * (n_extra - 1))
    if kind.photometric == 3 and kind.bits <= 8:
        tags[320] = ("H", colormap(kind.bits).T.ravel().tolist())
    return _file(kind.order, tags, strips)


def _packed(kind: Kind, plane: np.ndarray) -> bytes:
    """Return samples one after another, each row beginning at a byte."""
    rows = plane.reshape(HEIGHT, -1)
    if kind.sample == "float":
        return rows.astype(f"{kind.order}f{kind.bits // 8}").tobytes()
    if kind.bits >= 8 and kind.bits != 12:
        letter = "i" if kind.sample == "int" else "u"
        return rows.astype(f"{kind.order}{letter}{kind.bits // 8}").tobytes()
    bits = rows[..., None] >> np.arange(kind.bits)[::-1] & 1
    return np.packbits(bits.reshape(HEIGHT, -1).astype(np.uint8), axis=1).tobytes()


def _file(order: str, tags: dict[int, tuple[str, list[int]]], strips: list[bytes]) -> bytes:
    """Lay out head, strips, directory, and the values that do not fit into it."""
    at, starts = 8, []
    for strip in strips:
        starts.append(at)
        at += len(strip) + len(strip) % 2
    tags[273] = ("I", starts)
    body = b"".join(strip + b"\0" * (len(strip) % 2) for strip in strips)
    beside, entries = b"", b""
    behind = at + 2 + 12 * len(tags) + 4
    for tag, (letter, numbers) in sorted(tags.items()):
        data = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        if len(data) <= 4:
            field = data.ljust(4, b"\0")
        else:
            field = struct.pack(f"{order}I", behind + len(beside))
            beside += data + b"\0" * (len(data) % 2)
        kind = {"H": 3, "I": 4}[letter]
        entries += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + field
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", at)
    count = struct.pack(f"{order}H", len(tags))
    return head + body + count + entries + bytes(4) + beside
