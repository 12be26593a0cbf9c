"""An engine whose lanes are threads of this process: TensorFlow and models are loaded once."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, cast

from core.contracts import LANES, Request
from core.control import CANCELLED, LocalControl
from core.engine import Done, Event, Failed, InlineEngine, Listener, Progress, Run, Started
from core.errors import Cancelled, PellucidError
from core.store import Store

T = TypeVar("T")


def _crossed(value: T) -> T:
    return cast(T, pickle.loads(pickle.dumps(value)))  # noqa: S301


class _ThreadRun:
    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.stop = threading.Event()
        self.future: Future[None] | None = None

    def cancel(self) -> None:
        self.stop.set()
        if self.future is not None and self.future.cancel():
            self.listener(Failed(Cancelled(CANCELLED)))


class ThreadEngine(InlineEngine):
    """Three lanes of one thread each. Requests and results cross by pickle, as to a worker."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._lanes = {lane: ThreadPoolExecutor(1, f"lane-{lane}") for lane in LANES}

    def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
        run = _ThreadRun(listener)
        lane = self._lanes[requests[0].lane]
        run.future = lane.submit(self._compute, _crossed(requests), run)
        return run

    def _compute(self, requests: Sequence[Request], run: _ThreadRun) -> None:
        def report(fraction: float, message: str) -> None:
            run.listener(Progress(fraction, message))

        run.listener(Started())
        control = LocalControl(on_progress=report, stop=run.stop)
        try:
            results = _crossed(self.run(requests, control))
            told: Event = Done(tuple(results))
        except PellucidError as error:
            told = Failed(error)
        run.listener(told)

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.shutdown(wait=False, cancel_futures=True)
