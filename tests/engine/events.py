"""A listener that remembers, for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.engine import Done, Event, Failed


class Recorder:
    """Collects the events of one run with their times."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.times: list[float] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self.times.append(time.monotonic())
            self._changed.notify_all()

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def wait_for(self, kind: type[Event], timeout: float = 120) -> Event:
        self._wait(lambda: bool(self.of(kind)), timeout)
        return self.of(kind)[0]

    def wait_for_number(self, kind: type[Event], number: int, timeout: float = 120) -> None:
        """Wait until there were ``number`` events of the kind."""
        self._wait(lambda: len(self.of(kind)) >= number, timeout)

    def wait(self, timeout: float = 120) -> Event:
        """Return the last event of the run."""
        self._wait(lambda: bool(self.of(Done) or self.of(Failed)), timeout)
        return self.events[-1]

    def _wait(self, reached: Callable[[], bool], timeout: float) -> None:
        with self._changed:
            assert self._changed.wait_for(reached, timeout), self.events
