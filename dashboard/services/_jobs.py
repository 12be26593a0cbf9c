"""Jobs of this server, and the results that it has seen lately."""

from __future__ import annotations

import threading

from streamlit import runtime

from core import api
from core.api import JobView, log_failure
from core.contracts import Request, Result
from dashboard.lru import Lru

__all__ = [
    "SERVER", "JobView", "cancel", "device", "forget", "kept", "log_failure", "submit", "view",
    "warm_up",
]  # fmt: skip

SERVER = "server"
"""Owner of jobs that belong to no session: they go on until somebody cancels them."""

_starting = threading.Lock()
_results: Lru[str, Result] = Lru(128 * 2**20, lambda result: 1024 + result.nbytes)


def device() -> str | None:
    """Return the device in words, once a worker has told it."""
    if not _starting.acquire(blocking=False):
        return None
    try:
        return api.device()
    finally:
        _starting.release()


def _is_alive(owner: str) -> bool:
    if owner == SERVER:
        return True
    return runtime.exists() and runtime.get_instance().is_active_session(owner)


def _table() -> api.JobTable:
    with _starting:  # the first visitor and the warm-up must not start workers each
        return api.jobs(is_alive=_is_alive)


def warm_up() -> None:
    """Start the workers in the background, so that the first visitor waits less."""
    threading.Thread(target=_table, name="pellucid-warm-up", daemon=True).start()


def kept(key: str) -> Result | None:
    """Return a result that this process has seen lately."""
    return _results.get(key)


def submit(request: Request, *, owner: str, patience: float) -> JobView:
    """Join or start the job of ``request`` and give it ``patience`` seconds to finish."""
    shown = _table().submit(request, owner)
    return _noted(_table().wait(request.key, patience) if shown.active else shown)


def view(key: str) -> JobView | None:
    """Return the job of ``key`` as it is now."""
    shown = _table().view(key)
    return None if shown is None else _noted(shown)


def cancel(key: str, *, owner: str) -> None:
    """Drop the owner's interest in a job; it stops when nobody else waits for it."""
    _table().cancel(key, owner)


def forget(key: str) -> None:
    """Forget the ended job of ``key`` and its result: what they stand for was deleted."""
    _results.drop(key)
    _table().forget(key)


def _noted(shown: JobView) -> JobView:
    if shown.result is not None:
        _results.put(shown.key, shown.result)
    return shown
