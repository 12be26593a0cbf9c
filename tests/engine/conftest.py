"""Engines for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine.dask import DaskEngine
from core.settings import Settings
from core.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("home"), 2**30)


@pytest.fixture(scope="module")
def engine(store: Store) -> Iterator[DaskEngine]:
    """One local engine for a module; its workers take two seconds to start."""
    engine = DaskEngine(store, Settings(scheduler="", worker_memory_gb=2))
    engine.call("interactive", "os:getpid", timeout=60)
    yield engine
    engine.close()


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A file that gets a line at each computation."""
    return tmp_path / "trace"
