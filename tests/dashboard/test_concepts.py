"""The Concepts page, with the real core and a small reference folder."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.settings import settings
from dashboard.app_pages.concepts.page_choice import ConceptsChoice, read
from dashboard.state import Choice
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.concepts import page as concepts; concepts.page()"


def opened(*, wait: bool = True, **query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return settled(app) if wait else app


def words(app: AppTest) -> str:
    return unescape(texts(app))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two labels: stripes and plain noise; workers read the path from the request."""
    rng = np.random.default_rng(0)
    for label, n in (("stripes", 9), ("noise", 30)):
        (tmp_path / label).mkdir()
        for i in range(n):
            pixels = rng.integers(0, 256, (64, 64, 3), np.uint8)
            if label == "stripes":
                pixels[:, (np.arange(64) // 8) % 2 == 0] = rng.integers(0, 256, 3)
            Image.fromarray(pixels).save(tmp_path / label / f"{i}.png")
    monkeypatch.setenv("PELLUCID_GALLERY", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    monkeypatch.delenv("PELLUCID_GALLERY")
    settings.cache_clear()


def test_a_newcomer_reads_what_each_question_shows_and_starts_nothing_long() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    assert "What it can't show:" in words(app)
    assert app.selectbox(key="study/class").value in {281, 282, 285}
    assert "No picture yet" in words(app)
    assert "asked" not in app.query_params


@pytest.mark.parametrize("tab", ["parts", "test"])
def test_without_a_folder_it_says_how_to_set_one(tab: str) -> None:
    app = opened(tab=tab)
    assert not app.exception
    assert "PELLUCID_GALLERY=/path/to/folder" in words(app)


@pytest.mark.slow
def test_a_picture_is_made_on_demand_and_is_there_again_after_a_reload() -> None:
    app = opened(steps="32", **{"class": "1"})
    app.button(key="study/run/look").click()
    settled(app.run())
    assert "Made for goldfish" in words(app)
    assert "not a typical picture of the class" in words(app)
    assert app.query_params["asked"] == "look"
    again = opened(wait=False, steps="32", asked="look", **{"class": "1"})
    assert "Made for goldfish" in words(again), "no second run for a reload"


def test_changing_the_class_does_not_start_over_by_itself() -> None:
    app = opened(wait=False, steps="512", asked="look", **{"class": "1"})
    app.selectbox(key="study/class").set_value(2)
    app.run()
    assert "No picture yet" in words(app)
    assert app.query_params["class"] == "2"
    assert "asked" not in app.query_params


def test_concepts_of_a_class_are_found_and_mapped(folder: Path) -> None:
    app = opened(tab="parts", label="noise", select="all", concepts="2", asked="parts")
    assert not app.exception
    assert not app.error, [e.value for e in app.error]
    shown = words(app)
    assert "2 concepts" in shown
    assert "Concept 1" in shown
    assert "importance" in shown
    assert "Where they are in the chosen picture" in shown
    assert "One scale for all maps" in shown


def test_too_few_pictures_are_told_calmly(folder: Path) -> None:
    app = opened(tab="parts", asked="parts", **{"class": "1"})
    assert not app.exception
    assert "needs at least 8 pictures; found 0" in words(app)
    assert app.button(key=next(b.key for b in app.button if (b.key or "").startswith("again/")))


def test_a_concept_is_tested_and_the_verdict_is_in_words(folder: Path) -> None:
    app = opened(tab="test", tested="stripes", ofclass="noise", asked="test")
    assert not app.exception
    assert not app.error, [e.value for e in app.error]
    shown = words(app)
    assert "stripes" in shown
    assert "significant" in shown
    assert "30 random pictures" in shown
    assert "Holm" in shown


def test_dropped_pictures_become_a_concept_with_a_name(folder: Path) -> None:
    app = opened(tab="test")
    files = []
    for seed in range(2):
        buffer = io.BytesIO()
        pixels = np.random.default_rng(seed).integers(0, 255, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(buffer, "PNG")
        files.append((f"{seed}.png", buffer.getvalue(), "image/png"))
    app.file_uploader[0].set_value(files)
    settled(app.run())
    app.text_input(key="study/group/name").set_value("<b>dots</b>")
    next(b for b in app.button if b.label == "Keep as a concept").click()
    settled(app.run())
    assert not app.exception
    assert "<b>" not in texts(app)
    assert "<b>dots</b>: 2 pictures" in words(app).replace("**", "")
    name = next(name for name in app.query_params if name.startswith("group."))
    assert len(app.query_params[name].split(",")) == 2


def test_an_address_is_read_back_as_it_was_written() -> None:
    study = ConceptsChoice(
        tab="test", target=3, steps=64, seed=9, source="session", selection="all", label="x",
        n_concepts=4, of_class="y", labels=("a", "b"), groups=(("dots", ("1", "2")),),
        asked=("look", "test"),
    )  # fmt: skip
    assert read(study.to_query(), Choice()) == (study, [])
    assert ConceptsChoice().to_query() == {}


def test_nonsense_in_an_address_is_told_and_left_out() -> None:
    study, problems = read({"tab": "x", "steps": "9", "class": "-1", "select": "?"}, Choice())
    assert study == ConceptsChoice()
    assert len(problems) == 4
