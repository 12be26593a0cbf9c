"""Every page, with a model, a dataset and classes whose names are strangers' markup."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import Run
from core.settings import settings
from dashboard.app_pages.concepts import page_choice as concepts_choice
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.services._jobs import _table
from tests.dashboard.conftest import APP
from tests.dashboard.test_hostile_names import HOSTILE, LIVE, shown_as_markdown

CLASSES = ("![p](http:⁄⁄127.0.0.1:9)", ":red[x]", "$x^2$ **b**", "<img src=http:>")
ATTRIBUTE = "[go](http://evil.example)"
GROUPS = (":rainbow-background[y]", "www.evil.example", ":material/bolt:")
SIZE = 32
N = 240
"""So that a test part has the ten pictures of each group that gaps between them need."""
WAIT = 1.0
CODE = re.compile(r"`[^`]*`")


def pages() -> dict[str, str]:
    """Return the module of every page that the app lists, by its address."""
    tree = ast.parse(Path(APP).read_text(encoding="utf-8"))  # importing it would serve it
    calls = [call for call in ast.walk(tree) if isinstance(call, ast.Call) and call.args]
    return {
        str(keyword.value.value): ast.unparse(call.args[0]).partition(".")[0]
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "url_path" and isinstance(keyword.value, ast.Constant)
    }


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Train a model for one epoch on a folder of such names, and offer the folder."""
    folder = tmp_path_factory.mktemp("x") / "$x^2$ :red[x]"
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines = [f"file_name,label,{ATTRIBUTE}"]
    for i in range(N):
        file = f"{i} **b** :red[x] $x^2$.png"
        shade = rng.integers(0, 60, (SIZE, SIZE, 3)) + 45 * (i % 4)
        Image.fromarray(shade.astype(np.uint8)).save(folder / file)
        lines.append(f"{file},{CLASSES[i % 4]},{GROUPS[i // 4 % 3]}")
    (folder / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    data = api.parse_dataset(f"folder:{folder}".replace("%", "%25")).text
    patch = pytest.MonkeyPatch()
    patch.setenv("PELLUCID_DATASETS", data)
    settings.cache_clear()
    run = api.train(dataset=data, recipe="scratch", epochs=1)
    yield run
    api.delete_run(run.model)
    patch.undo()
    settings.cache_clear()


def test_pages_are_found() -> None:
    assert len(pages()) >= 11
    assert {"inspect", "fairness", "models", "robustness"} <= set(pages())


def opened(module: str, **query: str) -> AppTest:
    app = AppTest.from_string(
        f"from dashboard.app_pages.{module}.page import page\npage()", default_timeout=60
    )
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def _answered() -> None:
    """Wait for what the workers answer quickly."""
    end = time.monotonic() + WAIT
    for job in _table().jobs():
        if job.active:
            _table().wait(job.key, max(end - time.monotonic(), 0.0))


def views(page: str, model: str) -> list[dict[str, str]]:
    """Return the addresses under which a page shows different parts."""
    if page == "models":
        return [{}, {"view": "new"}, {"view": "bring"}, {"run": model}]
    if page == "concepts":
        return [{"model": model, "tab": tab} for tab in concepts_choice.TABS]
    if page == "robustness":
        return [{"model": model, "section": name} for name in get_args(robustness_choice.Section)]
    return [{"model": model}]


def check(app: AppTest, told: object) -> list[str]:
    """Hold a page against what may come to life in it; return what it shows."""
    assert not app.exception, told
    shown = list(shown_as_markdown(app))
    for text in shown:
        bare = CODE.sub("", text)  # a code span is text
        assert not [mark for mark in LIVE if mark in bare], (told, text)
    return shown


@pytest.mark.parametrize("page", pages())
def test_every_page_shows_them_as_they_are(page: str, hostile: Run) -> None:
    for query in views(page, hostile.model):
        app = opened(pages()[page], **query)
        check(app, query)
        _answered()
        shown = check(app.run(), query)
        if "run" in query:
            assert any(":red[x]" in unescape(text) for text in shown), "the run's own name"
            gaps = [text for text in shown if "ap beyond chance" in text or "No gap" in text]
            assert any(GROUPS[1] in unescape(text).replace("\\", "") for text in gaps), gaps


@pytest.mark.parametrize("page", pages())
@pytest.mark.parametrize("name", [HOSTILE[0], HOSTILE[2], HOSTILE[4]])
def test_what_an_address_holds_is_text_too(page: str, name: str) -> None:
    keys = ("model", "run", "picture", "method", "dataset", "target", "class", "slice", "view",
            "tab", "section", "explainer", "other", "path", "table", "by", "visit")  # fmt: skip
    check(opened(pages()[page], **dict.fromkeys(keys, name)), name)
