from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driver import CHROMEDRIVER, CHROMIUM, Page, Server, opened


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not (CHROMIUM and CHROMEDRIVER):
        pytest.skip(
            "no browser: install chromium and chromedriver (Debian: chromium chromium-driver)"
        )
    running = Server(tmp_path_factory.mktemp("pellucid-home"))
    yield running
    running.stop()


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    with opened(server) as window:
        yield window


@pytest.fixture
def examples() -> Path:
    return Path(__file__).resolve().parents[2] / "assets" / "examples"
