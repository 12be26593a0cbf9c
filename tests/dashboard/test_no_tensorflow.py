"""The Streamlit process never loads TensorFlow: every page is opened in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("tensorflow", "keras", "openvino", "shap", "tf_keras_vis", "h5py", "torch")
PAGES = sorted(
    path.stem
    for path in (ROOT / "dashboard" / "app_pages").glob("*.py")
    if "\ndef page()" in path.read_text()
)

QUERIES = {"robustness": {"limit": "64", "checks": "false", "attacks": "fgsm"}}
"""Addresses of pages whose first view takes long."""

SCRIPT = """
import sys
from streamlit.testing.v1 import AppTest
from tests.dashboard.conftest import settled

PAGE = "from dashboard.app_pages import {page}; {page}.page()"
QUERY = {query!r}

if __name__ == "__main__":
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in QUERY.items():
        app.query_params[name] = value
    app.run()
    settled(app)
    assert not app.exception and not app.error, (app.exception, app.error)
    loaded = sorted(name for name in {heavy!r} if name in sys.modules)
    print("LOADED", loaded)
"""


def test_there_are_pages() -> None:
    assert {"compare", "inspect", "leaderboard", "reference", "shap"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_no_heavy_library(page: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(page=page, heavy=HEAVY, query=QUERIES.get(page, {}))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "LOADED []" in done.stdout, done.stdout + done.stderr
