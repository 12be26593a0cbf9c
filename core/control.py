"""What running work sees of the outside: report progress, learn that it shall stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from core.errors import Cancelled

__all__ = ["CANCELLED", "Control", "LocalControl", "PartControl"]

CANCELLED = "Stopped, because nobody waits for it any more."


class Control(Protocol):
    """Passed to every function that computes; both calls are cheap enough for inner loops."""

    def progress(self, fraction: float, message: str = "") -> None:
        """Report the share done, in [0, 1], and what is being done."""

    def check(self) -> None:
        """Raise :class:`core.errors.Cancelled` if the work shall stop."""


class LocalControl:
    """A control within one process; without arguments it reports nowhere and never stops.

    Parameters
    ----------
    on_progress : callable, optional
        Receives ``(fraction, message)``.
    stop : threading.Event, optional
        Set it to stop the work at its next :meth:`check`.
    """

    def __init__(
        self,
        *,
        on_progress: Callable[[float, str], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._on_progress = on_progress
        self._stop = stop

    def progress(self, fraction: float, message: str = "") -> None:
        """Pass the report on."""
        if self._on_progress is not None:
            self._on_progress(fraction, message)

    def check(self) -> None:
        """Raise :class:`core.errors.Cancelled` once the event is set."""
        if self._stop is not None and self._stop.is_set():
            raise Cancelled(CANCELLED)


class PartControl:
    """One part of a longer work: its progress from 0 to 1 is a stretch of the whole's.

    Parameters
    ----------
    whole : Control
        Control of the whole work.
    start, stop : float
        Where the part begins and ends, as shares of the whole, in [0, 1].
    message : str
        What the whole is doing; the part's own words are left out.
    """

    def __init__(self, whole: Control, start: float, stop: float, message: str) -> None:
        self._whole = whole
        self._start, self._stop = start, stop
        self._message = message

    def progress(self, fraction: float, message: str = "") -> None:
        """Report the share of the whole that is done."""
        del message
        share = self._start + (self._stop - self._start) * fraction
        self._whole.progress(share, self._message)

    def check(self) -> None:
        """Raise :class:`core.errors.Cancelled` if the whole shall stop."""
        self._whole.check()
