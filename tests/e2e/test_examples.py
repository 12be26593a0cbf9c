"""What a person does on the Examples page, in a real browser against a real server."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.e2e.driver import Page, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def sideways(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    script = "const d = document.documentElement; return d.scrollWidth - d.clientWidth"
    return int(page.run(script))


def test_regions_are_removed_one_after_another(page: Page) -> None:
    page.open("?picture=coffee", path="/examples")
    page.says("What would change its mind")
    page.says("of what the model sees) it decides for", timeout=150)
    whole = until(page.map_source, "drawing of the removed regions")
    assert whole.startswith("data:image/png")

    thumb = until(lambda: page.all(".stSlider input[type=range]"), "slider")[0]
    steps = int(thumb.get_attribute("max") or 0)
    assert steps >= 2
    page.run("arguments[0].focus()", thumb)  # drawn over by its own handle
    ActionChains(page.browser).send_keys(Keys.ARROW_LEFT).perform()
    page.has_query(f"removed={steps - 1}")
    until(lambda: page.map_source() not in (None, whole), "drawing with one region less")

    page.says("Pictures like this to the model")
    page.says("this very picture", timeout=150)
    assert "PELLUCID_GALLERY" in page.text
    assert len(page.all(".near figure img")) >= 4
    assert "Traceback" not in page.text
    assert sideways(page) == 0
    page.open(page.query(), path="/examples")
    page.says("of what the model sees) it decides for", timeout=150)
    page.has_query(f"removed={steps - 1}")
