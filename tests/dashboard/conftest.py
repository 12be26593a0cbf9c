from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest, local_script_runner
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from core.server import api as _server
from core.server.workers import Workers
from core.workspace import open_store
from dashboard.app_pages.inspect import evidence
from dashboard.services import _model_looks
from dashboard.services._jobs import _table
from tests.engine.threads import ThreadEngine

ROOT = Path(__file__).resolve().parents[2]
APP = str(ROOT / "dashboard" / "app.py")

REPEATS = 50
"""A page that waits for more jobs, one after another, than this waits in vain."""

Open = Callable[..., AppTest]


@pytest.fixture(scope="package", autouse=True)
def _no_traces() -> Iterator[None]:
    """AppTest swaps ``__main__``, which spawned processes import again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="package", autouse=True)
def workers() -> Iterator[Workers]:
    """Pages compute in threads of this process; test_no_tensorflow and tests/e2e in workers."""
    made = Workers(ThreadEngine(open_store()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_server, "_workers", lambda: made)
        _server.jobs.cache_clear()
        yield made
        made.engine.close()
        _server.jobs.cache_clear()


@pytest.fixture(scope="package", autouse=True)
def _scripts_take_their_time() -> Iterator[None]:
    """AppTest gives up after 3 s unless it is told otherwise: too few beside other work."""
    run = AppTest._run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AppTest, "_run", lambda app, state=None, timeout=None: run(app, state, 280))
        yield


@pytest.fixture(scope="package", autouse=True)
def _runs_cost_what_they_cost_a_visitor() -> Iterator[None]:
    """Leave out what only AppTest pays, three quarters of the time of a page.

    The server holds no Keras (test_no_tensorflow), this process does, and Streamlit resets Keras
    and collects all garbage after a run of a page where it finds it. And every AppTest reads the
    metadata of all installed packages for components, and looks each millisecond for its end.
    """
    manifests = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: manifests)
        patch.setattr(local_script_runner, "require_widgets_deltas", _await_end)
        yield


def _await_end(runner: LocalScriptRunner, timeout: float) -> None:
    thread = runner._script_thread
    assert thread is not None
    thread.join(timeout)
    if not runner.script_stopped():
        runner.request_stop()
        raise RuntimeError(f"the page has not come to its end after {timeout} s")


@pytest.fixture(scope="package", autouse=True)
def _visitors_sit_at_this_machine() -> Iterator[None]:
    """AppTest has no connection that could tell an address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_model_looks, "visitor", lambda: (None, {}))
        yield


@pytest.fixture(autouse=True)
def _nobody_waits_any_more() -> Iterator[None]:
    """An AppTest has no session that ends: drop what its page still waits for in the background."""
    yield
    table = _table()
    for job in table.jobs():
        if job.active:
            table.cancel(job.key, "gone")


@pytest.fixture
def map_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the evidence card of Inspect out: test_evidence_card asks about it."""
    monkeypatch.setattr(evidence, "panel", lambda *_: None)


def texts(app: AppTest) -> str:
    """Everything a visitor reads, joined."""
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.title, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def settled(app: AppTest) -> AppTest:
    """Rerun until nothing is under way any more: its jobs may take as long as they take."""
    for _ in range(REPEATS):
        keys = [element.key or "" for element in app.button]
        if not (any(key.startswith("cancel/") for key in keys) or app.get("skeleton")):
            return app
        for job in _table().jobs():
            if job.active:
                _table().wait(job.key)
        app.run()
    raise AssertionError("the page still waits, and nothing is under way")


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
