"""What a person does on the SHAP page, in a real browser against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.driver import Page, Server, opened, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

QUICK = "&s.max_evals=40"
LONG = "&s.max_evals=5000&s.masker=white"
CHARTS = ".stPlotlyChart .main-svg"


def maps(page: Page) -> list[str]:
    """Sources of the pictures in the charts: each class's map over what the model saw."""
    found: list[str] = page.run(
        "return [...document.querySelectorAll('.stPlotlyChart .imagelayer image')].map("
        "e => e.getAttribute('xlink:href') || e.getAttribute('href'))"
    )
    return found


def drawn(page: Page, n_classes: int = 3) -> list[str]:
    until(lambda: len(set(maps(page))) == n_classes, f"{n_classes} maps")
    return maps(page)


def test_it_shows_the_way_from_base_value_to_prediction(page: Page) -> None:
    page.open(f"?picture=cat{QUICK}", path="/shap")
    page.says("tiger cat: ")
    page.says("The shares add up")
    drawn(page)
    chart = until(lambda: page.all(".stPlotlyChart .ytick"), "rows of the waterfall")
    names = [row.text for row in chart]
    assert names[0] == "Base value"
    assert names[1] == "Region 1"
    assert names[-1] == "This picture"
    assert "What it can't show" in page.text
    assert not page.all(".stException")


def test_a_reload_finds_the_same(page: Page) -> None:
    page.open(f"?picture=coffee&classes=967,504{QUICK}&s.masker=grey", path="/shap")
    page.says("espresso: ")
    shown = drawn(page, 2)
    page.click("coffee mug")
    page.says("coffee mug: ")
    page.has_query("subject=504")
    page.browser.refresh()
    page.says("coffee mug: ")
    assert drawn(page, 2) == shown
    for part in ("picture=coffee", "classes=967%2C504", "s.masker=grey", "s.max_evals=40"):
        page.has_query(part)


def test_cancel_stops_it_and_progress_outlives_a_reload(page: Page) -> None:
    def evaluation() -> int:
        found = re.search(r"evaluation (\d+) of 5000", page.text)
        return int(found[1]) if found else 0

    page.open(f"?picture=rocket{LONG}", path="/shap")
    before = until(evaluation, "progress")
    page.browser.refresh()
    assert until(evaluation, "progress after the reload") >= before
    page.click("Cancel")
    page.says("was stopped")
    assert not maps(page)
    page.says("Run again")


def test_the_pointer_tells_a_regions_share(page: Page) -> None:
    page.open(f"?picture=cat{QUICK}", path="/shap")
    drawn(page)
    chart = page.all(".stPlotlyChart")[1]
    page.run("arguments[0].scrollIntoView({block: 'center'})", chart)
    from selenium.webdriver import ActionChains

    def told() -> str:
        ActionChains(page.browser).move_to_element_with_offset(chart, 20, 20).perform()
        ActionChains(page.browser).move_to_element(chart).perform()
        found = page.all(".hoverlayer .hovertext")
        return found[0].text if found else ""

    assert re.search(r"Region \d+\s*[+−]\d", until(told, "words at the pointer"))


def test_regions_may_be_coloured_whole(page: Page) -> None:
    page.open("?picture=cat&s.max_evals=150", path="/shap")
    before = drawn(page)
    page.click("Regions")
    page.has_query("colour=regions")
    until(lambda: maps(page) != before, "other maps")


def test_two_dropped_pictures_are_a_background(page: Page, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    files = [tmp_path / f"{name}.png" for name in "abc"]
    for file in files:
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(file)
    page.open("?explainer=gradient&classes=282&s.n_samples=10", path="/shap")
    page.says("compared with the 5 examples instead")
    page.upload(*files)
    page.says("Compared with the 2 other pictures you dropped")
    page.says("dditivity error")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(server: Server, mode: str) -> None:
    with opened(server, width=390, height=844, mode=mode) as page:
        page.open(f"?picture=cat{QUICK}", path="/shap")
        drawn(page)
        wide = page.run(
            "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
            ".map(e => e.scrollWidth)"
        )
        assert max(wide) <= 390
