"""Work in one process: the store around it, and the inline engine."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from core import errors
from core.contracts import Artefact
from core.control import LocalControl
from core.engine import (
    Done,
    Failed,
    InlineEngine,
    Progress,
    Started,
    execute,
)
from core.store import Store
from tests.engine.events import Recorder
from tests.engine.fakes import fake, prediction


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", 2**30)


def test_results_come_in_order_and_are_computed_once(store: Store, trace: Path) -> None:
    requests = [fake(name, trace=trace) for name in "bacab"]
    results = execute(requests, LocalControl(), store)
    assert [result.key for result in results] == [request.key for request in requests]
    assert len(trace.read_text().splitlines()) == 3
    again = execute(requests, LocalControl(), store)
    assert len(trace.read_text().splitlines()) == 3
    assert all(result.cached for result in again)
    assert not any(result.cached for result in results)
    np.testing.assert_array_equal(again[0].logits, results[0].logits)  # type: ignore[union-attr]
    stored = store.get(requests[0].key)
    assert stored is not None
    assert stored.document["cached"] is False


def test_only_what_is_missing_is_computed(store: Store, trace: Path) -> None:
    execute([fake("a", trace=trace)], LocalControl(), store)
    results = execute([fake(name, trace=trace) for name in "ab"], LocalControl(), store)
    assert [result.cached for result in results] == [True, False]
    assert [line[0] for line in trace.read_text().splitlines()] == ["a", "b"]


def test_two_threads_with_overlapping_requests_do_not_deadlock(store: Store, trace: Path) -> None:
    def work(names: str) -> None:
        requests = [fake(name, trace=trace, seconds=0.1) for name in names]
        execute(requests, LocalControl(), store)

    threads = [threading.Thread(target=work, args=(names,)) for names in ("abc", "cba", "bca")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(line[0] for line in trace.read_text().splitlines()) == ["a", "b", "c"]


def test_a_stop_leaves_nothing_stored_and_no_lock(store: Store) -> None:
    stop = threading.Event()
    control = LocalControl(on_progress=lambda fraction, _: stop.set(), stop=stop)
    with pytest.raises(errors.Cancelled):
        execute([fake("a", seconds=5)], control, store)
    assert not store.contains(fake("a").key)
    with store.lock(fake("a").key):
        pass


def test_a_wait_for_another_process_can_be_cancelled(store: Store) -> None:
    stop = threading.Event()
    request = fake("a")
    with store.lock(request.key):
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(errors.Cancelled):
            execute([request], LocalControl(stop=stop), store)


def test_an_entry_of_another_format_is_set_aside_and_computed(store: Store) -> None:
    request = fake("a")
    store.put(request.key, Artefact({"surprise": 1}))
    (result,) = execute([request], LocalControl(), store)
    assert not result.cached
    assert store.damaged_count == 1


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "PellucidError"])
def test_errors_on_purpose_pass_unchanged(store: Store, name: str) -> None:
    kind = getattr(errors, name)
    with pytest.raises(kind, match=f"^{name}: told to fail$") as caught:
        InlineEngine(store).run([fake(name, mishap=name)])
    assert type(caught.value) is kind


def test_other_errors_become_a_short_text_and_a_log_entry(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(errors.PellucidError, match="ZeroDivisionError") as caught:
        InlineEngine(store).run([fake("a", mishap="bug")])
    assert type(caught.value) is errors.PellucidError
    assert "secret" not in str(caught.value)
    assert "a secret of the inside" in caplog.text


def test_a_full_disk_is_a_store_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(errors.StoreError, match="disk is full"):
        InlineEngine(store).run([fake("a")])


def test_inline_events(store: Store) -> None:
    recorder = Recorder()
    InlineEngine(store).submit([fake("a", seconds=0.06)], recorder).cancel()
    kinds = [type(event) for event in recorder.events]
    assert kinds == [Started, Progress, Progress, Progress, Done]
    recorder = Recorder()
    InlineEngine(store).submit([fake("b", mishap="ImageError")], recorder)
    (failure,) = recorder.of(Failed)
    assert isinstance(failure, Failed)
    assert isinstance(failure.error, errors.ImageError)


def test_inline_calls(store: Store) -> None:
    engine = InlineEngine(store)
    assert (
        engine.call("batch", "tests.engine.fakes:prediction", "0" * 64).key
        == prediction("0" * 64).key
    )
    engine.warm_up("batch", "tests.engine.fakes:refuse")
    engine.close()


def test_importing_the_engine_loads_neither_dask_nor_tensorflow() -> None:
    code = (
        "import sys, core.server.jobs, core.engine, core.engine.dask\n"
        "heavy = {'dask', 'distributed', 'tensorflow', 'keras'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
