"""Opening a picture: the one place where strangers' bytes meet decoders."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.contracts import Depth, Picture, Readable, Source
from core.errors import ImageError, PellucidError
from core.files import no_file
from core.modalities.picture.images._arrays import from_array
from core.modalities.picture.images._caps import MIN_SIDE, check_size, pixel_cap, too_many_bytes
from core.modalities.picture.images._cost import Metered, check_cost, check_head, check_sums, room
from core.modalities.picture.images._depth import with_unused
from core.modalities.picture.images._dicom import dicom_size, is_dicom, read_dicom
from core.modalities.picture.images._files import KINDS
from core.modalities.picture.images._in_memory import name_of, read_file
from core.modalities.picture.images._pixels import is_deep, upright_rgb
from core.modalities.picture.images._quiet import quieten
from core.modalities.picture.images._tiff import is_tiff, tiff_kind, tiff_text
from core.settings import settings

__all__ = ["FORMATS", "MIN_SIDE", "check_file", "from_array", "open_picture"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
"""What Pillow decodes; DICOM is read by pydicom."""

quieten()

_HEAD_BYTES = 2**16
_WANTED = f"Expected a {' or '.join(KINDS.rsplit(', ', 1))} picture."
_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG file"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "an icon (ICO)"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"\x93NUMPY", "a NumPy array: open it with numpy.load, and give the array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"SIMPLE  =", "a FITS file"),
    *((b"P%d" % n, "a PBM, PGM or PPM picture") for n in range(1, 8)),
    (b"\x89PNG", "a PNG that is damaged or cut off"),
    (b"\xff\xd8\xff", "a JPEG that is damaged or cut off"),
    (b"GIF8", "a GIF that is damaged or cut off"),
    (b"RIFF", "a WebP picture that is damaged, or a sound or a video"),
    (b"II*\x00", "a TIFF that is damaged"),
    (b"MM\x00*", "a TIFF that is damaged"),
    (b"MM\x00+", "a big-endian BigTIFF, which is not read"),
    (b"\x00\x05\x16\x07", "what macOS notes beside a file (AppleDouble)"),
)


_BRANDS = {b"avif": "an AVIF picture", b"avis": "an AVIF picture"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "a HEIC picture"
)


def open_picture(source: Source, *, name: str | None = None, depth: Depth = "auto") -> Picture:
    """Decode one picture to upright RGB.

    Parameters
    ----------
    source : path, bytes, open file, PIL.Image.Image, ndarray or Picture
        A file's path, its bytes, or the file itself, opened for reading bytes. A picture of Pillow
        as Pillow holds it: of several frames the one it stands at, and of colours of 16 bits the
        8 that it keeps. An array ``(H, W)`` or ``(H, W, 1)`` of grey, ``(H, W, 3)`` of RGB or
        ``(H, W, 4)`` of RGB with alpha: uint8, uint16, or floats in [0, 1]. A :class:`Picture` is
        returned as it is.
    name : str, optional
        Name to show; the file's name by default.
    depth : {"auto", "8", "10", "12", "14", "16"}
        Bits of each sample in a file of 16; ``"auto"``: as few of these as hold the largest value.
        Files of 8 bits are what they are.

    Returns
    -------
    Picture
        ``notes`` says what had to be done: alpha laid over white, 16 bits reduced to 8, 12 bits
        scaled, a DICOM window applied, only the first frame of several, the camera's orientation.

    Raises
    ------
    ImageError
        If the source is no picture of an allowed format, exceeds the caps of the settings, would
        take too much to decode, is smaller than 8 pixels a side, or is damaged; if a file is open
        as text, or an array has another shape, type or range.

    Examples
    --------
    >>> import numpy as np
    >>> open_picture(np.full((16, 16), 0.5)).pixels[0, 0].tolist()
    [128, 128, 128]
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        return from_array(source, name=name or "array", depth=depth)
    if isinstance(source, str | Path):
        return _decode(_read(Path(source)), name or Path(source).name, depth)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), name or "picture", depth)
    if isinstance(source, Image.Image):
        return _from_pillow(source, name or name_of(source, "filename", "picture"), depth)
    if isinstance(source, Readable):
        shown = name or name_of(source, "name", "picture")
        return _decode(read_file(source, shown), shown, depth)
    raise ImageError(
        f"A picture is opened from a path, bytes, an open file, a Pillow image or an array. "
        f"Received: {type(source).__name__}. What can become an array is given as "
        "numpy.asarray(…)."
    )


def _from_pillow(image: Image.Image, name: str, depth: Depth) -> Picture:
    check_size(*image.size, name)
    with _explained(name, b""):
        held = image.copy()  # loaded by this; what belongs to somebody else is never closed
        pixels, notes, bits = upright_rgb(held, b"", name, depth)
    kind = str(image.format or "array")
    return with_unused(Picture(name, pixels, kind, tuple(notes), bits), depth)


def check_file(path: Path) -> bool:
    """Check a file against every cap by its size and header; no pixel is decoded.

    Returns
    -------
    bool
        Whether it holds samples of 16 bits, which ``depth`` says how to read.

    Raises
    ------
    ImageError
        As :func:`open_picture`, but damage behind the header is not found.
    """
    _check_bytes(path)
    name = path.name
    with path.open("rb") as file, _explained(name, path):
        head = file.read(_HEAD_BYTES)
        file.seek(0)
        if is_dicom(head):
            check_size(*dicom_size(file, name), name)
            return False
        check_head(head, name)
        kind = tiff_kind(path.read_bytes()) if is_tiff(head) else None
        if kind is not None:
            kind.check(name)
        opened = Metered(file if kind is None else io.BytesIO(kind.data), name)
        with Image.open(opened, formats=FORMATS) as image:  # type: ignore[arg-type]
            check_size(*image.size, name)
            return is_deep(image)


def _check_bytes(path: Path) -> None:
    if what := no_file(path):
        raise ImageError(f"{path} {what}. {_WANTED}")
    cap = settings().max_upload_mb
    if path.stat().st_size > cap * 1e6:
        raise ImageError(too_many_bytes(path.name, path.stat().st_size))


def _read(path: Path) -> bytes:
    _check_bytes(path)
    return path.read_bytes()


def _decode(data: bytes, name: str, depth: Depth) -> Picture:
    if not data:
        raise ImageError(f"{name} is empty (0 bytes). {_WANTED}")
    if len(data) > settings().max_upload_mb * 1e6:
        raise ImageError(too_many_bytes(name, len(data)))
    with _explained(name, data):
        if is_dicom(data):
            check_size(*dicom_size(io.BytesIO(data), name), name)
            pixels, notes = read_dicom(data, name)
            return with_unused(Picture(name, pixels, "DICOM", tuple(notes)), depth)
        check_head(data, name)
        kind = tiff_kind(data)
        if kind is not None:
            kind.check(name)
            data = kind.data
        file = Metered(io.BytesIO(data), name)
        with Image.open(file, formats=FORMATS) as image:  # type: ignore[arg-type]
            check_size(*image.size, name)
            check_sums(data, name)
            with room(check_cost(image, data, name)):
                pixels, notes, bits = upright_rgb(image, data, name, depth, kind)
            found = Picture(name, pixels, str(image.format), tuple(notes), bits)
            return with_unused(found, depth)


@contextmanager
def _explained(name: str, source: bytes | Path) -> Iterator[None]:
    """Turn whatever a decoder raises inside into an :class:`ImageError` that helps."""
    try:
        with warnings.catch_warnings():
            # Our own caps are checked before any pixel is decoded; odd tags are no news.
            warnings.simplefilter("ignore")
            yield
    except PellucidError:
        raise
    except UnidentifiedImageError as error:
        head = source if isinstance(source, bytes) else source.read_bytes()
        kind = tiff_kind(head)
        if kind is not None and not kind.known:
            raise ImageError(tiff_text(kind, name)) from error
        raise ImageError(f"{name} is {_describe(head)}. {_WANTED}") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} has too many pixels. {pixel_cap()}") from error
    except Exception as error:
        # The boundary to decoders: strangers' bytes make them raise anything that Python knows.
        raise ImageError(
            f"{name} is damaged or cut off and cannot be read ({_first_line(error)}). "
            "Save it again from its source, or try another file."
        ) from error


def _first_line(error: Exception) -> str:
    line = (str(error).splitlines() or [""])[0][:120].strip() or type(error).__name__
    return "".join(sign if sign.isprintable() else "�" for sign in line)


def _describe(data: bytes) -> str:
    head = data[:64].lstrip()
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video")
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    return "no picture that can be read"
