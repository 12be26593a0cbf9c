"""The store of this process, where the settings put it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from core.home import home
from core.settings import settings
from core.store import Store

__all__ = ["open_store"]


@lru_cache(maxsize=4)
def _open(root: Path, max_bytes: int) -> Store:
    return Store(root, max_bytes)


def open_store() -> Store:
    """Return the store under ``PELLUCID_HOME`` (one object for each process)."""
    return _open(home(), int(settings().cache_gb * 1e9))
