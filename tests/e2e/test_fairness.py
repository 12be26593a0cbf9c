"""What an auditor does: looks at a model that comes along, and brings a table of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard.test_fairness_page import table
from tests.e2e.driver import Page, Server, opened, until
from tests.e2e.test_evidence import open_fold
from tests.e2e.test_inspect import calm

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PATIENCE = 400.0


def test_the_portraits_model_is_audited_without_a_click_and_survives_a_reload(page: Page) -> None:
    page.open(path="/fairness")
    page.says("Audited on 1500 test pictures")
    page.says("What was found", timeout=PATIENCE)
    page.says("of the positives with skin tone band dark 7-10")
    page.says("Take it along")
    badges = [badge.text for badge in page.all(".stMain .stMarkdownBadge")]
    assert "✗ flagged" in badges[0]
    page.choose("Attribute", "age band")
    until(lambda: "by=age_band" in page.query(), "the attribute in the address")
    page.browser.refresh()
    page.says("Gaps by age band", timeout=PATIENCE)
    calm(page)


def test_a_mistake_opens_in_inspect(page: Page) -> None:
    page.open("?model=portraits_biased", path="/fairness")
    page.says("Its mistakes, group by group", timeout=PATIENCE)
    page.press(".mosaic button")
    until(lambda: "picture=portraits~" in page.query(), "a picture of the dataset in Inspect")
    assert "model=portraits_biased" in page.query()


def test_a_slice_goes_along_to_inspect_and_shap_and_is_cleared_there(page: Page) -> None:
    page.open("?model=portraits_biased&slice=skin_tone_band%3Ddark%2B7-10", path="/fairness")
    page.says("Slice: skin tone band dark 7-10", timeout=PATIENCE)
    page.click("Open in Inspect")
    page.says("600 of 1500 test pictures belong to it")
    page.says("1 to 12 of 600 test pictures: in the slice")
    until(lambda: "slice=skin_tone_band" in page.query(), "the slice in the address")
    assert "model=portraits_biased" in page.query()
    page.browser.refresh()
    page.says("600 of 1500 test pictures belong to it")
    page.one("a[href$='/shap']").click()
    until(lambda: "/shap" in page.browser.current_url, "the page SHAP")
    page.says("600 of 1500 test pictures belong to it")
    page.click("slice: skin tone band dark 7-10")
    page.says("of 1500 test pictures")
    until(lambda: "slice=" not in page.query(), "an address without the slice")


def test_an_uploaded_table_is_mapped_audited_and_forgotten(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(table())
    page.open("?source=table", path="/fairness")
    page.upload(file)
    page.says("What was found", timeout=PATIENCE)
    page.says("Without a value, counted as Unknown")
    page.says("<b>age</b>")
    open_fold(page, "What would other thresholds do?")
    page.says("What parity costs")
    open_fold(page, "Where is it worst?")
    page.click("Search for the worst slices")
    page.says("slices were tested", timeout=PATIENCE)
    page.browser.refresh()
    page.says("What was found", timeout=PATIENCE)
    calm(page)
    page.click("Forget this table")
    page.says("A table with a row for each prediction")


def test_nothing_is_cut_on_a_phone(server: Server) -> None:
    with opened(server, width=390, height=844, mode="dark") as page:
        page.open("?model=portraits_biased", path="/fairness")
        page.says("Take it along", timeout=PATIENCE)
        wide = page.run(
            "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
            ".map(e => e.scrollWidth)"
        )
        assert max(wide) <= 390
