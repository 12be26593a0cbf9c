"""The Streamlit process never loads TensorFlow: every page is opened in a process without it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("tensorflow", "keras", "openvino", "shap", "tf_keras_vis", "h5py", "torch")
PAGES = sorted(
    path.parent.name
    for path in (ROOT / "dashboard" / "app_pages").glob("*/page.py")
    if "\ndef page()" in path.read_text()
)

QUERIES = {"robustness": {"limit": "64", "checks": "false", "attacks": "fgsm"}}
"""Addresses of pages whose first view takes long."""

SCRIPT = """
import json, sys
from streamlit.testing.v1 import AppTest
from tests.dashboard.conftest import settled

if __name__ == "__main__":
    for page in {pages!r}:
        app = AppTest.from_string(
            f"from dashboard.app_pages.{{page}}.page import page; page()", default_timeout=250
        )
        for name, value in {queries!r}.get(page, {{}}).items():
            app.query_params[name] = value
        app.run()
        settled(app)
        told = [str(each.value) for each in (*app.exception, *app.error)]
        loaded = sorted(name for name in {heavy!r} if name in sys.modules)
        print("PAGE", json.dumps([page, told, loaded]), flush=True)
"""


@pytest.fixture(scope="module")
def opened() -> dict[str, tuple[list[str], list[str]]]:
    """For every page, opened one after the other in one process: its errors and what is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(pages=PAGES, heavy=HEAVY, queries=QUERIES)],
        cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("PAGE ")]
    return {page: (told, loaded) for page, told, loaded in (json.loads(line[5:]) for line in lines)}


def test_there_are_pages() -> None:
    assert {"compare", "inspect", "leaderboard", "reference", "shap"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_no_heavy_library(
    page: str, opened: dict[str, tuple[list[str], list[str]]]
) -> None:
    assert opened[page] == ([], [])
