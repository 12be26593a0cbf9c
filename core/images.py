"""From bytes to a checked picture, and from a picture to what a model sees.

Every cap is checked before pixels are decoded: a stranger's file costs a header read at most.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from core.contracts import Box, Geometry, ModelInput, Picture
from core.errors import ImageError
from core.settings import settings

__all__ = [
    "FORMATS",
    "MIN_SIDE",
    "SUFFIXES",
    "check_file",
    "from_array",
    "open_picture",
    "to_input",
]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
MIN_SIDE = 8
RESIZE_RATIO = 256 / 224
"""Short side of the resized picture relative to the crop, as ImageNet models are evaluated."""

_WANTED = "Expected a PNG, JPEG, WebP, BMP, TIFF or GIF picture."
_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML or SVG file"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000 picture"),
)


def open_picture(
    source: bytes | str | Path | npt.NDArray[np.generic], *, name: str | None = None
) -> Picture:
    """Decode one picture to upright RGB.

    Parameters
    ----------
    source : bytes, path or ndarray
        A file's bytes, a file's path, or an array ``(H, W)``, ``(H, W, 3)``: uint8, or floats in
        [0, 1].
    name : str, optional
        Name to show; the file's name by default.

    Returns
    -------
    Picture
        ``notes`` says what had to be done: alpha laid over white, 16 bits reduced to 8, only the
        first frame of an animation, the camera's orientation applied.

    Raises
    ------
    ImageError
        If the source is no picture of an allowed format, exceeds the caps of the settings, is
        smaller than 8 pixels a side, or is damaged.
    """
    if isinstance(source, np.ndarray):
        return from_array(source, name=name or "array")
    if isinstance(source, str | Path):
        return _decode(_read(Path(source)), name or Path(source).name)
    return _decode(source, name or "picture")


def from_array(array: npt.NDArray[np.generic], *, name: str = "array") -> Picture:
    """Wrap an array ``(H, W)`` or ``(H, W, 3)``: uint8, or floats in [0, 1].

    Raises
    ------
    ImageError
        If shape, type or range is another.
    """
    shaped = np.stack([array] * 3, axis=-1) if array.ndim == 2 else array
    if shaped.ndim != 3 or shaped.shape[-1] != 3:
        raise ImageError(f"Expected an array (H, W, 3) or (H, W). Received shape {array.shape}.")
    if np.issubdtype(shaped.dtype, np.floating):
        if not np.isfinite(shaped).all() or shaped.min() < 0 or shaped.max() > 1:
            raise ImageError(f"{name}: float pixels must be finite and in [0, 1].")
        shaped = np.rint(shaped * 255)
    elif shaped.dtype != np.uint8:
        raise ImageError(f"Expected uint8, or floats in [0, 1]. Received {array.dtype}.")
    _check_size(shaped.shape[1], shaped.shape[0], name)
    return Picture(name, np.ascontiguousarray(shaped, dtype=np.uint8))


def check_file(path: Path) -> None:
    """Check a file against every cap by its size and header; no pixel is decoded.

    Raises
    ------
    ImageError
        As :func:`open_picture`, but damage behind the header is not found.
    """
    _check_bytes(path)
    with _explained(path.name, path), Image.open(path, formats=FORMATS) as image:
        _check_size(*image.size, path.name)


def _check_bytes(path: Path) -> None:
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise ImageError(f"{path} {kind}. {_WANTED}")
    cap = settings().max_upload_mb
    if path.stat().st_size > cap * 1e6:
        raise ImageError(_too_many_bytes(path.name, path.stat().st_size))


def _read(path: Path) -> bytes:
    _check_bytes(path)
    return path.read_bytes()


def _decode(data: bytes, name: str) -> Picture:
    if not data:
        raise ImageError(f"{name} is empty (0 bytes). {_WANTED}")
    if len(data) > settings().max_upload_mb * 1e6:
        raise ImageError(_too_many_bytes(name, len(data)))
    with _explained(name, data), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_size(*image.size, name)
        return _upright_rgb(image, name)


@contextmanager
def _explained(name: str, source: bytes | Path) -> Iterator[None]:
    """Turn whatever Pillow raises inside into an :class:`ImageError` that helps."""
    try:
        with warnings.catch_warnings():
            # Our own cap is checked before any pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except UnidentifiedImageError as error:
        head = source if isinstance(source, bytes) else source.read_bytes()
        raise ImageError(f"{name} is {_describe(head)}. {_WANTED}") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} has too many pixels. {_pixel_cap()}") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow signals truncated and damaged files by any of these.
        raise ImageError(
            f"{name} is damaged or cut off and cannot be read ({_first_line(error)}). "
            "Save it again from its source, or try another file."
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _too_many_bytes(name: str, size: int) -> str:
    return (
        f"{name} has {size / 1e6:.1f} MB; at most {settings().max_upload_mb:g} MB are read "
        "(PELLUCID_MAX_UPLOAD_MB)."
    )


def _pixel_cap() -> str:
    return (
        f"At most {settings().max_megapixels:g} megapixels are read (PELLUCID_MAX_MEGAPIXELS): "
        "make it smaller first."
    )


def _check_size(width: int, height: int, name: str) -> None:
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{name} has {width}×{height} pixels; at least {MIN_SIDE}×{MIN_SIDE} are needed."
        )
    if width * height > settings().max_megapixels * 1e6:
        raise ImageError(f"{name} has {width}×{height} pixels. {_pixel_cap()}")


def _describe(data: bytes) -> str:
    head = data[:64].lstrip()
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    return "no picture that can be read"


def _upright_rgb(image: Image.Image, name: str) -> Picture:
    notes: list[str] = []
    if getattr(image, "n_frames", 1) > 1:
        notes.append(f"The first of {image.n_frames} frames is used.")  # type: ignore[attr-defined]
        image.seek(0)
    kind = str(image.format)
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.size != image.size or (image.getexif().get(0x0112, 1) != 1):
        notes.append("Turned upright as the camera noted.")
    rgb = _to_rgb(upright, name, notes)
    pixels = np.ascontiguousarray(np.asarray(rgb, dtype=np.uint8))
    return Picture(name, pixels, kind, tuple(notes))


def _to_rgb(image: Image.Image, name: str, notes: list[str]) -> Image.Image:
    if image.mode == "F":
        raise ImageError(f"{name} holds floating-point values. Save it with 8 or 16 bits.")
    if image.mode.startswith("I"):
        notes.append("Reduced from 16 to 8 bits.")
        return _from_sixteen_bits(image, name)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            notes.append("Transparent parts are laid over white.")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    if image.mode == "CMYK":
        notes.append("Converted from CMYK.")
    return image.convert("RGB")


def _from_sixteen_bits(image: Image.Image, name: str) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError(f"{name} holds 32-bit values. Save it with 8 or 16 bits.")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8), mode="L").convert("RGB")


def _crop_box(width: int, height: int, size: int) -> Box:
    """Return the region that resizing the short side and cutting out the centre would show.

    Both steps are rounded to whole pixels of the resized picture, as evaluation code does: a
    picture that has the size already is passed through without resampling. What is not larger
    than the input has no margin to spare: of a small photograph (CIFAR) all is looked at.
    """
    short = size if min(width, height) <= size else round(size * RESIZE_RATIO)
    scale = short / min(width, height)
    resized = (round(width * scale), round(height * scale))
    left, top = ((side - size) // 2 for side in resized)
    across, down = width / resized[0], height / resized[1]
    return Box(left * across, top * down, (left + size) * across, (top + size) * down)


def _letterbox(width: int, height: int, size: int) -> tuple[tuple[int, int], tuple[int, int], Box]:
    """Return the size and the corner of the picture inside the input, and the box they lead to.

    Both are whole pixels of the input, so each side has its own scale: the box is made of these
    numbers, not of the ratio they were rounded from.
    """
    scale = size / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = ((size - side) // 2 for side in inner)
    across, down = width / inner[0], height / inner[1]
    box = Box(-left * across, -top * down, (size - left) * across, (size - top) * down)
    return inner, (left, top), box


def to_input(picture: Picture, *, size: int, geometry: Geometry = "crop") -> ModelInput:
    """Resize ``picture`` to the ``size`` × ``size`` pixels a model sees.

    Parameters
    ----------
    picture : Picture
    size : int
        Side of the model's input.
    geometry : {"crop", "squash", "letterbox"}
        ``crop``: short side to 256/224 of ``size`` (to ``size`` where the picture is not larger),
        then the centre. ``squash``: both sides to ``size``. ``letterbox``: the whole picture, grey
        (127) beside it.

    Returns
    -------
    ModelInput
        ``box`` is the part of the original that the input shows; antialiased bicubic resizing.
    """
    width, height = picture.width, picture.height
    image = Image.fromarray(picture.pixels)
    if geometry == "crop":
        box = _crop_box(width, height, size)
        resized = _resize(image, (size, size), box)
    elif geometry == "squash":
        box = Box(0.0, 0.0, float(width), float(height))
        resized = _resize(image, (size, size), box)
    else:
        inner, corner, box = _letterbox(width, height, size)
        resized = Image.new("RGB", (size, size), (127, 127, 127))
        resized.paste(_resize(image, inner, Box(0.0, 0.0, float(width), float(height))), corner)
    return ModelInput(
        name=picture.name,
        pixels=np.asarray(resized, dtype=np.uint8),
        box=box,
        geometry=geometry,
        width=width,
        height=height,
        image_sha256=picture.sha256,
    )


def _resize(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    region = (box.left, box.top, box.right, box.bottom)
    # Pillow widens its filter by the reduction, so this is antialiased.
    return image.resize(size, Image.Resampling.BICUBIC, box=region)
