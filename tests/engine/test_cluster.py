"""A cluster that somebody else runs: the same engine, by address and TLS files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine import Done, Progress
from core.engine.dask import DaskEngine
from core.errors import Cancelled, InputError, WorkerLostError
from core.settings import Settings
from core.store import Store
from tests.engine.certificates import write_certificates
from tests.engine.events import Recorder
from tests.engine.fakes import fake

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A scheduler and one worker that offers the interactive lane alone, with its own store."""
    folder = tmp_path_factory.mktemp("cluster")
    pem = write_certificates(folder)
    tls = ["--tls-ca-file", pem["ca"], "--tls-cert", pem["cert"], "--tls-key", pem["key"]]
    place = folder / "scheduler.json"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PELLUCID_HOME": str(folder / "home of the worker"),
        "DASK_LOGGING__DISTRIBUTED": "error",
    }

    def start(tool: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{tool}", *tls, "--no-dashboard"]
        command += ["--host", "127.0.0.1", "--scheduler-file", str(place), *options]
        return subprocess.Popen(command, env=environment, cwd=folder)

    processes = [start("dask_scheduler", "--protocol", "tls", "--port", "0")]
    while not place.is_file():
        time.sleep(0.1)
    lane = ["--resources", "interactive=1", "--nthreads", "1", "--no-nanny"]
    processes.append(start("dask_worker", *lane))
    yield Settings(
        scheduler=json.loads(place.read_text())["address"],
        tls_ca=pem["ca"],
        tls_cert=pem["cert"],
        tls_key=pem["key"],
    )
    for process in reversed(processes):
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def engine(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DaskEngine, Store]]:
    store = Store(tmp_path_factory.mktemp("home"), 2**30)
    engine = DaskEngine(store, settings)
    engine.call("interactive", "os:getpid", timeout=60)
    yield engine, store
    engine.close()


def test_results_come_back_and_into_our_store(
    engine: tuple[DaskEngine, Store], settings: Settings
) -> None:
    ours, store = engine
    assert settings.scheduler.startswith("tls://")
    (result,) = ours.run([fake("remote")])
    assert not result.cached
    assert store.contains(fake("remote").key)
    assert ours.run([fake("remote")])[0].cached


def test_a_lane_that_no_worker_offers_runs_anywhere(engine: tuple[DaskEngine, Store]) -> None:
    assert engine[0].run([fake("remote batch", lane="batch")])


def test_cancel_works_there_too(engine: tuple[DaskEngine, Store], tmp_path: Path) -> None:
    running, queued = Recorder(), Recorder()
    first = engine[0].submit([fake("remote long", seconds=60)], running)
    second = engine[0].submit([fake("remote queued", trace=tmp_path / "trace")], queued)
    running.wait_for(Progress)
    second.cancel()
    first.cancel()
    with pytest.raises(Cancelled):
        raise queued.wait().error  # type: ignore[union-attr]
    last = Recorder()
    engine[0].submit([fake("remote last")], last)
    assert isinstance(last.wait(), Done)
    assert not (tmp_path / "trace").exists()


def test_closing_leaves_the_cluster_running(settings: Settings, tmp_path: Path) -> None:
    for name in ("one", "two"):
        engine = DaskEngine(Store(tmp_path / name, 2**30), settings)
        assert engine.run([fake("remote again")])
        engine.close()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "127.0.0.1:8786"])
def test_an_address_without_tls_is_refused(address: str, tmp_path: Path) -> None:
    engine = DaskEngine(Store(tmp_path, 2**30), Settings(scheduler=address))
    with pytest.raises(InputError, match=r"tls://host:8786.*Received: '"):
        engine.run([fake("a")])
    engine.close()


def test_missing_files_are_named(tmp_path: Path) -> None:
    settings = Settings(scheduler="tls://127.0.0.1:1", tls_ca=tmp_path / "ca.pem")
    engine = DaskEngine(Store(tmp_path, 2**30), settings)
    with pytest.raises(InputError, match=r"PELLUCID_TLS_CA.*ca\.pem"):
        engine.run([fake("a")])
    engine.close()


def test_a_scheduler_that_is_not_there_is_one_clear_error(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.engine.cluster.CONNECT_SECONDS", 1.0)
    elsewhere = settings.model_copy(update={"scheduler": "tls://127.0.0.1:1"})
    engine = DaskEngine(Store(tmp_path, 2**30), elsewhere)
    with pytest.raises(WorkerLostError, match="Cannot reach the Dask scheduler"):
        engine.run([fake("a")])
    engine.close()
