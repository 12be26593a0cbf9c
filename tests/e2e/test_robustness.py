"""What somebody does who asks how little it takes: looks, switches, stops, reloads."""

from __future__ import annotations

import pytest

from tests.e2e.driver import Page, Server, opened, until
from tests.e2e.test_inspect import calm

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PATIENCE = 400.0
LIGHT = "?limit=64&attacks=fgsm,uniform_noise&checks=false"
LONG = "?limit=1024&attacks=pgd,square&checks=false"


def curves(page: Page) -> list[str]:
    """Return the names in the chart's legend."""
    return [entry.text for entry in page.all(".stPlotlyChart .legendtext")]


def press_pill(page: Page, words: str) -> None:
    pill = until(
        lambda: [b for b in page.all("[data-testid=stButtonGroup] button") if b.text == words],
        f"pill {words}",
    )[0]
    page.run("arguments[0].scrollIntoView({block: 'center'})", pill)
    pill.click()


def test_a_newcomer_sees_a_real_curve_without_typing_and_it_survives_a_reload(page: Page) -> None:
    page.open("?limit=64", path="/robustness")  # all else as it opens
    page.says("How little it takes", timeout=PATIENCE)
    until(lambda: "Worst case" in curves(page), "the curve while it grows", timeout=PATIENCE)
    page.browser.refresh()
    page.says("The curve can be believed", timeout=PATIENCE)
    page.says("Who breaks first, by skin tone band")
    page.says("Take it along")
    calm(page)


def test_curves_are_switched_off_and_split_by_group(page: Page) -> None:
    page.open(LIGHT, path="/robustness")
    page.says("Take it along", timeout=PATIENCE)
    until(lambda: len(curves(page)) == 3, "three curves")
    press_pill(page, "FGSM")
    page.has_query("hidden=fgsm")
    until(lambda: len(curves(page)) == 2, "one curve less")
    press_pill(page, "By skin tone band")
    page.has_query("grouped=true")
    until(lambda: "dark 7-10" in curves(page), "a curve for each group")
    press_pill(page, "Defences")
    page.says("McNemar", timeout=PATIENCE)
    page.has_query("section=defences")
    calm(page)


@pytest.mark.slow
def test_cancel_keeps_what_is_done(page: Page) -> None:
    page.open(LONG, path="/robustness")
    page.says("So far, on", timeout=PATIENCE)
    page.click("Cancel")
    page.says("are done and kept")
    until(lambda: "Worst case" in curves(page), "the curve of what is done")
    page.click("Go on")
    page.says("So far, on", timeout=PATIENCE)
    page.click("Cancel")
    page.says("are done and kept")
    calm(page)


def test_nothing_is_cut_on_a_phone(server: Server) -> None:
    with opened(server, width=390, height=844, mode="dark") as page:
        page.open(LIGHT, path="/robustness")
        page.says("Take it along", timeout=PATIENCE)
        wide = page.run(
            "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
            ".map(e => e.scrollWidth)"
        )
        assert max(wide) <= 390


@pytest.mark.slow
def test_what_is_proven_is_shown_for_many_and_for_one(page: Page) -> None:
    """Six hundred noisy copies of each of 24 pictures, stopped once, and put beside attacks."""
    quick = "?section=certificates&certified=24&certifying=n=600"
    page.open(quick + "&model=portraits_robust", path="/robustness")
    page.says("So far, on", timeout=PATIENCE)
    page.click("Cancel")
    page.says("was stopped")
    until(lambda: "Certified (smoothed model)" in curves(page), "the curve of what is done")
    page.click("Run again")
    page.says("whatever is changed by less than", timeout=PATIENCE)
    page.says("are proven right")
    page.says("abstentions")
    page.says("Take it along")
    page.click("Attack in L2")
    page.has_query("norm=l2")
    page.says("The curve can be believed", timeout=PATIENCE)
    press_pill(page, "Certificates")
    page.says("the two curves compare only loosely", timeout=PATIENCE)
    until(lambda: "Left by attacks (plain model)" in curves(page), "both curves")
    page.browser.refresh()
    page.says("whatever is changed by less than", timeout=PATIENCE)
    calm(page)
