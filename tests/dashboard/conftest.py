from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.server import api as _server
from dashboard.services._jobs import _table

ROOT = Path(__file__).resolve().parents[2]
APP = str(ROOT / "dashboard" / "app.py")

Open = Callable[..., AppTest]


@pytest.fixture(scope="package", autouse=True)
def _no_traces() -> Iterator[None]:
    """AppTest swaps ``__main__``, which spawned processes import again; workers stay open."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
    _server._workers().engine.close()
    _server._workers.cache_clear()
    _server.jobs.cache_clear()


@pytest.fixture(autouse=True)
def _nobody_waits_any_more() -> Iterator[None]:
    """An AppTest has no session that ends: drop what its page still waits for in the background."""
    yield
    if _server._workers.cache_info().currsize:
        table = _table()
        for job in table.jobs():
            if job.active:
                table.cancel(job.key, "gone")


def texts(app: AppTest) -> str:
    """Everything a visitor reads, joined."""
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.title, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def settled(app: AppTest, *, patience: float = 90.0) -> AppTest:
    """Rerun until nothing is under way any more."""
    end = time.monotonic() + patience
    while any(element.key and element.key.startswith("cancel/") for element in app.button) or (
        app.get("skeleton")
    ):
        assert time.monotonic() < end, "the page still waits"
        time.sleep(0.3)
        app.run()
    return app


@pytest.fixture
def open_app() -> Open:
    """Open the app at an address, and wait for its results."""

    def opened(*, wait: bool = True, **query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        return settled(app) if wait else app

    return opened
