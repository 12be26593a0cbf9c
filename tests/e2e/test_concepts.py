"""What a person does on the Concepts page, in a real browser against a real server."""

from __future__ import annotations

import pytest

from tests.e2e.driver import Page, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_a_picture_of_a_class_is_started_cancelled_and_made(page: Page) -> None:
    page.open("?class=1&steps=512", path="/concepts")
    page.says("No picture yet")
    page.click("Make the picture")
    page.says("step ")
    page.has_query("asked=look")
    page.click("Cancel")
    page.says("was stopped")
    page.open("?class=1&steps=32&asked=look", path="/concepts")
    page.says("Made for goldfish")
    assert "not a typical picture" in page.text
    page.one(".stImage img")
    page.browser.refresh()
    page.says("Made for goldfish")
    assert not page.all(".stException")


def test_the_other_questions_say_what_they_need(page: Page) -> None:
    page.open(path="/concepts")
    page.click("Concepts of a class")
    page.says("PELLUCID_GALLERY")
    page.click("Test a concept (TCAV)")
    page.says("24 or more")
    until(lambda: "tab=test" in page.query(), "the tab in the address")
