"""The dashboard's engine: Dask workers behind three lanes.

A lane of the local workers gets one task at a time from us, because Dask blames the death of a
worker on every task that it had been given, waiting ones included. On a cluster Dask queues.

Each run is a Dask task of its own name, and not of its content key: Dask would hand the outcome of
a cancelled task to the next one of that name, and one client's stop would end another's work. One
computation for each key is what the job table and the store's file locks see to.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import queue
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future as ConcurrentFuture
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from core.contracts import LANES, Lane, Request, Result
from core.control import CANCELLED, Control, LocalControl
from core.engine.base import Done, Event, Failed, Listener, Progress, Restarted, Run, Started
from core.engine.cluster import LocalCluster, RemoteCluster
from core.engine.runs import DaskRun, Runs
from core.engine.session import DISCONNECTED, Disconnected, Report, Session
from core.engine.work import keep
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
CLOSED = "The engine is closed."


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
        self._lock = threading.Lock()
        self._prefix = uuid.uuid4().hex[:8]
        self._count = itertools.count()
        self._runs = Runs()
        self._closed = False
        self._session = self._open()
        atexit.register(self.close)

    def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
        """Queue one run over ``requests`` in the lane of the first."""
        run = DaskRun(self._name(requests[0].key), tuple(requests), listener, stop=self._stop)
        with self._lock:
            if self._closed:
                raise WorkerLostError(CLOSED)
            self._runs.add(run)
            if not self._session.alive():
                self._replace()
            ready = self._session.ready
        ready.add_done_callback(lambda _: self._pump(run.lane))
        return run

    def run(self, requests: Sequence[Request], control: Control | None = None) -> list[Result]:
        """Return the results in order or raise what went wrong."""
        control = control or LocalControl()
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
        client = self._session.ready.result(timeout)
        return _value(self._submit_call(client, lane, target, args), timeout)

    def warm_up(self, lane: Lane, target: str, *args: Any) -> None:
        """Call ``"module:function"`` in the lane's worker, as soon as there is one."""

        def post(ready: ConcurrentFuture[Client]) -> None:
            if ready.exception() is None:
                from distributed import fire_and_forget

                fire_and_forget(self._submit_call(ready.result(), lane, target, args))

        self._session.ready.add_done_callback(post)

    def close(self) -> None:
        """Stop the runs, the client and the local workers."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        atexit.unregister(self.close)
        for run in self._runs.unfinished():
            self._end(run, Failed(Cancelled(CLOSED)))
        self._session.close()

    def _open(self) -> Session:
        cluster = (
            RemoteCluster(self._settings)
            if self._settings.scheduler
            else LocalCluster(memory_bytes=int(self._settings.worker_memory_gb * 1e9))
        )
        session = Session(
            cluster, on_report=self._on_report, on_cluster_event=self._on_cluster_event
        )
        for lane in LANES:  # what waited while a lost session was replaced
            session.ready.add_done_callback(lambda _, lane=lane: self._pump(lane))  # type: ignore[misc]
        return session

    def _replace(self) -> None:
        """Open a session in place of one that was lost (called with the lock held)."""
        threading.Thread(target=self._session.close, daemon=True).start()
        self._session = self._open()

    def _name(self, stem: str) -> str:
        return f"{stem}-{self._prefix}-{next(self._count)}"

    # ---- the way of a run

    def _pump(self, lane: Lane) -> None:
        """Hand waiting runs to Dask, one at a time if the worker is ours."""
        session = self._session
        if self._closed or not session.ready.done():
            return
        limit = 1 if session.cluster.exclusive else None
        while (run := self._runs.hand_out(lane, limit=limit)) is not None:
            error: PellucidError
            try:
                self._launch(run, session)
                continue
            except PellucidError as raised:
                error = raised
            except Exception:
                log.exception("Submitting a run failed")
                error = Disconnected(DISCONNECTED)
            if isinstance(error, Disconnected) and self._try_again(run, session):
                return  # the next session goes on
            self._end(run, Failed(error))

    def _launch(self, run: DaskRun, session: Session) -> None:
        from core.engine.remote import run_requests

        client = session.client()
        ours = session.cluster.exclusive
        run.future = client.submit(
            run_requests,
            run.name,
            run.requests,
            (self._store.root, self._store.max_bytes) if ours else None,
            key=run.name,
            resources=session.cluster.resources(client, run.lane),
            pure=False,
        )
        run.future.add_done_callback(partial(self._on_done, run, session))
        if run.stopped:  # while it was on its way from the queue to Dask
            self._halt(run.name, run.future)

    def _on_done(self, run: DaskRun, session: Session, future: Future[Any]) -> None:
        """Turn the end of a Dask task into the run's last event."""
        if run.stopped or self._closed:
            return  # the run has ended already
        event: Event
        try:
            event = Done(tuple(self._results(run, future)))
        except PellucidError as error:
            if isinstance(error, Disconnected) and self._try_again(run, session):
                return
            event = Failed(error)
        except Exception:
            log.exception("Fetching a result failed")
            event = Failed(WorkerLostError(DISCONNECTED))
        self._end(run, event)
        self._pump(run.lane)

    def _try_again(self, run: DaskRun, session: Session) -> bool:
        """Queue a run once more whose session was lost, before or after a worker began it.

        Once: what takes its host along (out of memory, say) would take the next one too.
        """
        with self._lock:
            if self._closed or not self._runs.put_back(run):
                return False
            if self._session is session:
                self._replace()
            ready = self._session.ready
        if run.started:
            run.started = False
            run.listener(Restarted())
        ready.add_done_callback(lambda _: self._pump(run.lane))
        return True

    def _results(self, run: DaskRun, future: Future[Any]) -> list[Result]:
        results: list[Result] = _value(future)
        for request, result in zip(run.requests, results, strict=True):
            if not self._store.contains(request.key):  # the cluster has a store of its own
                keep(request, result, self._store)
        return results

    def _end(self, run: DaskRun, event: Event) -> None:
        if self._runs.remove(run):
            run.listener(event)

    def _stop(self, run: DaskRun) -> None:
        run.stopped = True
        if run.future is not None:
            self._halt(run.name, run.future)
        self._end(run, Failed(Cancelled(CANCELLED)))
        self._pump(run.lane)

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

        resources = self._session.cluster.resources(client, lane)
        key = self._name("call")
        return client.submit(call_target, target, args, key=key, resources=resources, pure=False)

    # ---- what workers and scheduler report, on the client's event loop

    def _on_report(self, event: Report) -> None:
        report = event[1]
        run = self._runs.get(report["run"])
        if run is None:
            return
        if report["event"] == "started":
            run.started = True
            run.listener(Started())
        else:
            run.listener(Progress(report["fraction"], report["message"]))

    def _on_cluster_event(self, event: Report) -> None:
        """Tell the runs of a worker that died: Dask hands them to the next one."""
        report = event[1]
        if report.get("action") != "remove-worker" or report["expected"]:
            return
        for name in report["processing-tasks"]:
            if (run := self._runs.get(name)) is not None:
                run.listener(Restarted())


def _value(future: Future[Any], timeout: float | None = None) -> Any:
    """Return what a task returned; raise the error that it returned, or why it has none."""
    from distributed import CancelledError, KilledWorker

    try:
        value = future.result(timeout)
    except KilledWorker as error:
        raise WorkerLostError(LOST) from error
    except CancelledError as error:
        raise Disconnected(DISCONNECTED) from error
    if isinstance(value, PellucidError):
        raise value
    return value
