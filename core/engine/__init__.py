"""Where work runs: one interface, in this process (inline) or on Dask workers.

Importing this package loads neither Dask nor TensorFlow; :class:`core.engine.dask.DaskEngine`
has its own module.
"""

from __future__ import annotations

from core.engine.base import (
    Done,
    Engine,
    Event,
    Failed,
    Listener,
    Progress,
    Restarted,
    Run,
    Started,
)
from core.engine.inline import InlineEngine
from core.engine.work import execute, load

__all__ = [
    "Done",
    "Engine",
    "Event",
    "Failed",
    "InlineEngine",
    "Listener",
    "Progress",
    "Restarted",
    "Run",
    "Started",
    "execute",
    "load",
]
