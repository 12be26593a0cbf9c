"""Corruptions and One picture of the Robustness page, in a real browser."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.driver import Page, Server, opened, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PATH = "/robustness"
SIDEWAYS = "return document.documentElement.scrollWidth > innerWidth + 1"


def shown(page: Page, css: str) -> str:
    found = page.in_component(f".epsilon {css}")
    return str(found[0].get_attribute("textContent")) if found else ""


def test_dragging_epsilon_moves_everything_and_asks_nobody(page: Page) -> None:
    page.open("?section=picture&model=portraits_fair&single=fgsm&method=saliency&step=1", PATH)
    slider = until(
        lambda: page.in_component(".epsilon:not([hidden]) input[type=range]"), "film", timeout=240
    )[0]  # the worker that computes in the background starts first
    assert shown(page, ".eps") == "0.25/255"
    page.run("window.scripts = 0; new MutationObserver(() => { window.scripts += 1; })"
             ".observe(document.querySelector('.stApp'), {attributes: true})")  # fmt: skip
    seen = set()
    for step in (0, 5, 11):
        # Under the pointer: the browser says "input", and "change" only when it is let go.
        page.run(
            "arguments[0].value = arguments[1];"
            "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
            slider,
            step,
        )
        seen.add((
            shown(page, ".eps"), shown(page, ".factor"),
            page.in_component(".epsilon .now")[0].get_attribute("src"),
            page.in_component(".epsilon .change")[0].get_attribute("src"),
            page.in_component(".epsilon .cursor")[0].get_attribute("d"),
        ))  # fmt: skip
    assert {entry[0] for entry in seen} == {"0", "2/255", "16/255"}
    assert all(len({entry[i] for entry in seen}) == 3 for i in range(5))
    assert page.run("return window.scripts") == 0, "the page did not run again"
    assert "step=1" in page.query().split("&")
    slider.send_keys(Keys.HOME)
    assert shown(page, ".eps") == "0"
    assert "Nothing is changed yet" in shown(page, ".now-title")
    assert shown(page, ".first-says") == shown(page, ".now-says")
    slider.send_keys(Keys.END)
    page.has_query("step=11")
    page.press(".epsilon .toggle input")
    assert not page.in_component(".epsilon .now-map:not([hidden])")
    page.open(page.query(), PATH)
    until(lambda: shown(page, ".eps") == "16/255", "the step of the address after a reload")
    assert "Traceback" not in page.text


@pytest.mark.slow
def test_the_matrix_grows_is_stopped_and_goes_on(page: Page) -> None:
    page.open("?section=corruptions&model=portraits_biased&limit=128&by=skin_tone&seed=4", PATH)
    until(lambda: page.all(".pl-severity td.open") and page.all(".pl-severity td[style]"),
          "a matrix that is partly there")  # fmt: skip
    done = len(page.all(".pl-severity td[style]"))
    page.click("Cancel")
    page.says("was stopped")
    kept = len(page.all(".pl-severity td[style]"))
    assert kept >= done
    page.click("Run again")
    page.says("What it can't show", timeout=240)
    cells = page.all(".pl-severity td[style]")
    assert len(cells) == 18 * 5
    assert "95 % interval" in (cells[0].get_attribute("title") or "")
    assert "n = 128" in cells[0].text
    assert "points apart over all corruptions" in page.text
    strip = page.in_component(".tiles button[data-id=fog]")
    page.run("arguments[0].click()", strip[0])
    page.has_query("corruption=fog")
    until(lambda: page.all(".pl-severity tr.chosen th")[0].text == "Fog", "fog in the matrix")


def test_both_fit_a_phone(server: Server) -> None:
    with opened(server, width=390, height=844, mode="dark") as page:
        page.open("?section=picture&model=portraits_fair&single=fgsm&method=saliency", PATH)
        until(lambda: page.in_component(".epsilon:not([hidden])"), "film")
        assert not page.run(SIDEWAYS)
        page.open("?section=corruptions&model=portraits_biased&limit=64&by=skin_tone&seed=4", PATH)
        page.says("What it can't show", timeout=240)
        assert not page.run(SIDEWAYS)
        table = page.one(".pl-severity")
        assert table.size["width"] <= 390
