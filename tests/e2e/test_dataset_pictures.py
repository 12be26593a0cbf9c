"""A model that was trained on a dataset, in a real browser: its pictures, mistakes and mask."""

from __future__ import annotations

import pytest

from tests.e2e.driver import Page, Server, opened, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def tiles(page: Page) -> list[str]:
    return [tile.get_attribute("data-id") or "" for tile in page.in_component(".strip button")]


def titles(page: Page) -> list[str]:
    return [title.text for title in page.in_component(".strip button .title")]


def fits(page: Page) -> bool:
    """Whether nothing can be scrolled sideways but what is made for it."""
    script = "const m = document.querySelector('.stMain'); return m.scrollWidth - m.clientWidth"
    return int(page.run(script)) <= 0


def test_choosing_the_portraits_model_brings_portraits_and_a_link_keeps_them(page: Page) -> None:
    page.open()
    page.choose("Model", "◆ Portraits, fair data")
    page.has_query("picture=portraits~test~1000")
    first = until(
        lambda: tiles(page) if "portraits~test~1000" in tiles(page) else None, "portraits"
    )
    assert len(first) == 12
    page.says("Test picture 1000 of Portraits")
    page.says("the model is right")
    page.says("weight lies on the glasses")

    page.click("Another twelve")
    page.says("13 to 24 of 1500")
    chosen = until(lambda: tiles(page) if tiles(page) != first else None, "another dozen")[4]
    page.press(f".strip button[data-id='{chosen}']")
    page.has_query(f"picture={chosen}")
    page.says("13 to 24 of 1500")
    page.map_of("Grad-CAM")
    number = chosen.rsplit("~", 1)[1]
    page.says(f"Test picture {number} of Portraits")

    page.browser.refresh()
    page.says(f"Test picture {number} of Portraits")
    until(lambda: chosen in tiles(page), "the picture of the link in the strip")
    assert "Traceback" not in page.text
    assert not page.all(".stException")


@pytest.mark.slow
def test_its_mistakes_are_looked_for_when_asked(page: Page) -> None:
    page.open("?model=portraits_biased")
    page.map_of("Grad-CAM")
    page.click("Which pictures")
    page.choose("True class", "sunglasses")
    page.one(".stCheckbox label").click()  # the menu is still open
    until(lambda: titles(page) and set(titles(page)) == {"✗ sunglasses"}, "mistakes")
    page.press(".strip button")
    page.says("✗ the model says")


def test_the_mask_of_the_dataset_lies_on_the_sheet_and_gives_way_to_a_drawn_one(
    page: Page,
) -> None:
    page.open("?model=portraits_fair&picture=portraits~test~1000")
    page.says("mask: the glasses, from the dataset")
    page.run(
        "for (const fold of document.querySelectorAll('.stExpander summary'))"
        " if (fold.innerText.includes('Where the object is')) fold.click()"
    )
    until(lambda: page.in_component(".mask:not([hidden]) .sheet"), "sheet")
    marked = until(lambda: page.in_component(".mask .status"), "status")[0].text
    assert marked == "Marked: 10 % of the picture."
    page.press(".mask button[data-do=ellipse]")
    page.says("Your mask covers")
    until(lambda: "mask=" in page.query(), "mask in the address")
    until(lambda: "from the dataset" not in page.text.split("Where the object is")[0], "one mask")


def test_a_phone_shows_it_in_one_column_on_every_page(server: Server) -> None:
    with opened(server, width=390, height=844) as phone:
        for path in ("/", "/shap", "/compare", "/examples"):
            phone.open("?model=portraits_fair", path=path)
            phone.says("Test picture 1000 of Portraits")
            phone.says("of 1500 test pictures")
            assert fits(phone), path
