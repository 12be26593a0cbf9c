"""``<home>/pellucid.log``: what went wrong on our side, with its traceback, for who mends it.

People read one line that names this file; nothing of it is shown to them.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import lru_cache
from logging.handlers import RotatingFileHandler
from pathlib import Path

from core.errors import InputError
from core.home import home, home_path

__all__ = ["log_failure", "log_path"]

_BYTES = 1_000_000
_FORMAT = "%(asctime)s %(process)d %(message)s"


class _Quiet(RotatingFileHandler):
    """A log that cannot be written loses the entry; the page and the command go on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        del record


def log_path() -> Path:
    """Return where failures are written to, be there such a folder or not."""
    return home_path() / "pellucid.log"


def log_failure(what: str) -> None:
    """Write the exception that is being handled, with its traceback.

    Parameters
    ----------
    what : str
        What was being done.
    """
    with suppress(InputError):  # without a home there is no log either
        home()
    _logger(log_path()).exception(what)


@lru_cache(maxsize=4)
def _logger(path: Path) -> logging.Logger:
    logger = logging.Logger("pellucid.failures")  # of no other's making: it is in no hierarchy
    handler = _Quiet(path, maxBytes=_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(_FORMAT))
    logger.addHandler(handler)
    return logger
