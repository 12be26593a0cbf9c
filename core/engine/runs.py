"""The runs of a Dask engine that have not ended: waiting in a lane, or handed to Dask."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.contracts import LANES, Lane, Request
from core.engine.base import Listener

if TYPE_CHECKING:
    from distributed import Future

__all__ = ["DaskRun", "Runs"]


class DaskRun:
    """A submitted run: first it waits in its lane, then it is a Dask task of its own name."""

    def __init__(
        self,
        name: str,
        requests: tuple[Request, ...],
        listener: Listener,
        *,
        stop: Callable[[DaskRun], None],
    ) -> None:
        self.name = name
        self.requests = requests
        self.lane: Lane = requests[0].lane
        self.listener = listener
        self.stopped = False
        self.started = False
        self.put_back = False
        self.future: Future[Any] | None = None
        self._stop = stop

    def cancel(self) -> None:
        """Drop the run if it waits, stop it at its next check if it runs."""
        self._stop(self)


class Runs:
    """A queue for each lane and what has left them; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[str, DaskRun] = {}
        self._waiting: dict[Lane, deque[DaskRun]] = {lane: deque() for lane in LANES}
        self._handed: dict[Lane, set[str]] = {lane: set() for lane in LANES}

    def add(self, run: DaskRun) -> None:
        """Let the run wait at the end of its lane."""
        with self._lock:
            self._all[run.name] = run
            self._waiting[run.lane].append(run)

    def get(self, name: str) -> DaskRun | None:
        """Return the run unless it has ended."""
        return self._all.get(name)

    def unfinished(self) -> list[DaskRun]:
        """Return every run that has not ended."""
        with self._lock:
            return list(self._all.values())

    def hand_out(self, lane: Lane, *, limit: int | None) -> DaskRun | None:
        """Return the lane's next run unless ``limit`` of them are handed out already."""
        with self._lock:
            waiting, handed = self._waiting[lane], self._handed[lane]
            if not waiting or (limit is not None and len(handed) >= limit):
                return None
            run = waiting.popleft()
            handed.add(run.name)
            return run

    def put_back(self, run: DaskRun) -> bool:
        """Let a run that was handed out wait again, first in its lane; once a run."""
        with self._lock:
            if run.put_back or run.name not in self._handed[run.lane]:
                return False
            run.put_back, run.future = True, None
            self._handed[run.lane].discard(run.name)
            self._waiting[run.lane].appendleft(run)
            return True

    def remove(self, run: DaskRun) -> bool:
        """Forget a run that has ended; ``False`` if somebody did before."""
        with self._lock:
            if self._all.pop(run.name, None) is None:
                return False
            if run.name in self._handed[run.lane]:
                self._handed[run.lane].discard(run.name)
            else:
                self._waiting[run.lane].remove(run)
            return True
