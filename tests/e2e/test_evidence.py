"""What a person does with evidence: reads the card, draws where the object is, compares methods."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from core.contracts import CONTROL_FAMILIES
from tests.e2e.driver import Page, Server, opened, until
from tests.e2e.test_inspect import calm

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BOARD = "?methods=gradcam,edges&measure=deletion,insertion"
SPARED = ("rocket", "astronaut", "temple", "flower")


def open_fold(page: Page, title: str) -> None:
    def press() -> bool:
        for fold in page.all(".stExpander summary"):
            if title in fold.text:
                page.run("arguments[0].scrollIntoView({block: 'center'})", fold)
                fold.click()
                return True
        return False

    until(press, f"fold {title}")


def sheet(page: Page) -> WebElement:
    """Return the sheet once it lies still: the fold opens slowly, and what is above may grow."""

    def resting() -> WebElement | None:
        found = page.in_component(".mask:not([hidden]) .sheet")[0]
        page.run("arguments[0].scrollIntoView({block: 'center'})", found)
        where = "return Object.values(arguments[0].getBoundingClientRect().toJSON())"
        before = page.run(where, found)
        time.sleep(0.6)
        return found if page.run(where, found) == before else None

    until(lambda: page.in_component(".mask:not([hidden]) .sheet"), "sheet to draw on")
    return until(resting, "sheet at rest")


def status(page: Page) -> str:
    found = page.in_component(".mask .status")
    return found[0].text if found else ""


def paint(page: Page) -> None:
    """Draw a bow through the middle, as a hand would."""
    strokes = ActionChains(page.browser).move_to_element_with_offset(sheet(page), -60, 20)
    strokes.click_and_hold()
    for dx, dy in ((20, -30), (40, -10), (40, 20), (20, 30)):
        strokes.move_by_offset(dx, dy)
    strokes.release().perform()


def test_the_card_stands_beside_the_map_without_a_click(page: Page) -> None:
    page.open()
    page.map_of("Grad-CAM")
    page.says("Insertion 0.")
    page.says("random blocks 0.")
    badges = " ".join(badge.text for badge in page.all(".stMain .stMarkdownBadge"))
    assert "controls" in badges
    assert "stability 0." in badges
    open_fold(page, "What the verdicts rest on")
    page.says("Value ")
    assert "threshold" in page.text
    calm(page)


def test_the_verdict_of_the_sanity_check_appears_by_itself(page: Page) -> None:
    page.open()
    page.map_of("Grad-CAM")
    page.says("sanity", timeout=60)
    until(
        lambda: any("✓ sanity" in badge.text for badge in page.all(".stMain .stMarkdownBadge")),
        "sanity passed",
        timeout=240,
    )


def test_a_mask_drawn_by_hand_says_how_much_of_the_map_lies_on_it(page: Page) -> None:
    page.open()
    page.says("Insertion 0.")
    open_fold(page, "Where is the object?")
    paint(page)
    assert status(page).startswith("Marked: ")
    page.says("Your mask covers")
    page.says("Relevance mass")
    assert "Pointing game" in page.text
    until(lambda: "mask=" in page.query(), "mask in the address")
    page.browser.refresh()
    page.says("Your mask covers")
    until(lambda: status(page).startswith("Marked: "), "the mask on the sheet again")
    page.press(".mask button[data-do=clear]")
    until(lambda: "mask=" not in page.query(), "no mask in the address")
    assert "Your mask covers" not in page.text
    calm(page)


def test_a_mask_can_be_drawn_by_keyboard(page: Page) -> None:
    page.open("?picture=coffee")
    page.says("Insertion 0.")
    open_fold(page, "Where is the object?")
    sheet(page).send_keys(Keys.ARROW_RIGHT, Keys.SHIFT + Keys.ARROW_DOWN + Keys.NULL, Keys.ENTER)
    assert status(page).startswith("Marked: ")
    page.says("Your mask covers")
    sheet(page).send_keys(Keys.DELETE)
    until(lambda: status(page).startswith("Nothing is marked"), "an empty sheet")
    page.press(".mask button[data-do=undo]")
    until(lambda: status(page).startswith("Marked: "), "what was undone")


def test_the_card_can_be_taken_along(page: Page, tmp_path: Path) -> None:
    page.allow_downloads(tmp_path)
    page.open()
    page.says("Insertion 0.")
    page.click("Evidence (json)")
    file = tmp_path / "gradcam.evidence.json"
    until(file.exists, "the file")
    card = json.loads(file.read_text())
    assert {curve["source"] for curve in card["curves"]} == {"map", *CONTROL_FAMILIES}
    assert all(score["protocol"] for score in card["scores"])


def test_methods_are_compared_and_a_reload_finds_the_run(page: Page) -> None:
    page.open(BOARD, path="/evidence")
    page.says("6 of 6 pictures are taken")
    for left, id in enumerate(SPARED):
        page.press(f".strip button[data-id={id}]")
        page.says(f"{5 - left} of 6 pictures are taken")
    page.says("2 pictures × 2 methods")
    page.click("Compare methods")
    page.says("What was found", timeout=180)
    page.says("n = 2")
    assert "Too few pictures" in page.text
    until(lambda: "run=" in page.query(), "run in the address")
    page.browser.refresh()
    page.says("What was found")
    page.says("n = 2")
    calm(page)


def test_a_comparison_stops_when_it_is_cancelled_and_outlives_a_look_elsewhere(page: Page) -> None:
    page.open("?methods=scorecam,edges&measure=deletion", path="/evidence")
    page.says("12 maps")
    page.click("Compare methods")
    page.says(" of 12", timeout=180)
    page.one("a[href$='/reference']").click()
    page.says("Score-CAM")
    page.one("a[href$='/evidence']").click()
    page.says(" of 12")
    page.click("Cancel")
    page.says("was stopped")
    calm(page)


@pytest.mark.parametrize("path", ["/", "/evidence"])
def test_nothing_is_cut_on_a_phone(server: Server, path: str) -> None:
    with opened(server, width=390, height=844, mode="dark") as page:
        page.open(path=path)
        page.says("Insertion")
        wide = page.run(
            "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
            ".map(e => e.scrollWidth)"
        )
        assert max(wide) <= 390
