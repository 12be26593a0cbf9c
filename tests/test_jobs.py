"""The job table: who waits for what, shared by all sessions of a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.contracts import Request
from core.engine import (
    Done,
    Failed,
    InlineEngine,
    Listener,
    Progress,
    Restarted,
    Run,
    Started,
)
from core.engine.dask import DaskEngine
from core.errors import Cancelled, ImageError, PellucidError, WorkerLostError
from core.server.jobs import JobTable, JobView
from core.settings import Settings
from core.store import Store
from tests.engine.fakes import fake, prediction


class ScriptedRun:
    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class ScriptedEngine(InlineEngine):
    """Runs nothing: the test sends the events."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.runs: list[ScriptedRun] = []

    def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
        self.runs.append(ScriptedRun(listener))
        return self.runs[-1]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", 2**30)


@pytest.fixture
def engine(store: Store) -> ScriptedEngine:
    return ScriptedEngine(store)


@pytest.fixture
def table(engine: ScriptedEngine, store: Store) -> JobTable:
    return JobTable(engine, store)


REQUEST = fake("job")


def seen(table: JobTable, request: Request = REQUEST) -> JobView:
    view = table.view(request.key)
    assert view is not None
    return view


def test_the_states_of_a_job(table: JobTable, engine: ScriptedEngine) -> None:
    view = table.submit(REQUEST, "a")
    assert (view.state, view.kind, view.lane, view.waiters) == ("queued", "fake", "interactive", 1)
    assert view.active
    send = engine.runs[0].listener
    send(Started())
    assert seen(table).state == "running"
    send(Progress(0.25, "a quarter"))
    assert (seen(table).fraction, seen(table).message) == (0.25, "a quarter")
    send(Done((prediction(REQUEST.key),)))
    view = seen(table)
    assert (view.state, view.fraction, view.error) == ("done", 1.0, None)
    assert view.result is not None
    assert not view.active
    assert view.seconds == seen(table).seconds


def test_the_estimate_follows_the_rate(
    table: JobTable, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("core.server.jobs.time.monotonic", lambda: now)
    table.submit(REQUEST, "a")
    send = engine.runs[0].listener
    send(Started())
    assert seen(table).seconds_left is None
    now += 3
    send(Progress(0.25, ""))
    assert seen(table).seconds_left == pytest.approx(9)
    send(Restarted())
    assert seen(table).seconds_left is None


def test_the_estimate_of_a_resumed_job_does_not_count_what_was_done_before(
    table: JobTable, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("core.server.jobs.time.monotonic", lambda: now)
    table.submit(REQUEST, "a")
    send = engine.runs[0].listener
    send(Started())
    now += 5
    send(Progress(0.5, "where it was stopped"))
    now += 10
    send(Progress(0.6, ""))
    assert seen(table).seconds_left == pytest.approx(40)


def test_a_forgotten_job_is_looked_for_anew(table: JobTable, engine: ScriptedEngine) -> None:
    table.submit(REQUEST, "a")
    table.forget(REQUEST.key)
    assert table.view(REQUEST.key) is not None, "what runs is not forgotten"
    engine.runs[0].listener(Done((prediction(REQUEST.key),)))
    table.forget(REQUEST.key)
    table.forget(REQUEST.key)
    assert table.view(REQUEST.key) is None
    assert table.submit(REQUEST, "a").state == "queued"
    assert len(engine.runs) == 2


def test_a_second_submitter_joins(table: JobTable, engine: ScriptedEngine) -> None:
    table.submit(REQUEST, "a")
    assert table.submit(REQUEST, "b").waiters == 2
    assert table.submit(REQUEST, "b").waiters == 2
    assert len(engine.runs) == 1
    engine.runs[0].listener(Done((prediction(REQUEST.key),)))
    view = table.submit(REQUEST, "c")
    assert view.state == "done"
    assert view.result is not None
    assert view.result.cached


def test_only_the_last_waiter_stops_a_job(table: JobTable, engine: ScriptedEngine) -> None:
    table.submit(REQUEST, "a")
    table.submit(REQUEST, "b")
    view = table.cancel(REQUEST.key, "a")
    assert view is not None
    assert (view.state, view.waiters) == ("queued", 1)
    assert not engine.runs[0].cancelled
    view = table.cancel(REQUEST.key, "b")
    assert view is not None
    assert view.state == "cancelled"
    assert isinstance(view.error, Cancelled)
    assert engine.runs[0].cancelled
    engine.runs[0].listener(Done((prediction(REQUEST.key),)))  # too late to matter
    assert seen(table).state == "cancelled"
    assert table.cancel("f" * 64, "a") is None


def test_vanished_owners_do_not_keep_a_job(engine: ScriptedEngine, store: Store) -> None:
    alive = {"a", "b"}
    table = JobTable(engine, store, alive.__contains__)
    table.submit(REQUEST, "a")
    table.submit(REQUEST, "b")
    alive.remove("b")
    assert seen(table).waiters == 2  # a page that reloads may come back to it
    view = table.cancel(REQUEST.key, "a")
    assert view is not None
    assert view.state == "cancelled"


@pytest.mark.parametrize("error", [ImageError("no picture"), WorkerLostError("died")])
def test_failed_and_cancelled_jobs_may_be_submitted_again(
    table: JobTable, engine: ScriptedEngine, error: PellucidError
) -> None:
    table.submit(REQUEST, "a")
    engine.runs[0].listener(Failed(error))
    assert seen(table).state == "failed"
    assert seen(table).error is error
    assert table.submit(REQUEST, "a").state == "queued"
    table.cancel(REQUEST.key, "a")
    assert table.submit(REQUEST, "a").state == "queued"
    assert len(engine.runs) == 3
    engine.runs[1].listener(Failed(error))  # of the cancelled run: not ours any more
    assert seen(table).state == "queued"


def test_restarts_are_counted_and_told(table: JobTable, engine: ScriptedEngine) -> None:
    table.submit(REQUEST, "a")
    send = engine.runs[0].listener
    for _ in range(2):
        send(Started())
        send(Progress(0.5, "half"))
        send(Restarted())
    view = seen(table)
    assert (view.restarts, view.fraction) == (2, 0.0)
    assert "restarted" in view.message
    assert len(view.notes) == 1
    send(Done((prediction(REQUEST.key),)))
    assert "restarted" in seen(table).notes[0]


def test_what_is_stored_needs_no_engine(
    table: JobTable, engine: ScriptedEngine, store: Store
) -> None:
    InlineEngine(store).run([REQUEST])
    view = table.submit(REQUEST, "a")
    assert view.state == "done"
    assert view.result is not None
    assert view.result.cached
    assert engine.runs == []


def test_a_damaged_entry_is_reported_and_computed_again(
    table: JobTable, engine: ScriptedEngine, store: Store
) -> None:
    InlineEngine(store).run([REQUEST])
    (entry,) = (store.root / "store" / REQUEST.key[:2] / REQUEST.key).glob("arrays.npz")
    entry.write_bytes(b"torn")
    view = table.submit(REQUEST, "a")
    assert view.state == "queued"
    assert "damaged" in view.notes[0]


def test_history_is_bounded_and_active_jobs_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.server.jobs.FINISHED_KEPT", 10)
    table = JobTable(ScriptedEngine(store), store)
    table.submit(REQUEST, "a")
    for number in range(20):
        key = fake(f"old {number}").key
        store.put(key, prediction(key).to_artefact())
        table.submit(fake(f"old {number}"), "a")
    assert len(table.jobs()) <= 12
    assert seen(table).state == "queued"
    assert table.view(fake("old 0").key) is None
    assert table.submit(fake("old 0"), "a").state == "done"


def test_waiting(table: JobTable, engine: ScriptedEngine) -> None:
    table.submit(REQUEST, "a")
    assert table.wait(REQUEST.key, 0.01).state == "queued"
    finish: Callable[..., Any] = engine.runs[0].listener
    threading.Timer(0.05, finish, [Done((prediction(REQUEST.key),))]).start()
    assert table.wait(REQUEST.key, 60).state == "done"
    with pytest.raises(KeyError):
        table.wait("f" * 64, 0)


def test_an_engine_that_refuses_is_a_failed_job(store: Store) -> None:
    class Closed(ScriptedEngine):
        def submit(self, requests: Sequence[Request], listener: Listener) -> Run:
            raise WorkerLostError("The engine is closed.")

    view = JobTable(Closed(store), store).submit(REQUEST, "a")
    assert view.state == "failed"
    assert isinstance(view.error, WorkerLostError)


def test_many_sessions_share_one_run(table: JobTable, engine: ScriptedEngine) -> None:
    barrier = threading.Barrier(8)

    def session(owner: str) -> None:
        barrier.wait()
        table.submit(REQUEST, owner)

    threads = [threading.Thread(target=session, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engine.runs) == 1
    assert seen(table).waiters == 8


def test_a_table_over_the_inline_engine(store: Store) -> None:
    table = JobTable(InlineEngine(store), store)
    assert table.submit(fake("inline"), "a").state == "done"
    assert table.submit(fake("inline wrong", mishap="ImageError"), "a").state == "failed"


class TestWithWorkers:
    @pytest.fixture(scope="class")
    def shared(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobTable]:
        store = Store(tmp_path_factory.mktemp("home"), 2**30)
        engine = DaskEngine(store, Settings(scheduler="", worker_memory_gb=2))
        engine.call("interactive", "os:getpid", timeout=60)
        yield JobTable(engine, store)
        engine.close()

    def test_one_of_two_waiters_cancels(self, shared: JobTable) -> None:
        request = fake("shared", seconds=0.5)
        shared.submit(request, "a")
        shared.submit(request, "b")
        shared.cancel(request.key, "a")
        assert shared.wait(request.key, 60).state == "done"

    def test_the_last_one_cancels_and_the_lane_is_free(self, shared: JobTable) -> None:
        request = fake("given up", seconds=60)
        shared.submit(request, "a")
        while shared.view(request.key).fraction == 0:  # type: ignore[union-attr]
            time.sleep(0.01)
        begun = time.monotonic()
        assert shared.cancel(request.key, "a").state == "cancelled"  # type: ignore[union-attr]
        shared.submit(fake("next"), "a")
        assert shared.wait(fake("next").key, 60).state == "done"
        assert time.monotonic() - begun < 30, "the work of a minute was not waited for"

    def test_a_killed_worker_shows(self, shared: JobTable, tmp_path: Path) -> None:
        request = fake("dies", seconds=0.4, trace=tmp_path / "trace", mishap="die once")
        shared.submit(request, "a")
        view = shared.wait(request.key, 60)
        assert view.state == "done"
        assert view.restarts == 1
        assert "restarted" in view.notes[0]

    def test_overheads(self, shared: JobTable) -> None:
        """Measured 25 ms computed, 1 ms from the store; whatever else runs, one of 20 is quick."""
        computed, stored = [], []
        fresh = JobTable(shared._engine, shared._store)
        for number in range(20):
            request = fake(f"overhead {number}")
            begun = time.perf_counter()
            shared.submit(request, "a")
            assert shared.wait(request.key, 60).state == "done"
            computed.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            assert fresh.submit(request, "a").state == "done"
            stored.append(time.perf_counter() - begun)
        assert min(computed) < 0.5
        assert min(stored) < 0.1
