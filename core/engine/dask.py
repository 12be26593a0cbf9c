"""The dashboard's engine: Dask workers behind two lanes.

A lane of the local workers gets one task at a time from us, because Dask blames the death of a
worker on every task that it had been given, waiting ones included. On a cluster Dask queues.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import queue
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future as ConcurrentFuture
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from core.contracts import Lane, Request, Result
from core.engine.base import Done, Event, Failed, Listener, Progress, Restarted, Run, Started
from core.engine.cluster import Cluster, LocalCluster, RemoteCluster
from core.engine.control import CANCELLED, Control, NullControl
from core.errors import Cancelled, PellucidError, WorkerLostError
from core.settings import Settings
from core.settings import settings as read_settings
from core.store import Store
from core.workspace import open_store

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["DaskEngine"]

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
LOST = (
    "The worker process died again and again while it computed this; usually it ran out of memory. "
    "Try a smaller model or batch, or raise PELLUCID_WORKER_MEMORY_GB."
)
DISCONNECTED = "The connection to the workers was lost. Please try again."
CLOSED = "The engine is closed."


class DaskRun:
    """A submitted run: waiting in its lane, then a Dask task of its own name."""

    def __init__(
        self, engine: DaskEngine, name: str, requests: tuple[Request, ...], listener: Listener
    ) -> None:
        self.name = name
        self.requests = requests
        self.lane: Lane = requests[0].lane
        self.listener = listener
        self.stopped = False
        self.future: Future[Any] | None = None
        self._engine = engine

    def cancel(self) -> None:
        """Drop the run if it waits, stop it at its next check if it runs."""
        self._engine._stop(self)


class DaskEngine:
    """Runs requests in worker processes on this machine or on a cluster.

    The workers start in the background; runs submitted meanwhile wait for them.

    Parameters
    ----------
    store : Store, optional
        Where results are kept; by default the one under ``PELLUCID_HOME``.
    settings : Settings, optional
        Scheduler address, its TLS files and the memory limit; by default the environment's.
    """

    def __init__(self, store: Store | None = None, settings: Settings | None = None) -> None:
        self._store = store or open_store()
        self._settings = settings or read_settings()
        self._lock = threading.RLock()
        self._names = (f"{uuid.uuid4().hex[:8]}-{number}" for number in itertools.count())
        self._runs: dict[str, DaskRun] = {}
        self._waiting: dict[Lane, deque[DaskRun]] = {"interactive": deque(), "batch": deque()}
        self._busy: dict[Lane, set[str]] = {"interactive": set(), "batch": set()}
        self._closed = False
        self._open()

    def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
        """Queue one run over ``requests`` in the lane of the first."""
        with self._lock:
            if self._closed:
                raise WorkerLostError(CLOSED)
            self._reopen_if_lost()
            run = DaskRun(self, f"{requests[0].key}-{next(self._names)}", tuple(requests), listener)
            self._runs[run.name] = run
            self._waiting[run.lane].append(run)
            ready = self._ready
        ready.add_done_callback(lambda _: self._pump(run.lane))
        return run

    def run(self, requests: Sequence[Request], control: Control | None = None) -> list[Result]:
        """Return the results in order or raise what went wrong."""
        control = control or NullControl()
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        run = self.submit(requests, events.put)
        while True:
            try:
                control.check()
            except Cancelled:
                run.cancel()
                raise
            with suppress(queue.Empty):
                event = events.get(timeout=POLL_SECONDS)
                if isinstance(event, Done):
                    return list(event.results)
                if isinstance(event, Failed):
                    raise event.error
                if isinstance(event, Progress):
                    control.progress(event.fraction, event.message)

    def call(self, lane: Lane, target: str, *args: Any, timeout: float | None = None) -> Any:
        """Return what ``"module:function"`` returns for ``args`` in the lane's worker.

        Raises
        ------
        TimeoutError
            If it takes longer than ``timeout`` seconds, the workers' start included.
        """
        client = self._ready.result(timeout)
        outcome = self._submit_call(client, lane, target, args).result(timeout)
        if isinstance(outcome, PellucidError):
            raise outcome
        return outcome

    def warm_up(self, lane: Lane, target: str, *args: Any) -> None:
        """Call ``"module:function"`` in the lane's worker, as soon as there is one."""

        def post(ready: ConcurrentFuture[Client]) -> None:
            if ready.exception() is None:
                from distributed import fire_and_forget

                fire_and_forget(self._submit_call(ready.result(), lane, target, args))

        self._ready.add_done_callback(post)

    def close(self) -> None:
        """Stop the runs, the client and the local workers."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            unfinished = list(self._runs.values())
        atexit.unregister(self.close)
        for run in unfinished:
            self._finish(run, Failed(Cancelled(CLOSED)))
        self._shut(self._cluster, self._ready)

    # ---- the connection

    def _open(self) -> None:
        remote = bool(self._settings.scheduler)
        memory = int(self._settings.worker_memory_gb * 1e9)
        self._cluster: Cluster = (
            RemoteCluster(self._settings) if remote else LocalCluster(memory_bytes=memory)
        )
        self._ready: ConcurrentFuture[Client] = ConcurrentFuture()
        connect = partial(self._connect, self._cluster, self._ready)
        threading.Thread(target=connect, name="pellucid-connect", daemon=True).start()

    def _connect(self, cluster: Cluster, ready: ConcurrentFuture[Client]) -> None:
        try:
            client = cluster.connect()
        except Exception as error:
            if not isinstance(error, PellucidError):
                if not self._closed:
                    log.exception("Connecting to the workers failed")
                error = WorkerLostError("The workers did not start; the server's log says why.")
            ready.set_exception(error)
            return
        from core.engine.remote import TOPIC

        client.subscribe_topic(TOPIC, self._on_report)
        client.subscribe_topic("all", self._on_cluster_event)
        atexit.register(self.close)  # after Dask registered its own, so that it runs before them
        ready.set_result(client)
        if self._closed:
            self._shut(cluster, ready)

    def _reopen_if_lost(self) -> None:
        if not self._ready.done():
            return
        if self._ready.exception() is not None or not self._cluster.alive():
            shut = partial(self._shut, self._cluster, self._ready)
            threading.Thread(target=shut, name="pellucid-shut", daemon=True).start()
            self._open()

    def _shut(self, cluster: Cluster, ready: ConcurrentFuture[Client]) -> None:
        if ready.done() and ready.exception() is None:
            with suppress(Exception):  # a client whose scheduler is gone may say anything
                ready.result().close(timeout=2)
        cluster.close()

    # ---- the way of a run

    def _pump(self, lane: Lane) -> None:
        """Hand waiting runs to Dask, one at a time if the worker is ours."""
        with self._lock:
            waiting, busy = self._waiting[lane], self._busy[lane]
            limit = 1 if self._cluster.exclusive else len(waiting)
            started = []
            while waiting and self._ready.done() and len(busy) < max(limit, 1):
                started.append(waiting.popleft())
                busy.add(started[-1].name)
        for run in started:
            try:
                self._launch(run, self._ready.result())
            except PellucidError as error:
                self._finish(run, Failed(error))
            except Exception:
                log.exception("Submitting a run failed")
                self._finish(run, Failed(WorkerLostError(DISCONNECTED)))

    def _launch(self, run: DaskRun, client: Client) -> None:
        if run.stopped:
            return
        from core.engine.remote import run_requests

        place = (self._store.root, self._store.max_bytes) if self._cluster.exclusive else None
        run.future = client.submit(
            run_requests,
            run.name,
            run.requests,
            place,
            key=run.name,
            resources=self._cluster.resources(client, run.lane),
            pure=False,
        )
        run.future.add_done_callback(partial(self._on_done, run))
        if run.stopped:  # between the check above and here
            self._halt(run.name, run.future)

    def _on_done(self, run: DaskRun, future: Future[Any]) -> None:
        """Turn the end of a Dask task into the run's last event."""
        try:
            event = self._outcome(run, future)
        except Exception:
            log.exception("Fetching a result failed")
            event = Failed(WorkerLostError(DISCONNECTED))
        self._finish(run, event)

    def _outcome(self, run: DaskRun, future: Future[Any]) -> Event:
        from distributed import KilledWorker

        if future.cancelled():
            return Failed(Cancelled(CANCELLED) if run.stopped else WorkerLostError(DISCONNECTED))
        if isinstance(future.exception(), KilledWorker):
            return Failed(WorkerLostError(LOST))
        value = future.result()
        if isinstance(value, PellucidError):
            return Failed(value)
        for request, result in zip(run.requests, value, strict=True):
            if not self._store.contains(request.key):  # the cluster has a store of its own
                self._store.put(request.key, result.to_artefact(), kind=request.kind)
        return Done(tuple(value))

    def _finish(self, run: DaskRun, event: Event) -> None:
        with self._lock:
            if self._runs.pop(run.name, None) is None:
                return
            self._busy[run.lane].discard(run.name)
            with suppress(ValueError):
                self._waiting[run.lane].remove(run)
        run.listener(event)
        if not self._closed:
            self._pump(run.lane)

    def _stop(self, run: DaskRun) -> None:
        run.stopped = True
        future = run.future
        if future is not None:
            self._halt(run.name, future)
        self._finish(run, Failed(Cancelled(CANCELLED)))

    def _halt(self, name: str, future: Future[Any]) -> None:
        """Take the task from Dask's queue; if it runs, make its next check raise."""
        from core.engine.remote import stop

        def broadcast() -> None:
            with suppress(Exception):  # workers that are gone run nothing any more
                future.client.run(stop, name, on_error="ignore")

        future.cancel()
        threading.Thread(target=broadcast, name="pellucid-stop", daemon=True).start()

    def _submit_call(
        self, client: Client, lane: Lane, target: str, args: tuple[Any, ...]
    ) -> Future[Any]:
        from core.engine.remote import call_target

        resources = self._cluster.resources(client, lane)
        key = f"call-{next(self._names)}"
        return client.submit(call_target, target, args, key=key, resources=resources, pure=False)

    # ---- what workers and scheduler report, on the client's event loop

    def _on_report(self, event: tuple[float, dict[str, Any]]) -> None:
        report = event[1]
        run = self._runs.get(report["run"])
        if run is None:
            return
        if report["event"] == "started":
            run.listener(Started())
        else:
            run.listener(Progress(report["fraction"], report["message"]))

    def _on_cluster_event(self, event: tuple[float, dict[str, Any]]) -> None:
        """Tell the runs of a worker that died: Dask hands them to the next one."""
        report = event[1]
        if report.get("action") != "remove-worker" or report["expected"]:
            return
        for name in report["processing-tasks"]:
            if (run := self._runs.get(name)) is not None:
                run.listener(Restarted())
