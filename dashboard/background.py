"""What the server does beside its pages; started once a process, however often pages run."""

from __future__ import annotations

import gc
import threading
import time
from functools import lru_cache

from dashboard import services
from dashboard.guard import guard_callbacks

__all__ = ["start"]

_COLLECT_SECONDS = 30.0


@lru_cache(maxsize=1)
def start() -> None:
    """Start the workers, and collect garbage on a timer instead of after every run."""
    guard_callbacks()
    services.warm_up()
    threading.Thread(target=_collect, name="pellucid-gc", daemon=True).start()


def _collect() -> None:
    while True:
        time.sleep(_COLLECT_SECONDS)
        gc.collect()
