"""The dashboard's side: the job table of this process and its workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from core.logfile import log_failure
from core.server.jobs import JobTable, JobView
from core.server.workers import Workers
from core.workspace import open_store

__all__ = ["JobTable", "JobView", "device", "jobs", "log_failure"]


@lru_cache(maxsize=1)
def _workers() -> Workers:
    from core.engine.dask import DaskEngine

    return Workers(DaskEngine(open_store()))


@lru_cache(maxsize=4)
def jobs(is_alive: Callable[[str], bool] = lambda owner: True) -> JobTable:
    """Return the job table of this process; its workers start at the first call.

    Parameters
    ----------
    is_alive : callable, optional
        Says whether an owner (a browser session) is still there; the same function every time.

    Returns
    -------
    JobTable
        The same one at every call.
    """
    return JobTable(_workers().engine, open_store(), is_alive)


def device() -> str | None:
    """Return where the workers run, in words; ``None`` while they have not answered yet.

    Returns
    -------
    str or None
    """
    return _workers().device
