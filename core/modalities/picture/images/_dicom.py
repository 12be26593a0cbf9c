"""DICOM, by pydicom: uncompressed pictures, with the window that the file asks for.

Digital Imaging and Communications in Medicine, PS3.3 C.11.2 (VOI LUT and windows), C.7.5.1.1.2
(padding: pixels outside of what was measured, which belong to no range and are shown black).
"""

from __future__ import annotations

import io
import struct
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.errors import ImageError
from core.modalities.picture.images._cost import Metered
from core.modalities.picture.images._pixels import INVERTED
from core.numerals import excerpt

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["dicom_size", "is_dicom", "read_dicom"]

_AGAIN = "Copy it again from its source."
_PREAMBLE = 128
_MAX_READS = 100_000
_PLAIN = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}
"""Transfer syntaxes without compression: little endian implicit and explicit, big endian."""
_IMPLICIT = "1.2.840.10008.1.2"
_ELEMENT_HEAD = {syntax: 8 if syntax == _IMPLICIT else 12 for syntax in _PLAIN}
"""Bytes before the pixels of their element."""
_SYNTAX, _LONG = (0x0002, 0x0010), {b"OB", b"OW", b"OF", b"SQ", b"UN", b"UT"}
_COLOURS = {"RGB", "YBR_FULL"}
_GREYS = {"MONOCHROME1", "MONOCHROME2"}

Values = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]


def is_dicom(data: bytes) -> bool:
    """Say whether bytes begin as a DICOM file does."""
    return data[_PREAMBLE : _PREAMBLE + 4] == b"DICM"


def dicom_size(file: IO[bytes], name: str) -> tuple[int, int]:
    """Return width and height by the header.

    Raises
    ------
    ImageError
        If its pixels are compressed, or there are none, or too few.
    """
    syntax = _transfer_syntax(file, name)
    if syntax not in _PLAIN:
        raise ImageError(
            f"{name} is a DICOM file {_other_syntax(syntax)}. Expected one without compression: "
            "save it so (gdcmconv does it, as raw)."
        )
    try:
        header = _dataset(file, name, stop_before_pixels=True)
    except struct.error as error:  # fewer bytes than a number has
        raise ImageError(_cut_in_head(name)) from error
    begins = file.tell()
    left = file.seek(0, io.SEEK_END) - begins - _ELEMENT_HEAD[syntax]
    if left < 0:
        raise ImageError(
            f"{name} is a DICOM file that ends before any picture: it holds none, or is cut off. "
            f"{_AGAIN}"
        )
    if "Rows" not in header or "Columns" not in header:
        raise ImageError(f"{name} is a DICOM file without a picture.")
    width, height = int(header.Columns), int(header.Rows)
    bits = int(header.get("BitsAllocated") or 8) * int(header.get("SamplesPerPixel") or 1)
    needed = (width * height * bits + 7) // 8
    if left < needed:
        raise ImageError(
            f"{name} is a DICOM file that is damaged or cut off: a picture of {width}×{height} "
            f"pixels takes {needed} bytes, and {left} are there. {_AGAIN}"
        )
    return width, height


def _other_syntax(syntax: str) -> str:
    """Return in words how a file is written that is not read."""
    from pydicom.uid import UID

    if not syntax:
        return "that does not say how it is written (its transfer syntax is missing)"
    uid = UID(syntax)
    if uid.name == syntax:
        return f"that is written in a way that is not known (transfer syntax {excerpt(syntax)!r})"
    return f"with compressed pixels ({uid.name}, transfer syntax {syntax!r})"


def read_dicom(data: bytes, name: str) -> tuple[Pixels, list[str]]:
    """Return the first frame as uint8 ``(H, W, 3)``, and what was done to it.

    Raises
    ------
    ImageError
        If its colours are of a kind that is not read.
    """
    from pydicom.pixels import pixel_array

    found = _dataset(io.BytesIO(data), name)
    notes: list[str] = []
    if int(found.get("NumberOfFrames") or 1) > 1:
        notes.append("The first of several frames is used.")
    kind = str(found.get("PhotometricInterpretation", ""))
    if kind not in _GREYS | _COLOURS:
        raise ImageError(f"{name} is a DICOM file of the kind {kind!r}; grey and RGB are read.")
    frame = pixel_array(found, index=0)
    if kind in _COLOURS:
        if frame.dtype != np.uint8:
            raise ImageError(f"{name} is a DICOM file with colours of {frame.dtype}, not 8 bits.")
        return np.ascontiguousarray(frame), notes
    padded = _padding(frame, found, notes)
    grey = _windowed(frame, padded, found, name, notes)
    if kind == "MONOCHROME1":
        notes.append(INVERTED)
        grey = 255 - grey
    grey[padded] = 0
    return np.repeat(grey[..., None], 3, axis=-1), notes


def _cut_in_head(name: str) -> str:
    return f"{name} is a DICOM file that is damaged or cut off in its head. {_AGAIN}"


def _dataset(file: IO[bytes], name: str, **options: Any) -> Dataset:
    from pydicom import dcmread

    file.seek(0)
    return dcmread(Metered(file, name, _MAX_READS), **options)  # type: ignore[arg-type]


def _padding(frame: npt.NDArray[Any], found: Dataset, notes: list[str]) -> npt.NDArray[np.bool_]:
    """Return which pixels were filled in, by the stored values that the file gives for them."""
    ends = [_first(found.get(key)) for key in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    first, last = ends[0], ends[0] if ends[1] is None else ends[1]
    if first is None or last is None:
        return np.zeros(frame.shape, np.bool_)
    low, high = min(first, last), max(first, last)
    padded = (frame >= low) & (frame <= high)
    if padded.any():
        which = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        notes.append(
            f"DICOM: {int(padded.sum())} padding pixels (stored as {which}) are shown black and "
            "belong to no range."
        )
    return np.asarray(padded, np.bool_)


def _windowed(
    frame: npt.NDArray[Any],
    padded: npt.NDArray[np.bool_],
    found: Dataset,
    name: str,
    notes: list[str],
) -> Pixels:
    """Scale values to 0–255: by the file's window, its table, or its least and largest value."""
    from pydicom.pixels import apply_modality_lut, apply_voi

    values = np.asarray(apply_modality_lut(frame, found), np.float64)
    if not np.isfinite(values).all():
        raise ImageError(
            f"{name} is a DICOM file whose values, rescaled as it says, are no numbers. {_AGAIN}"
        )
    unit = f" {found.RescaleType}" if str(found.get("RescaleType", "")) == "HU" else ""
    centre, width = (_first(found.get(key)) for key in ("WindowCenter", "WindowWidth"))
    if centre is not None and width is not None:
        function = str(found.get("VOILUTFunction") or "LINEAR")
        if not (np.isfinite([centre, width]).all() and width >= 1):
            raise ImageError(
                f"{name} asks for a window of the width {width:g}; expected 1 or more."
            )
        which = f"window of the file (centre {centre:g}, width {width:g}{unit})"
        if function == "SIGMOID":
            notes.append(f"DICOM: the {which}, a sigmoid, became 0 to 255.")
            return _eight(1 / (1 + np.exp(-4 * (values - centre) / width)), 0.0, 1.0)
        low, high = centre - width / 2, centre + width / 2
        if function == "LINEAR":
            low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
        notes.append(f"DICOM: the {which}, values {low:g} to {high:g}, became 0 to 255.")
        return _eight(values, low, high)
    which = "least and largest values"
    if "VOILUTSequence" in found:
        whole = np.rint(values).astype(np.int64)
        values, which = np.asarray(apply_voi(whole, found), np.float64), "table of the file"
    measured = values[~padded] if padded.any() and not padded.all() else values
    low, high = float(measured.min()), float(measured.max())
    notes.append(f"DICOM without a window: {which}, {low:g} to {high:g}{unit}, became 0 to 255.")
    return _eight(values, low, high)


def _first(value: Any) -> float | None:
    """Return a number, or the first of several."""
    if value is None or value == "":
        return None
    return float(value if isinstance(value, int | float) else np.atleast_1d(value)[0])


def _eight(values: Values, low: float, high: float) -> Pixels:
    shares = (values - low) / ((high - low) or 1.0)
    return np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)


def _transfer_syntax(file: IO[bytes], name: str) -> str:
    """Return how the rest is written, read from the file meta group, which is always plain.

    Reading on without it would inflate a deflated file, however large that becomes.

    Raises
    ------
    ImageError
        If the file ends before it is said.
    """

    def read(size: int) -> bytes:
        found = file.read(size)
        if len(found) < size:
            raise ImageError(_cut_in_head(name))
        return found

    file.seek(_PREAMBLE + 4)
    for _ in range(_MAX_READS // 100):
        head = read(8)
        group, element, kind, length = struct.unpack("<HH2sH", head)
        if group != _SYNTAX[0]:
            return ""
        if kind in _LONG:
            length = struct.unpack("<I", read(4))[0]
        if (group, element) == _SYNTAX:
            return read(length).decode("ascii").rstrip("\0 ")
        file.seek(length, io.SEEK_CUR)
    return ""
