"""Pictures: decoded, and encoded for the browser, each once."""

from __future__ import annotations

import base64
import io
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from core import api
from core.api import open_picture
from core.contracts import GEOMETRIES, Geometry, Picture
from dashboard.lru import Lru
from dashboard.state import Choice

__all__ = [
    "base_uri",
    "data_uri",
    "encoded_uri",
    "framing",
    "open_picture",
    "picture_types",
    "thumbnail_uri",
]

_STAGE_SIDE = 1200
_THUMBNAIL_SIDE = 160
_TINY = 128
"""Up to this side a picture's own pixels are shown, each as a square."""
_bases: Lru[tuple[str, int], str] = Lru(64 * 2**20, len)


def picture_types() -> list[str]:
    """Return the file name endings of pictures, without the dot."""
    return [suffix.removeprefix(".") for suffix in api.PICTURE_SUFFIXES]


def framing(choice: Choice) -> Geometry:
    """Return how pictures are fitted to the model's size."""
    return cast(Geometry, dict(choice.reading).get("geometry", GEOMETRIES[0]))


def _encoded_uri(picture: Picture, side: int, quality: int) -> str:
    image = Image.fromarray(picture.pixels)
    buffer = io.BytesIO()
    if max(image.size) <= _TINY:
        # A browser that scales these squares a little more or less keeps them crisp.
        times = max(1, side // max(image.size))
        size = (image.width * times, image.height * times)
        lossless = side > _THUMBNAIL_SIDE
        large = image.resize(size, Image.Resampling.NEAREST)
        large.save(buffer, "WEBP", quality=quality, lossless=lossless)
        return data_uri(buffer.getvalue(), "image/webp")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image.save(buffer, "JPEG", quality=quality)
    return data_uri(buffer.getvalue(), "image/jpeg")


def data_uri(data: bytes, mime: str) -> str:
    """Return ``data`` as a data URI."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def encoded_uri(
    pixels: npt.NDArray[np.uint8], kind: Literal["WEBP", "JPEG"], *, at_least: int = 0, **how: Any
) -> str:
    """Return uint8 pixels as a data URI; those of a narrower picture become squares.

    A browser would smooth them, and with them what was done to them.
    """
    image = Image.fromarray(pixels)
    times = max(1, -(-at_least // image.width))
    if times > 1:
        size = (image.width * times, image.height * times)
        image = image.resize(size, Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return data_uri(buffer.getvalue(), f"image/{kind.lower()}")


def base_uri(picture: Picture, *, side: int = _STAGE_SIDE) -> str:
    """Return the picture as a data URI, at most ``side`` pixels long."""
    return _bases.get_or((picture.sha256, side), lambda: _encoded_uri(picture, side, 88))


def thumbnail_uri(picture: Picture) -> str:
    """Return a small data URI."""
    return _encoded_uri(picture, _THUMBNAIL_SIDE, 80)
