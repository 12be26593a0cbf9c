"""Decoders that would tell in many lines, on stderr, what is told here in one."""

from __future__ import annotations

import ctypes
import logging
from pathlib import Path

import PIL

__all__ = ["quieten"]

_LOGGERS = ("PIL", "pydicom")


def quieten() -> None:
    """Silence Pillow's and pydicom's loggers, and the libtiff that comes with Pillow's wheels."""
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for library in (Path(PIL.__file__).parent.parent / "pillow.libs").glob("libtiff*.so*"):
        set_handler = ctypes.CDLL(str(library)).TIFFSetErrorHandler
        set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
        set_handler(None)
