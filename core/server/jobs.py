"""The server's one job table: who waits for which key, how far it is, and when to stop it.

Sessions that ask for the same key share one job. A job is stopped when nobody waits for it any
more, not when one of its waiters leaves; a page that is reloaded finds its job here by the key.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from core.contracts import Lane, Request, Result
from core.control import CANCELLED
from core.engine.base import Done, Engine, Event, Failed, Progress, Restarted, Run, Started
from core.engine.work import load
from core.errors import Cancelled, PellucidError
from core.store import Store

__all__ = ["JobTable", "JobView", "State"]

State = Literal["queued", "running", "done", "failed", "cancelled"]

FINISHED_KEPT = 128  # their results are in the store; a forgotten job is found there
RATE_KNOWN_AFTER_SECONDS = 0.5
RESTARTED = "The worker process was restarted; the work begins again."
DAMAGED = "The stored result was damaged; it was set aside and is computed again."


@dataclass(frozen=True, slots=True, eq=False)
class JobView:
    """One job at one moment.

    Parameters
    ----------
    fraction : float
        Share done, in [0, 1].
    message : str
        What is being done, in the words of the work.
    seconds_left : float or None
        Estimate from the rate so far; ``None`` while there is none.
    restarts : int
        How often a worker died at it.
    waiters : int
        How many owners wait for it.
    seconds : float
        Time since it was submitted, until it ended.
    notes : tuple of str
        What people should know: a restarted worker, a damaged entry. Plain text.
    """

    key: str
    kind: str
    lane: Lane
    state: State
    fraction: float
    message: str
    seconds_left: float | None
    restarts: int
    waiters: int
    error: PellucidError | None
    result: Result | None
    seconds: float
    notes: tuple[str, ...]

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in ("queued", "running")


@dataclass(slots=True, eq=False)
class _Job:
    key: str
    kind: str
    lane: Lane
    owners: set[str]
    submitted: float = field(default_factory=time.monotonic)
    state: State = "queued"
    begun: float | None = None
    first: tuple[float, float] | None = None  # when it first told how far it was, and how far
    ended: float | None = None
    fraction: float = 0.0
    message: str = ""
    restarts: int = 0
    error: PellucidError | None = None
    result: Result | None = None
    notes: tuple[str, ...] = ()
    run: Run | None = None

    @property
    def active(self) -> bool:
        return self.ended is None

    def end(self, state: State, *, result: Result | None = None) -> None:
        self.state = state
        self.ended = time.monotonic()
        self.run = None
        if result is not None:
            self.result, self.fraction = result, 1.0

    def fail(self, error: PellucidError) -> None:
        self.error = error
        self.end("cancelled" if isinstance(error, Cancelled) else "failed")

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes = (*self.notes, text)

    def view(self) -> JobView:
        now = time.monotonic()
        return JobView(
            key=self.key,
            kind=self.kind,
            lane=self.lane,
            state=self.state,
            fraction=self.fraction,
            message=self.message,
            seconds_left=self._seconds_left(now),
            restarts=self.restarts,
            waiters=len(self.owners),
            error=self.error,
            result=self.result,
            seconds=(self.ended or now) - self.submitted,
            notes=self.notes,
        )

    def _seconds_left(self, now: float) -> float | None:
        if not self.active or self.begun is None or self.fraction <= 0:
            return None
        since, share = self.begun, 0.0
        # A resumed training begins in the middle, and every job begins with loading: the rate is
        # that since the first report, once it says something.
        if self.first is not None and self.fraction > self.first[1]:
            moment, told = self.first
            if now - moment >= RATE_KNOWN_AFTER_SECONDS:
                since, share = moment, told
        spent = now - since
        if spent < RATE_KNOWN_AFTER_SECONDS:
            return None
        return spent * (1 - self.fraction) / (self.fraction - share)


class JobTable:
    """Every job of this server; all methods may be called from any thread.

    Parameters
    ----------
    engine : Engine
        Where the work runs.
    store : Store
        Looked at first: what is there needs no engine.
    is_alive : callable, optional
        Tells whether an owner (a browser session) still exists. Asked when somebody cancels, so
        that owners who vanished without a word do not keep a job running that others gave up.
    """

    def __init__(
        self, engine: Engine, store: Store, is_alive: Callable[[str], bool] = lambda owner: True
    ) -> None:
        self._engine = engine
        self._store = store
        self._is_alive = is_alive
        self._changed = threading.Condition(threading.RLock())
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def submit(self, request: Request, owner: str) -> JobView:
        """Join the job of this key or start it; what is stored is ``done`` at once.

        A job that failed or was cancelled starts anew.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        if (joined := self._join(request.key, owner)) is not None:
            return joined
        job = _Job(request.key, request.kind, request.lane, {owner})
        damaged = self._store.damaged_count
        stored = load(request, self._store)
        if stored is not None:
            job.end("done", result=stored)
        elif any(damage.key == job.key for damage in self._store.damage[damaged:]):
            job.note(DAMAGED)
        with self._changed:
            if (joined := self._join(request.key, owner)) is not None:
                return joined  # another session was faster while we looked into the store
            self._jobs[job.key] = job
            self._jobs.move_to_end(job.key)
            self._forget_old()
        if job.active:
            self._start(job, request)
        return self._view(job)

    def view(self, key: str) -> JobView | None:
        """Return the job, or ``None`` if it was never here or is forgotten: then submit again."""
        with self._changed:
            job = self._jobs.get(key)
            return None if job is None else job.view()

    def wait(self, key: str, timeout: float | None = None) -> JobView:
        """Return the job when it has ended, or as it is after ``timeout`` seconds.

        Raises
        ------
        KeyError
            If there is no such job.
        """
        with self._changed:
            job = self._jobs[key]
            self._changed.wait_for(lambda: not job.active, timeout)
            return job.view()

    def cancel(self, key: str, owner: str) -> JobView | None:
        """Drop the owner's interest; the last one to leave stops the job.

        Returns ``None`` if there is no such job.
        """
        with self._changed:
            job = self._jobs.get(key)
            if job is None:
                return None
            others = job.owners - {owner}
        gone = {other for other in others if not self._is_alive(other)} | {owner}
        with self._changed:
            job.owners -= gone
            run = job.run
            stopped = job.active and not job.owners
            if stopped:
                job.fail(Cancelled(CANCELLED))
                self._changed.notify_all()
        if stopped and run is not None:
            run.cancel()
        return self._view(job)

    def jobs(self) -> list[JobView]:
        """Return every job that is known, the oldest first."""
        with self._changed:
            return [job.view() for job in self._jobs.values()]

    def forget(self, key: str) -> None:
        """Forget a job that has ended: who asks next gets what the store holds then, or a new job.

        For results that somebody deletes.
        """
        with self._changed:
            job = self._jobs.get(key)
            if job is not None and not job.active:
                del self._jobs[key]

    def _join(self, key: str, owner: str) -> JobView | None:
        with self._changed:
            job = self._jobs.get(key)
            if job is None or job.state in ("failed", "cancelled"):
                return None
            job.owners.add(owner)
            if job.result is not None:
                job.result = replace(job.result, cached=True)
                self._jobs.move_to_end(key)
            return job.view()

    def _start(self, job: _Job, request: Request) -> None:
        try:
            run = self._engine.submit([request], partial(self._on_event, job))
        except PellucidError as error:
            self._on_event(job, Failed(error))
            return
        with self._changed:
            if job.active:
                job.run = run
        if job.state == "cancelled":  # by somebody, before there was a run to cancel
            run.cancel()

    def _on_event(self, job: _Job, event: Event) -> None:
        with self._changed:
            if not job.active:  # a cancelled job's work may still report
                return
            match event:
                case Started():
                    job.state, job.begun, job.fraction = "running", time.monotonic(), 0.0
                    job.first = None
                case Progress(fraction, message):
                    job.fraction, job.message = min(max(fraction, 0.0), 1.0), message
                    job.first = job.first or (time.monotonic(), job.fraction)
                case Restarted():
                    job.restarts += 1
                    job.begun, job.fraction, job.message = None, 0.0, RESTARTED
                    job.note(RESTARTED)
                case Done(results):
                    job.end("done", result=results[0])
                case Failed(error):
                    job.fail(error)
            self._changed.notify_all()

    def _forget_old(self) -> None:
        finished = [key for key, job in self._jobs.items() if not job.active]
        for key in finished[:-FINISHED_KEPT]:
            del self._jobs[key]

    def _view(self, job: _Job) -> JobView:
        with self._changed:
            return job.view()
