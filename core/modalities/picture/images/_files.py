"""Which files of a folder are pictures: one rule, wherever a folder is read."""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.modalities.picture.images._dicom import is_dicom
from core.modalities.picture.images._tiff import is_tiff

__all__ = ["KINDS", "SUFFIXES", "is_picture"]

KINDS = "PNG, JPEG, WebP, BMP, TIFF, GIF, DICOM"
"""The formats that are read, for sentences."""
SUFFIXES = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".webp", ".bmp", ".tif", ".tiff",
    ".gif", ".dcm", ".dicom",
)  # fmt: skip
_ENDING = re.compile(r"\.[a-z][a-z0-9]*", re.IGNORECASE)
"""What tells a kind of file; ``.123`` of a DICOM's name, or ``.jpg_large``, tells none."""
_HEAD = 132
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}


def is_picture(path: str | Path) -> bool:
    """Say whether a file of a folder is to be read as a picture.

    By its ending, in any case; without an ending, as DICOM's often are, by its first bytes. A link
    that leads nowhere is one by its ending, so that it is told with what cannot be read.

    Parameters
    ----------
    path : str or Path
        Of a file or a link, not of a folder.
    """
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 (a folder has many)
    if suffix in SUFFIXES:
        return True
    if _ENDING.fullmatch(suffix) or not os.path.isfile(path):  # noqa: PTH113 (likewise)
        return False
    try:
        with open(path, "rb") as file:
            return _begins_as_one(file.read(_HEAD))
    except OSError:
        return False


def _begins_as_one(head: bytes) -> bool:
    return (
        head.startswith(_STARTS)
        or is_dicom(head)
        or is_tiff(head)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS)
    )
