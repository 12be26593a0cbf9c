"""Logging as it was, around libraries that set it up for themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept_logging"]


@contextmanager
def kept_logging() -> Iterator[None]:
    """Put level and handlers of the root logger back afterwards.

    OpenVINO's converter silences all warnings of the process while it runs, and for good where it
    fails.
    """
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
