"""What a person does on the Compare page, in a real browser against a real server."""

from __future__ import annotations

import re

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.e2e.driver import Page, Server, opened, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def sources(page: Page) -> list[str]:
    """The overlays that are shown, left to right, the difference last."""
    return [str(m.get_attribute("src")) for m in page.in_component(".pair .map:not([hidden])")]


def maps(page: Page, count: int) -> list[str]:
    def there() -> list[str]:
        found = sources(page)
        return found if len(found) == count else []

    return until(there, f"{count} maps")


def canvas(page: Page, panel: str) -> str:
    style = page.in_component(f"[data-panel={panel}] .canvas")[0].get_attribute("style")
    return str(style)


def view(page: Page, panel: str) -> WebElement:
    found = until(lambda: page.in_component(f"[data-panel={panel}] .view"), panel)[0]
    page.run("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


def film(page: Page) -> dict[str, str]:
    """What the drift shows now: its picture, its map and its words."""
    frame = until(lambda: page.in_component(".drift .frame"), "film")[0]
    overlay = page.in_component(".drift .map")[0]
    facts = {
        name: page.in_component(f".drift .{name}")[0].text for name in ("severity", "top", "target")
    }
    return {
        "frame": str(frame.get_attribute("src")),
        "map": str(overlay.get_attribute("src")),
    } | facts


def calm(page: Page) -> None:
    assert "Traceback" not in page.text
    assert "Something went wrong" not in page.text
    assert not page.all(".stException")


def test_two_methods_side_by_side_and_their_difference(page: Page) -> None:
    page.open("?method=gradcam&other=layercam", path="/compare")
    left, right, difference = maps(page, 3)
    assert len({left, right, difference}) == 3
    page.says("Rank correlation")
    page.says("the maps largely agree")
    page.says("Where they differ")
    ends = [page.in_component(f"[data-panel=difference] .{end}")[0].text for end in ("low", "high")]
    low, high = (float(re.sub("[^0-9.−]", "", text).replace("−", "-")) for text in ends)
    assert low == -high < 0, "a symmetric scale with real numbers"
    assert "right" in ends[0]
    assert "left" in ends[1]
    calm(page)


def test_zooming_on_the_left_zooms_everywhere(page: Page) -> None:
    page.open("?method=gradcam&other=layercam", path="/compare")
    maps(page, 3)
    start = canvas(page, "left")
    view(page, "left").send_keys("+", "+", Keys.ARROW_RIGHT)
    moved = canvas(page, "left")
    assert moved != start
    assert "scale(2.25)" in moved
    until(lambda: canvas(page, "right") == moved, "the right side at the same place")
    until(lambda: canvas(page, "difference") == moved, "the difference at the same place")
    view(page, "right").send_keys("0")
    assert "scale(1)" in canvas(page, "left")


def test_what_stands_on_the_right_is_in_the_address_and_outlives_a_reload(page: Page) -> None:
    page.open(path="/compare")
    before = maps(page, 3)
    page.click("Two classes")
    page.has_query("differ=class")
    until(lambda: len(sources(page)) == 3 and sources(page)[2] != before[2], "another difference")
    page.says("what the model says")
    query, shown = page.query(), maps(page, 3)
    page.browser.refresh()
    until(lambda: sources(page) == shown, "the same maps after a reload")
    assert page.query() == query


def test_two_pictures_have_no_difference_map_and_the_page_says_why(page: Page) -> None:
    page.open("?differ=picture&picture=cat&other=coffee", path="/compare")
    maps(page, 2)
    page.says("different pictures")
    assert "Where they differ" not in page.text
    view(page, "left").send_keys("+")
    assert canvas(page, "right") == canvas(page, "left")
    calm(page)


def test_weights_that_cannot_be_had_leave_the_other_side_alone(page: Page) -> None:
    page.open("?differ=model&other=resnet50", path="/compare")
    page.says("The weights of resnet50 are not here", timeout=150)
    assert len(maps(page, 1)) == 1
    calm(page)


def test_the_slider_moves_the_picture_and_the_server_rests(page: Page, server: Server) -> None:
    page.open("?method=gradcam&other=layercam&path=adversarial&steps=4", path="/compare")
    page.says("The decision turns")
    until(lambda: page.in_component(".drift .frame"), "film")
    slider = page.in_component(".drift input[type=range]")[0]
    page.run("arguments[0].scrollIntoView({block: 'center'})", slider)
    # A mark that any rerun would wipe out: Streamlit's own report of a run under way.
    page.run(
        "window.ran = false; new MutationObserver(() => {"
        " if (document.querySelector('[data-testid=stStatusWidget], [data-stale=true]'))"
        " window.ran = true; }).observe(document.body,"
        " {subtree: true, childList: true, attributes: true})"
    )
    slider.send_keys(Keys.HOME)
    first = film(page)
    slider.send_keys(Keys.END)
    last = film(page)
    assert first["severity"].startswith("ε 0/255")
    assert last["severity"].startswith("ε 2/255")
    assert first["frame"] != last["frame"]
    assert first["map"] != last["map"]
    assert first["top"].startswith("tiger cat")
    assert not last["top"].startswith("tiger cat")
    shares = [float(f["target"].replace("<", "").split("%")[0]) for f in (first, last)]
    assert shares[1] < 1 < 30 < shares[0]
    assert page.run("return window.ran") is False
    calm(page)


def test_a_long_drift_shows_progress_and_stops_when_cancelled(page: Page) -> None:
    page.open("?picture=rocket&method=scorecam&other=gradcam&path=noise&steps=6", path="/compare")
    page.says("Noise: Score-CAM")

    def cancel() -> bool:
        # The map on the left is under way as well; stop everything there is.
        for button in page.all("button"):
            if "Cancel" in button.text.split("\n"):
                page.run("arguments[0].click()", button)
                return False
        return True

    until(cancel, "nothing under way")
    page.says("Noise: Score-CAM was stopped")
    calm(page)


def test_inspect_leads_here_with_what_it_compared(page: Page) -> None:
    page.open("?compare=methods&with=gradcam,layercam")
    until(lambda: len(page.in_component(".grid .map")) == 2, "two maps")
    page.click("Measure Grad-CAM against LayerCAM")
    page.says("Rank correlation")
    page.has_query("other=layercam")
    maps(page, 3)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_phone_shows_one_below_the_other(server: Server, mode: str) -> None:
    with opened(server, width=390, height=844, mode=mode) as page:
        page.open("?other=layercam&path=blur&steps=3", path="/compare")
        maps(page, 3)
        until(lambda: page.in_component(".drift .frame"), "film")
        left, right = (view(page, side).rect for side in ("left", "right"))
        assert left["x"] == right["x"]
        wide = page.run(
            "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
            ".map(e => e.scrollWidth)"
        )
        assert max(wide) <= 390
