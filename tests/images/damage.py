"""Pictures of every format, and the ways in which files get damaged."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from tests.images.tiffs import Kind, values, written

Rng = np.random.Generator
_EXTREMES = (0, 1, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 60_000, 3_000_000)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    # Pictures remember how they were saved last.
    if "append_images" in options:
        options["append_images"] = [frame.copy() for frame in options["append_images"]]
    image.copy().save(buffer, kind, **options)
    return buffer.getvalue()


def png_sixteen(values: np.ndarray) -> bytes:
    """A PNG of 16 bits, ``(H, W)`` or ``(H, W, C)`` with 2, 3 or 4 channels; Pillow writes none."""
    array = values if values.ndim == 3 else values[..., None]
    height, width, channels = array.shape
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in array)
    head = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PLAIN_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
"""Of DICOM, without compression: implicit, explicit, big endian."""


def dicom(values: np.ndarray, *, syntax: str = PLAIN_SYNTAXES[1], **tags: object) -> bytes:
    """An uncompressed DICOM file of ``(H, W)`` or ``(frames, H, W)``, int16 or uint16 or uint8."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    made = FileDataset(
        "x", {}, file_meta=meta, preamble=b"\0" * 128,
        is_implicit_VR=syntax == PLAIN_SYNTAXES[0], is_little_endian=syntax != PLAIN_SYNTAXES[2],
    )  # fmt: skip
    made.Rows, made.Columns = values.shape[-2:]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = values.dtype.itemsize * 8
    made.HighBit = made.BitsAllocated - 1
    made.PixelRepresentation = int(values.dtype.kind == "i")
    if values.ndim == 3:
        made.NumberOfFrames = len(values)
    for name, value in tags.items():
        setattr(made, name, value)
    order = ">" if syntax == PLAIN_SYNTAXES[2] else "<"
    made.PixelData = values.astype(values.dtype.newbyteorder(order)).tobytes()
    made["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def sound_files() -> dict[str, bytes]:
    """Small pictures in every format, mode and compression that is read."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    rgb = coarse.resize((40, 30), Image.Resampling.BICUBIC)
    frames = [rgb.rotate(90 * i) for i in range(3)]
    several = {"save_all": True, "append_images": frames[1:]}
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a picture"
    deep = np.linspace(0, 4095, 40, dtype=np.uint16)[None].repeat(30, 0)
    found = {
        "png": encoded(rgb, "PNG", exif=exif),
        "png palette": encoded(rgb.convert("P"), "PNG", transparency=0),
        "png animated": encoded(frames[0], "PNG", **several),
        "png 16": encoded(Image.fromarray(deep), "PNG"),
        "png 16 colours": png_sixteen(np.repeat(deep[..., None], 3, -1)),
        "jpeg": encoded(rgb, "JPEG", exif=exif),
        "jpeg progressive": encoded(rgb, "JPEG", progressive=True),
        "jpeg cmyk": encoded(rgb.convert("CMYK"), "JPEG"),
        "mpo": encoded(frames[0], "MPO", **several),
        "webp": encoded(rgb, "WEBP", exif=exif),
        "webp lossless": encoded(rgb.convert("RGBA"), "WEBP", lossless=True),
        "webp animated": encoded(frames[0], "WEBP", **several),
        "bmp": encoded(rgb, "BMP"),
        "bmp palette": encoded(rgb.convert("P"), "BMP"),
        "gif": encoded(rgb.convert("P"), "GIF"),
        "gif animated": encoded(frames[0], "GIF", **several, loop=0, comment=b"c" * 300),
        "tiff": encoded(rgb, "TIFF", exif=exif),
        "tiff pages": encoded(frames[0], "TIFF", **several),
        "tiff float": encoded(Image.fromarray(deep.astype(np.float32) / 4095), "TIFF"),
        "tiff 16": encoded(Image.fromarray(deep), "TIFF", compression="tiff_lzw"),
        "dicom": dicom(deep, WindowCenter=2000, WindowWidth=4000),
        "dicom frames": dicom(np.stack([deep, deep])),
    }
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "tiff_jpeg", "packbits"):
        found[compression] = encoded(rgb, "TIFF", compression=compression)
    padded = deep.astype(np.int16)
    padded[:4] = -2000
    found["dicom padded"] = dicom(
        padded, PixelPaddingValue=-2000, RescaleSlope=1, RescaleIntercept=-1024,
        PhotometricInterpretation="MONOCHROME1",
    )  # fmt: skip
    for syntax in PLAIN_SYNTAXES:
        found[f"dicom frames {syntax}"] = dicom(np.stack([deep, deep]), syntax=syntax)
    for name, kind in _TIFFS.items():
        found[name] = written(kind, values(kind))
    return found


def foreign_files() -> dict[str, tuple[bytes, str]]:
    """Pictures of formats that are not read, and what they are called."""
    rgb = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))
    written = {"JPEG2000": "JPEG 2000", "ICO": "icon", "PPM": "PPM", "TGA": "no picture that can",
               "AVIF": "AVIF", "PCX": "no picture that can", "DDS": "no picture that can",
               "ICNS": "no picture that can", "PDF": "PDF", "SGI": "no picture that can",
               "EPS": "no picture that can", "SPIDER": "no picture that can"}  # fmt: skip
    found = {
        kind: (encoded(rgb.convert("F") if kind == "SPIDER" else rgb, kind), words)
        for kind, words in written.items()
    }
    return found | {
        "PSD": (b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30, 40, 8, 3), "Photoshop"),
        "HEIC": (b"\0\0\0\x18ftypheic" + bytes(4000), "HEIC"),
        "JPEG XL": (b"\xff\x0a" + bytes(4000), "JPEG XL"),
        "OpenEXR": (b"\x76\x2f\x31\x01\2" + bytes(4000), "OpenEXR"),
        "FITS": (b"SIMPLE  =                    T" + bytes(4000), "FITS"),
        "MP4": (b"\0\0\0\x18ftypisom" + bytes(4000), "video"),
        "NumPy": (b"\x93NUMPY\1\0" + bytes(4000), "numpy.load"),
        "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        "DNG": (encoded(rgb, "TIFF", tiffinfo={254: 1}), "raw files of cameras"),
    }  # fmt: skip


_TIFFS = {
    "tiff white 16": Kind(0, 16, "uint", ">", 1, 1),
    "tiff white 4": Kind(0, 4, "uint", "<", 2, 1),
    "tiff 12": Kind(1, 12, "uint", "<", 1, 1),
    "tiff float compressed": Kind(1, 32, "float", ">", 1, 1, compressed=True),
    "tiff planes": Kind(2, 8, "uint", "<", 2, 3),
    "tiff palette": Kind(3, 8, "uint", ">", 1, 1, compressed=True),
    "tiff colours 16": Kind(2, 16, "uint", ">", 1, 4, compressed=True, extra=2),
    "tiff five bands": Kind(2, 8, "uint", "<", 1, 5),
}


def mutated(data: bytes, rng: Rng) -> bytes:
    """Damage a file in one to three ways."""
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        _WAYS[int(rng.integers(len(_WAYS)))](found, rng)
        if not found:
            return data[: len(data) // 2]
    return bytes(found)


def _at(found: bytearray, rng: Rng) -> int:
    """A place in the file; every other time in its head, where the structure is."""
    end = len(found) if rng.random() < 0.5 else min(len(found), 256)
    return int(rng.integers(end))


def _flip(found: bytearray, rng: Rng) -> None:
    for _ in range(int(rng.integers(1, 9))):
        found[_at(found, rng)] = int(rng.integers(256))


def _number(found: bytearray, rng: Rng) -> None:
    value, at = _EXTREMES[int(rng.integers(len(_EXTREMES)))], _at(found, rng)
    width = 2 if value < 2**16 and rng.random() < 0.5 else 4
    big = rng.random() < 0.5
    found[at : at + width] = value.to_bytes(width, "big" if big else "little")


def _cut(found: bytearray, rng: Rng) -> None:
    del found[_at(found, rng) :]


def _drop(found: bytearray, rng: Rng) -> None:
    at = _at(found, rng)
    del found[at : at + int(rng.integers(1, 40))]


def _repeat(found: bytearray, rng: Rng) -> None:
    at, length = _at(found, rng), int(rng.integers(1, 60))
    found[at:at] = found[at : at + length] * int(rng.integers(1, 20))


def _blank(found: bytearray, rng: Rng) -> None:
    at, length = _at(found, rng), int(rng.integers(1, 60))
    found[at : at + length] = bytes(len(found[at : at + length]))


_WAYS = (_flip, _number, _cut, _drop, _repeat, _blank)


def damaged_files(
    n: int, *, seed: int, files: dict[str, bytes] | None = None
) -> Iterator[tuple[str, bytes]]:
    """``n`` damaged pictures, each format as often as the others."""
    rng = np.random.default_rng(seed)
    sound = list((files or sound_files()).items())
    for i in range(n):
        name, data = sound[i % len(sound)]
        yield f"{name} {i}", mutated(data, rng)
