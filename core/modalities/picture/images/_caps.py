"""The caps of the settings, and the sentences that refuse what is beyond them."""

from __future__ import annotations

from core.errors import ImageError
from core.settings import settings

__all__ = ["MIN_SIDE", "byte_cap", "check_size", "pixel_cap", "too_many_bytes"]

MIN_SIDE = 8


def byte_cap() -> int:
    """Return how many bytes of a file are read at most."""
    return int(settings().max_upload_mb * 1e6)


def too_many_bytes(name: str, size: int) -> str:
    """Return why a file of ``size`` bytes is not read."""
    return (
        f"{name} has {size / 1e6:.1f} MB; at most {settings().max_upload_mb:g} MB are read "
        "(PELLUCID_MAX_UPLOAD_MB)."
    )


def pixel_cap() -> str:
    """Return how many pixels are read, and what to do about it."""
    return (
        f"At most {settings().max_megapixels:g} megapixels are read (PELLUCID_MAX_MEGAPIXELS): "
        "make it smaller first."
    )


def check_size(width: int, height: int, name: str) -> None:
    """Refuse a picture that is too small to be one, or too large to be decoded."""
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{name} has {width}×{height} pixels; at least {MIN_SIDE}×{MIN_SIDE} are needed."
        )
    if width * height > settings().max_megapixels * 1e6:
        raise ImageError(f"{name} has {width}×{height} pixels. {pixel_cap()}")
