"""What runs inside a Dask worker: one run, its reports, and the flag that stops it.

Errors travel as values, not as exceptions: Dask would log each with its arguments.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from distributed import get_worker

from core.contracts import Request, Result
from core.control import CANCELLED
from core.engine.work import execute, resolve_target
from core.errors import Cancelled, PellucidError
from core.process import set_long_lived
from core.store import Store
from core.workspace import open_store

__all__ = ["TOPIC", "call_target", "run_requests", "stop"]

log = logging.getLogger(__name__)
T = TypeVar("T")

TOPIC = "pellucid"
REPORT_SECONDS = 0.1
_MAX_STOPPED = 4096
_stopped: OrderedDict[str, None] = OrderedDict()
_stopped_lock = threading.Lock()


def stop(run: str) -> None:
    """Let the run, now or later in this process, end at its next check."""
    with _stopped_lock:
        _stopped[run] = None
        if len(_stopped) > _MAX_STOPPED:  # runs that were dropped before any worker saw them
            _stopped.popitem(last=False)


class WorkerControl:
    """Reports to the client through the scheduler, at most ten times a second."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._log_event = get_worker().log_event
        self._next = 0.0

    def started(self) -> None:
        """Report that the run has begun."""
        self._log_event(TOPIC, {"run": self._run, "event": "started"})

    def progress(self, fraction: float, message: str = "") -> None:
        """Report the share done unless the last report is too recent."""
        now = time.monotonic()
        if now < self._next and fraction < 1:
            return
        self._next = now + REPORT_SECONDS
        self._log_event(
            TOPIC,
            {
                "run": self._run,
                "event": "progress",
                "fraction": float(fraction),
                "message": message,
            },
        )

    def check(self) -> None:
        """Raise :class:`core.errors.Cancelled` once :func:`stop` named this run."""
        if self._run in _stopped:
            raise Cancelled(CANCELLED)


def run_requests(
    run: str, requests: Sequence[Request], store: tuple[Path, int] | None
) -> list[Result] | PellucidError:
    """Compute ``requests``; ``store`` is root and size cap, ``None`` the worker's own."""
    set_long_lived()
    control = WorkerControl(run)
    control.started()
    shared = open_store() if store is None else _store(*store)
    return _as_value(lambda: execute(requests, control, shared))


def call_target(target: str, args: tuple[Any, ...]) -> Any:
    """Return what ``"module:function"`` returns for ``args``, or its error as a value."""
    return _as_value(lambda: resolve_target(target)(*args))


@lru_cache(maxsize=4)
def _store(root: Path, max_bytes: int) -> Store:
    return Store(root, max_bytes)


def _as_value(function: Callable[[], T]) -> T | PellucidError:
    try:
        return function()
    except PellucidError as error:
        return error.with_traceback(None)
    except Exception as error:
        log.exception("A call in a worker failed")
        return PellucidError(
            f"Something went wrong inside Pellucid ({type(error).__name__}). "
            "This is not your mistake; the log has the details."
        )
