"""The Examples page, with the real core and real weights."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.settings import settings
from dashboard import services
from dashboard.app_pages.examples.page_choice import ExamplesChoice, read
from dashboard.state import Choice
from tests.dashboard.conftest import settled, texts

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
PAGE = "from dashboard.app_pages.examples import page as examples; examples.page()"


def opened(*, wait: bool = True, **query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return settled(app) if wait else app


def html(app: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def test_a_newcomer_sees_what_would_change_the_decision() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "What would change its mind" in shown
    assert "tiger cat" in shown
    assert "of what the model sees) it decides for" in shown
    assert "✓" in shown
    assert app.query_params["picture"] == "cat"


def test_the_slider_walks_along_the_path_and_stays_in_the_address() -> None:
    app = opened(picture="coffee")
    slider = app.slider(key="changed/removed")
    assert slider.value == slider.max >= 2
    slider.set_value(1)
    settled(app.run())
    assert app.query_params["removed"] == "1"
    assert app.slider(key="changed/removed").value == 1
    again = opened(picture="coffee", removed="1")
    assert again.slider(key="changed/removed").value == 1


def test_controls_start_another_search() -> None:
    app = opened()
    app.selectbox(key="changed/regions").set_value("grid")
    app.number_input(key="changed/count").set_value(9)
    settled(app.run())
    assert app.query_params["regions"] == "grid"
    assert "of 9 regions" in unescape(texts(app))


def test_a_class_that_it_decides_for_already_is_one_calm_error() -> None:
    app = opened(towards="282")
    assert not app.exception
    assert "already decides for class 282" in unescape(app.error[0].value)


def test_not_flipped_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(picture="cat", regions="grid", count="4", towards="1")
    shown = unescape(texts(app))
    assert not app.error
    assert "stays, whatever was removed" in shown
    assert "Nothing was found" in shown
    assert app.slider(key="changed/removed").value == 0


def test_without_a_folder_it_says_how_to_set_one_and_looks_among_the_examples() -> None:
    app = opened()
    assert "PELLUCID_GALLERY" in app.info[0].value
    shown = html(app)
    assert "this very picture" in shown
    assert shown.count("<figure") >= 4


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """Settings are read anew at the next call, and again after the test."""
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_reference_folder_shows_its_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_settings: None
) -> None:
    for label, file in (("<b>cats</b>", "cat.jpg"), ("drinks", "coffee.jpg")):
        folder = tmp_path / label.replace("/", "∕")
        folder.mkdir()
        with Image.open(EXAMPLES / file) as image:
            image.crop((10, 10, 300, 290)).save(folder / "one.jpg")
    monkeypatch.setenv("PELLUCID_GALLERY", str(tmp_path))
    app = opened()
    assert not app.error
    shown = html(app)
    assert "&lt;b&gt;cats" in shown
    assert "<b>cats" not in shown
    assert shown.index("cats") < shown.index("drinks"), "nearest first"
    app.button_group(key="near/source").set_value("session")
    settled(app.run())
    assert app.query_params["source"] == "session"


def test_nonsense_in_the_address_is_said_and_left_out() -> None:
    app = opened(regions="hexagons", count="999", baseline="pink", towards="-1", removed="x")
    assert len(app.warning) == 5
    assert not app.error


def test_a_picture_that_is_gone() -> None:
    app = opened(picture="f" * 64)
    assert "not here any more" in app.info[0].value


def test_our_own_mistakes_never_show_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(services, "counterfactual_request", broken)
    app = opened(wait=False)
    assert not app.exception
    assert "Something went wrong on our side" in app.error[0].value
    assert "secret" not in texts(app)


def test_addresses_and_searches_are_the_same_thing() -> None:
    search = ExamplesChoice("grid", 12, "grey", 3, 2, "session")
    assert read(search.to_query(), Choice()) == (search, [])
    assert ExamplesChoice().to_query() == {}
