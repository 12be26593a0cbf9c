"""The Evidence page: methods compared over pictures, with the real core."""

from __future__ import annotations

import shutil
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import api
from dashboard import services, uploads
from dashboard.app_pages.leaderboard.page_choice import LeaderboardChoice
from tests.dashboard.conftest import ROOT, settled, texts

PAGE = "from dashboard.app_pages.leaderboard import page as leaderboard; leaderboard.page()"
TWO = tuple(id for id in uploads.examples() if id not in ("cat", "coffee"))
QUICK = LeaderboardChoice(methods=("gradcam", "edges"), metrics=("deletion",), left_out=TWO)


def opened(held: LeaderboardChoice | None = None, **query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    if held is not None:
        app.session_state["board"] = held
    return app.run()


def compared(app: AppTest) -> AppTest:
    app.button(key="compare methods").click()
    return settled(app.run())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A reference folder of four examples with labels and a column."""
    rows = ["file_name,label,light"]
    for i, item in enumerate(list(uploads.examples().values())[:4]):
        shutil.copy(ROOT / "assets" / "examples" / item.file, tmp_path / item.file)
        rows.append(f"{item.file},{i},{'day' if i % 2 else ''}")
    (tmp_path / "metadata.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_the_empty_page_says_what_to_do_and_offers_quick_methods_and_controls() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    assert "press Compare methods" in app.info[0].value
    offered = app.multiselect(key="leaderboard methods").value
    cards = services.methods()
    assert {"gradcam", "random", "edges"} <= set(offered)
    assert not any(cards[id].slow for id in offered)
    assert app.multiselect(key="leaderboard metrics").value == ["deletion", "insertion"]
    assert "6 of 6 pictures are taken" in texts(app)


def test_a_run_names_its_n_and_caveats_and_a_reload_finds_it() -> None:
    app = compared(opened(QUICK))
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "n = 2" in shown
    assert "Too few pictures: n = 2" in shown
    assert "Deletion: Grad-CAM alone was measured" in shown
    assert "What it can't show:" in shown
    assert app.get("plotly_chart")
    assert {button.label for button in app.get("download_button")} == {
        "Leaderboard (csv)", "Leaderboard (json)",
    }  # fmt: skip
    query = {name: app.query_params[name] for name in ("methods", "measure", "run")}
    again = settled(opened(**query))
    assert "n = 2" in unescape(texts(again))
    assert again.query_params["run"] == query["run"]


def test_a_run_that_the_server_forgot_is_explained() -> None:
    app = opened(run="0" * 64)
    assert not app.exception
    assert "not here any more" in app.info[0].value


def test_nothing_chosen_means_nothing_to_run() -> None:
    app = opened(LeaderboardChoice(methods=()))
    assert app.button(key="compare methods").disabled
    assert "at least one" in texts(app)


def test_a_folder_of_the_server_makes_subgroups(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "gallery", lambda: api.gallery(folder))
    held = LeaderboardChoice(
        methods=("gradcam", "edges"), metrics=("deletion",), source="folder", count=4
    )
    app = opened(held)
    assert not app.exception
    assert app.selectbox(key="leaderboard by").options == ["No subgroups", "label", "light"]
    app.selectbox(key="leaderboard by").set_value("light").run()
    app = compared(app)
    assert "n = 4" in unescape(texts(app))
    group = app.get("button_group")[-1]
    assert len(group.options) == 3
    app.session_state["leaderboard group"] = "day"
    assert "n = 2" in unescape(texts(app.run()))


def test_a_broken_folder_is_one_calm_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services, "gallery", lambda: api.gallery(tmp_path / "nowhere"))
    app = opened()
    assert not app.exception
    assert len(app.error) == 1
    assert "is no folder" in unescape(app.error[0].value)


def test_pictures_are_dropped_and_left_out_here_as_well() -> None:
    app = opened(LeaderboardChoice(left_out=("cat",)))
    data = (ROOT / "assets" / "examples" / "cat.jpg").read_bytes()
    app.file_uploader[0].set_value([("mine.jpg", data, "image/jpeg")])
    app.run()
    assert not app.exception
    assert "6 of 7 pictures are taken" in texts(app)
