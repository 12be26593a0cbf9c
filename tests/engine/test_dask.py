"""The Dask engine with local workers: real processes, real kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from core import errors
from core.control import LocalControl
from core.engine import (
    Done,
    Failed,
    InlineEngine,
    Progress,
    Restarted,
    Started,
)
from core.engine.dask import DaskEngine
from core.settings import Settings
from core.store import Store
from tests.engine.events import Recorder
from tests.engine.fakes import fake

ROOT = Path(__file__).parents[2]


def error_of(event: object) -> errors.PellucidError:
    assert isinstance(event, Failed), event
    return event.error


def test_the_same_results_as_inline(engine: DaskEngine, tmp_path: Path) -> None:
    requests = [fake("same 1"), fake("same 2"), fake("same 1")]
    ours = engine.run(requests)
    inline = InlineEngine(Store(tmp_path, 2**30)).run(requests)
    for left, right in zip(ours, inline, strict=True):
        assert left.to_artefact().document == right.to_artefact().document
        np.testing.assert_array_equal(left.logits, right.logits)  # type: ignore[union-attr]
    assert all(result.cached for result in engine.run(requests))


def test_two_submitters_compute_once(engine: DaskEngine, trace: Path) -> None:
    recorders = [Recorder() for _ in range(3)]
    for recorder in recorders:
        engine.submit([fake("once", trace=trace, seconds=0.2)], recorder)
    for recorder in recorders:
        assert isinstance(recorder.wait(), Done)
    assert len(trace.read_text().splitlines()) == 1


def test_progress_arrives_in_order_at_ten_a_second(engine: DaskEngine) -> None:
    recorder = Recorder()
    engine.submit([fake("progress", seconds=1.0)], recorder)
    recorder.wait()
    assert isinstance(recorder.events[0], Started)
    reports = [event for event in recorder.events if isinstance(event, Progress)]
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert 5 <= len(fractions) <= 13
    assert reports[0].message == "step 1"


def test_run_passes_progress_on_and_stops(engine: DaskEngine) -> None:
    seen: list[float] = []
    stop = threading.Event()

    def report(fraction: float, message: str) -> None:
        seen.append(fraction)
        stop.set()

    with pytest.raises(errors.Cancelled):
        engine.run([fake("run stopped", seconds=30)], LocalControl(on_progress=report, stop=stop))
    assert seen


def test_cancel_stops_running_code_at_its_next_check(engine: DaskEngine, trace: Path) -> None:
    recorder, following = Recorder(), Recorder()
    run = engine.submit([fake("long", seconds=60, trace=trace)], recorder)
    recorder.wait_for(Progress)
    engine.submit([fake("following")], following)
    begun = time.monotonic()
    run.cancel()
    assert isinstance(error_of(recorder.wait()), errors.Cancelled)
    following.wait_for(Started)  # the lane's only thread is free again
    assert time.monotonic() - begun < 30, "the work of a minute was not waited for"
    assert isinstance(following.wait(), Done)
    run.cancel()  # once more does no harm
    assert len(recorder.of(Failed)) == 1


def test_a_cancelled_key_can_be_run_again_at_once(engine: DaskEngine) -> None:
    recorder, again = Recorder(), Recorder()
    run = engine.submit([fake("again", seconds=0.4)], recorder)
    recorder.wait_for(Started)
    run.cancel()
    engine.submit([fake("again", seconds=0.4)], again)
    assert isinstance(again.wait(), Done)


def test_a_waiting_run_is_dropped(engine: DaskEngine, trace: Path) -> None:
    first, waiting = Recorder(), Recorder()
    engine.submit([fake("first", seconds=0.5)], first)
    run = engine.submit([fake("waiting", trace=trace)], waiting)
    run.cancel()
    assert isinstance(error_of(waiting.wait()), errors.Cancelled)
    assert isinstance(first.wait(), Done)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["ImageError", "AmbiguousNameError", "StoreError"])
def test_errors_keep_their_class_and_text(engine: DaskEngine, name: str) -> None:
    with pytest.raises(errors.PellucidError, match=f"^{name}: told to fail$") as caught:
        engine.run([fake(name, mishap=name)])
    assert type(caught.value) is getattr(errors, name)


def test_a_bug_becomes_a_short_text(engine: DaskEngine) -> None:
    with pytest.raises(errors.PellucidError, match="ZeroDivisionError") as caught:
        engine.run([fake("bug", mishap="bug")])
    assert "secret" not in str(caught.value)


def test_a_killed_worker_is_replaced_and_the_run_finishes(engine: DaskEngine, trace: Path) -> None:
    recorder, waiting = Recorder(), Recorder()
    engine.submit([fake("die once", seconds=0.4, trace=trace, mishap="die once")], recorder)
    engine.submit([fake("behind")], waiting)
    assert isinstance(recorder.wait(), Done)
    assert len(recorder.of(Restarted)) == 1
    pids = {line.split()[-1] for line in trace.read_text().splitlines()}
    assert len(pids) == 2
    assert isinstance(waiting.wait(), Done)
    assert not waiting.of(Restarted)


def test_work_that_always_kills_ends_and_the_lane_lives(engine: DaskEngine, trace: Path) -> None:
    recorder, waiting = Recorder(), Recorder()
    engine.submit([fake("die", trace=trace, mishap="die")], recorder)
    engine.submit([fake("innocent")], waiting)
    error = error_of(recorder.wait())
    assert isinstance(error, errors.WorkerLostError)
    assert "PELLUCID_WORKER_MEMORY_GB" in str(error)
    assert len(trace.with_suffix(".deaths").read_text()) == 3
    assert isinstance(waiting.wait(), Done)


def test_batch_work_does_not_delay_the_other_lane(engine: DaskEngine) -> None:
    slow = Recorder()
    run = engine.submit([fake("batch", seconds=60, lane="batch")], slow)
    slow.wait_for(Progress)
    begun = time.monotonic()
    engine.run([fake("quick")])
    assert time.monotonic() - begun < 30, "the work of a minute was not waited for"
    run.cancel()
    interactive = engine.call("interactive", "tests.engine.fakes:whereabouts", "x", timeout=60)
    batch = engine.call("batch", "tests.engine.fakes:whereabouts", "x", timeout=60)
    assert interactive[1] != batch[1]
    assert (interactive[2], batch[2]) == (os.nice(0), min(os.nice(0) + 10, 19))


def test_calls_carry_values_errors_and_timeouts(engine: DaskEngine) -> None:
    assert engine.call("interactive", "operator:add", 1, 2, timeout=10) == 3
    with pytest.raises(errors.CapabilityError, match="cannot do that"):
        engine.call("interactive", "tests.engine.fakes:refuse", timeout=10)
    with pytest.raises(errors.PellucidError, match="AttributeError"):
        engine.call("interactive", "os:no_such_function", timeout=10)
    with pytest.raises(TimeoutError):
        engine.call("interactive", "time:sleep", 1.0, timeout=0.2)


def test_warming_up_happens_in_the_worker(engine: DaskEngine, tmp_path: Path) -> None:
    engine.warm_up("interactive", "os:mkdir", str(tmp_path / "warm"))
    engine.run([fake("after the warm-up")])
    assert (tmp_path / "warm").is_dir()


def test_the_worker_leaves_blas_and_malloc_alone(engine: DaskEngine) -> None:
    for name in ("OMP_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_"):
        seen = engine.call("interactive", "os:getenv", name, timeout=10)
        assert seen == os.environ.get(name)


def test_connections_are_tls_on_loopback(engine: DaskEngine) -> None:
    client = engine._session.ready.result()
    assert client.scheduler.address.startswith("tls://127.0.0.1:")
    engine.call("batch", "os:getpid", timeout=30)
    listening = [
        connection.laddr.ip
        for process in family_of(engine)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) == 5  # the scheduler, two nannies, two workers; no metrics, no dashboard
    assert set(listening) == {"127.0.0.1"}


def test_a_stranger_without_the_certificate_is_turned_away(engine: DaskEngine) -> None:
    from distributed import Client
    from distributed.security import Security

    address = engine._session.ready.result().scheduler.address
    with pytest.raises(OSError, match=r"Timed out|certificate|SSL"):
        Client(address, security=Security.temporary(), timeout=2, set_as_default=False)


def test_submitting_overhead_is_small(engine: DaskEngine) -> None:
    """Measured 15 to 25 ms on two cores; whatever else runs, one of twenty is quick."""
    engine.run([fake("warm")])
    spent = []
    for number in range(20):
        begun = time.perf_counter()
        engine.run([fake(f"overhead {number}")])
        spent.append(time.perf_counter() - begun)
    assert min(spent) < 0.5


def family_of(engine: DaskEngine) -> list[psutil.Process]:
    host = engine._session.cluster._host  # type: ignore[union-attr]
    process = psutil.Process(host.pid)
    return [process, *process.children(recursive=True)]


def fresh_engine(path: Path) -> DaskEngine:
    return DaskEngine(Store(path / "home", 2**30), Settings(scheduler="", worker_memory_gb=2))


def test_closing_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    recorder = Recorder()
    engine.submit([fake("endless", seconds=60)], recorder)
    recorder.wait_for(Progress)
    family = family_of(engine)
    scratch = Path(engine._session.cluster._scratch)  # type: ignore[union-attr]
    assert scratch.is_dir()
    engine.close()
    engine.close()
    assert isinstance(error_of(recorder.wait()), errors.Cancelled)
    assert not psutil.wait_procs(family, timeout=60)[1]
    assert not scratch.exists()
    with pytest.raises(errors.WorkerLostError, match="closed"):
        engine.submit([fake("late")], Recorder())


def test_closing_while_connecting_is_quiet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = fresh_engine(tmp_path)
    recorder = Recorder()
    engine.submit([fake("early")], recorder)
    engine.close()
    assert isinstance(error_of(recorder.wait()), errors.Cancelled)
    with pytest.raises(errors.WorkerLostError):
        engine._session.ready.result(20)
    assert "Traceback" not in caplog.text


def test_a_lost_host_is_replaced_and_the_run_begins_anew(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    trace = tmp_path / "trace"
    recorder, waiting = Recorder(), Recorder()
    engine.submit([fake("unlucky", seconds=1.0, trace=trace)], recorder)
    engine.submit([fake("behind")], waiting)
    recorder.wait_for(Progress)
    family = family_of(engine)
    family[0].kill()
    assert isinstance(recorder.wait(), Done)
    assert len(recorder.of(Restarted)) == 1
    assert len(recorder.of(Started)) == 2
    assert len(trace.read_text().splitlines()) == 2
    assert isinstance(waiting.wait(), Done)
    assert not waiting.of(Restarted)
    assert not psutil.wait_procs(family, timeout=60)[1]
    engine.close()


def test_a_run_that_loses_two_hosts_fails_and_the_next_one_gets_another(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    recorder = Recorder()
    engine.submit([fake("endless", seconds=60)], recorder)
    for begun in (1, 2):
        recorder.wait_for_number(Started, begun)
        family_of(engine)[0].kill()
    assert isinstance(error_of(recorder.wait()), errors.WorkerLostError)
    assert len(recorder.of(Restarted)) == 1
    assert engine.run([fake("next")])[0].key == fake("next").key
    engine.close()


def test_a_run_that_is_stopped_while_its_host_is_replaced_stays_stopped(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    trace = tmp_path / "trace"
    recorder = Recorder()
    run = engine.submit([fake("given up", seconds=60, trace=trace)], recorder)
    recorder.wait_for(Progress)
    family_of(engine)[0].kill()
    recorder.wait_for(Restarted)
    run.cancel()
    assert isinstance(error_of(recorder.wait()), errors.Cancelled)
    assert engine.run([fake("next")])[0].key == fake("next").key
    assert len(trace.read_text().splitlines()) == 1
    engine.close()


def test_a_run_handed_to_a_host_that_is_just_dying_is_tried_again(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    engine.run([fake("first")])
    family = family_of(engine)
    lost = engine._session
    lost.cluster.alive = lambda: True  # nobody has noticed yet
    family[0].kill()
    assert engine.run([fake("second")])[0].key == fake("second").key
    assert engine._session is not lost
    engine.close()


SERVER = """
import sys
from pathlib import Path
from core.engine.dask import DaskEngine
from core.settings import Settings
from core.store import Store
engine = DaskEngine(Store(Path(sys.argv[1]), 2**30), Settings(scheduler="", worker_memory_gb=2))
engine.call("interactive", "os:getpid", timeout=60)
import psutil
children = psutil.Process().children(recursive=True)
print(*(child.pid for child in children), flush=True)
sys.stdin.readline()  # its end is not for itself to choose
"""


def test_no_worker_outlives_its_server(tmp_path: Path) -> None:
    """Plain scripts, without ``if __name__ == "__main__"``, start and leave no process."""
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    ends = {"exit": None, "interrupt": signal.SIGINT, "kill": signal.SIGKILL}
    servers = {
        end: subprocess.Popen(
            [sys.executable, str(script), str(tmp_path / end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for end in ends
    }
    for end, server in servers.items():
        assert server.stdout is not None
        children = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
        assert len(children) >= 3, end
        if (number := ends[end]) is not None:
            server.send_signal(number)
        _, noise = server.communicate("\n" if number is None else None, timeout=60)
        assert not psutil.wait_procs(children, timeout=60)[1], end
        if end != "kill":  # then the scheduler may say that its client vanished
            assert "distributed" not in noise, noise
    assert list(temporary.iterdir()) == []
