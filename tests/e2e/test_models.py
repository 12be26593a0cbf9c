"""What a person does on the Models page, in a real browser against a real server."""

from __future__ import annotations

import pytest

from tests.e2e.driver import Page, Server, opened, until
from tests.e2e.test_inspect import calm

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(700)]

TINY = "&d.n_train=120&d.n_validation=30&d.n_test=60&p.batch_size=30"


def start(page: Page, *, epochs: int, seed: int) -> None:
    """Begin a tiny run from a filled form and wait for its first epoch."""
    page.open(f"?view=new{TINY}&p.epochs={epochs}&seed={seed}", path="/models")
    page.says("What will happen")
    page.click("Start")
    page.says("under way")
    until(lambda: any(f"epoch {n} of" in page.text for n in range(2, epochs)), "an epoch",
          timeout=300)  # fmt: skip


def is_under_way(page: Page) -> bool:
    return "under way" in page.text and "Cancel" in page.text.split("\n")


def widths(page: Page) -> list[int]:
    found: list[int] = page.run(
        "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
        ".map(e => e.scrollWidth)"
    )
    return found


def test_models_are_there_at_once_on_a_fresh_machine(page: Page) -> None:
    page.open(path="/models")
    page.says("comes with Pellucid")
    page.says("of 1500 right")
    page.says("95 %:")
    page.says("Skin tone:")
    assert "points; 95 % interval" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    calm(page)


def test_a_run_is_watched_cancelled_resumed_and_its_mistakes_open_in_inspect(page: Page) -> None:
    start(page, epochs=16, seed=11)
    until(lambda: page.all(".stPlotlyChart"), "live curves")
    query = page.query()
    assert query.startswith("?run=portraits_scratch_")

    page.click("Cancel")
    page.says("unfinished")
    page.says("of 16 epochs done and kept")
    page.browser.refresh()
    page.says("of 16 epochs done and kept")
    assert page.query() == query
    page.open(path="/models")
    page.says("Unfinished")

    page.open(query, path="/models")
    page.says("Change the parameters")
    page.click("Go on")
    page.says("What it takes for what", timeout=240)
    page.says("Predictions (csv)", timeout=120)
    tile = until(lambda: page.in_component(".mosaic button"), "mistakes")[0]
    index, words = tile.get_attribute("data-id"), tile.text
    assert "→" in words
    page.run("arguments[0].scrollIntoView({block: 'center'})", tile)
    tile.click()
    until(lambda: f"test~{index}" in page.query(), "the picture in Inspect's address")
    said = words.split("\n")[0].split("→")[1].strip()
    page.says(f"the model says {said}")
    page.map_of("Grad-CAM")
    calm(page)


def test_inspect_answers_while_a_model_is_trained(page: Page) -> None:
    start(page, epochs=400, seed=12)
    query = page.query()
    page.open("?picture=coffee&method=layercam")
    page.map_of("LayerCAM")
    page.open(query, path="/models")
    until(lambda: is_under_way(page), "the run still under way")
    page.click("Cancel")
    page.says("Change the parameters")
    page.click("Discard")
    page.click("Discard them for good")
    page.says("Every model that was trained")
    assert "Unfinished" not in page.text
    calm(page)


@pytest.mark.parametrize("mode", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_nothing_is_cut_on_a_phone(server: Server, mode: str) -> None:
    with opened(server, width=390, height=844, mode=mode) as page:
        page.open(path="/models")
        page.says("comes with Pellucid")
        assert max(widths(page)) <= 390
        page.open("?run=portraits_biased", path="/models")
        page.says("How it was made")
        page.says("Predictions (csv)", timeout=120)
        assert max(widths(page)) <= 390
        page.open("?view=compare&with=portraits_biased,portraits_fair", path="/models")
        page.says("McNemar", timeout=120)
        assert max(widths(page)) <= 390
        page.open("?view=new", path="/models")
        page.says("What will happen")
        assert max(widths(page)) <= 390
        calm(page)
