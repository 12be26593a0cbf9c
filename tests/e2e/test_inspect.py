"""What a person does on the Inspect page, in a real browser against a real server."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.e2e.driver import Page, Server, opened, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CATS = ("tabby", "tiger cat", "Egyptian cat")


def first_class(page: Page) -> str:
    """The class with the longest bar, without its mark."""

    def words() -> str:
        names = page.all(".stPlotlyChart .annotation-text")
        return names[0].text.removeprefix("●").strip() if names else ""

    return until(words, "chart of probabilities")


def calm(page: Page) -> None:
    assert "Traceback" not in page.text
    assert not page.all(".stException")


def test_a_newcomer_sees_a_cat_and_the_evidence_for_it_without_a_click(page: Page) -> None:
    page.open()
    assert page.map_of("Grad-CAM").startswith("data:image/png")
    assert first_class(page) in CATS
    assert "What it can't show" in page.text
    calm(page)


def test_clicking_an_example_shows_it(page: Page) -> None:
    page.open()
    before = page.map_of("Grad-CAM")
    page.press(".strip button[data-id=coffee]")
    page.says("for espresso")
    assert page.map_source() != before
    page.has_query("picture=coffee")


def test_uploads_from_disk_are_read_and_survive_a_reload(
    page: Page, tmp_path: Path, examples: Path
) -> None:
    photo, second = tmp_path / "my photo.webp", tmp_path / "second.png"
    with Image.open(examples / "flower.jpg") as image:
        image.crop((100, 20, 500, 400)).save(photo)
        image.crop((120, 20, 500, 400)).save(second)
    page.open()
    page.map_of("Grad-CAM")
    page.upload(second, photo)
    page.says("my photo.webp, 400 × 380 px")
    assert len(until(lambda: page.in_component(".strip button"), "strip")) == 8
    shown = page.map_of("Grad-CAM")
    page.browser.refresh()
    page.says("my photo.webp, 400 × 380 px")
    assert page.map_of("Grad-CAM") == shown


def test_opacity_moves_by_keyboard_and_outlives_a_change_of_method(page: Page) -> None:
    page.open()
    before = page.map_of("Grad-CAM")
    slider = page.opacity()
    for _ in range(4):
        slider.send_keys(Keys.ARROW_LEFT)
    assert slider.get_attribute("value") == "50"
    drawn = page.in_component(".stage .map")[0]
    assert float(drawn.value_of_css_property("opacity")) == pytest.approx(0.5)
    page.choose("Method", "LayerCAM")
    assert page.map_of("LayerCAM") != before
    assert page.opacity().get_attribute("value") == "50"
    page.browser.refresh()
    page.map_of("LayerCAM")
    assert page.opacity().get_attribute("value") == "50"


def test_zoom_by_keyboard_and_back(page: Page) -> None:
    page.open()
    page.map_of("Grad-CAM")
    view = page.in_component(".stage .view")[0]
    canvas = page.in_component(".stage .canvas")[0]
    view.send_keys("+", Keys.ARROW_RIGHT)
    assert "scale(1.5)" in (canvas.get_attribute("style") or "")
    view.send_keys("0")
    assert "scale(1)" in (canvas.get_attribute("style") or "")


def test_a_deep_link_shows_the_same_after_a_reload(page: Page) -> None:
    page.open("?picture=coffee&method=smoothgrad&target=967&p.n_samples=5&p.noise=0.1")
    shown = page.map_of("SmoothGrad")
    for part in (
        "picture=coffee",
        "method=smoothgrad",
        "target=967",
        "p.n_samples=5",
        "p.noise=0.1",
    ):
        page.has_query(part)
    query = page.query()
    page.browser.refresh()
    assert page.map_of("SmoothGrad") == shown
    assert page.query() == query
    page.says("Parameters (2 changed)")


def test_a_contrast_of_two_classes(page: Page) -> None:
    page.open()
    page.map_of("Grad-CAM")
    page.click("A against B")
    page.says("rather than")
    page.says("difference of logits")
    until(lambda: "against=" in page.query(), "second class in the address")


def test_a_class_may_be_typed_and_a_wrong_name_is_explained(page: Page) -> None:
    page.open("?target=tabby")
    page.says("Grad-CAM for tabby")
    page.type_in("Class", "catamount")
    page.says("2 classes are called 'catamount'")
    page.type_in("Class", "puma")
    page.says("Grad-CAM for cougar")
    page.has_query("target=286")


def test_comparing_methods_draws_a_map_for_each(page: Page) -> None:
    page.open("?compare=methods&with=gradcam,layercam,saliency")
    until(lambda: len(page.in_component(".grid .map")) == 3, "three maps")
    page.press(".grid button[data-id=layercam]")
    page.map_of("LayerCAM")
    page.has_query("method=layercam")


def test_scorecam_shows_progress_and_stops_when_cancelled(page: Page) -> None:
    page.open("?picture=rocket&method=scorecam&p.channels=0")
    page.says("Cancel")
    page.says(" left")
    page.click("Cancel")
    page.says("was stopped")
    assert page.map_source() is None
    page.click("Run again")
    page.map_of("Score-CAM")
    calm(page)


def test_progress_survives_a_reload(page: Page) -> None:
    def channel() -> int:
        found = re.search(r"channel (\d+) of", page.text)
        return int(found[1]) if found else 0

    page.open("?picture=flower&method=scorecam&p.channels=0")
    before = until(channel, "progress")
    page.browser.refresh()
    after = until(lambda: channel() or (page.map_source() and 10_000), "progress or the map")
    assert after >= before
    page.map_of("Score-CAM")


def test_the_map_can_be_taken_along(page: Page, tmp_path: Path) -> None:
    page.allow_downloads(tmp_path)
    page.open()
    page.map_of("Grad-CAM")
    page.click("Download")
    for label in ("Picture with the map (png)", "Raw map (npz)", "All but the map (json)"):
        page.click(label)
    names = {f"cat.gradcam.{kind}" for kind in ("png", "npz", "json")}
    until(lambda: names <= {file.name for file in tmp_path.iterdir()}, "three files")
    with np.load(tmp_path / "cat.gradcam.npz", allow_pickle=False) as held:
        assert held["map"].shape == (224, 224)
    with Image.open(tmp_path / "cat.gradcam.png") as drawn:
        assert drawn.size == (451, 300)
    assert json.loads((tmp_path / "cat.gradcam.json").read_text())["method"] == "gradcam"
    assert "--method gradcam" in page.one(".stCode").text


def test_a_killed_worker_is_replaced_and_the_page_says_so(page: Page, server: Server) -> None:
    page.open("?picture=temple&method=scorecam&p.channels=0")
    page.says("channel ")
    server.busiest_worker().kill()
    page.says("The worker process was restarted")
    page.map_of("Score-CAM")
    assert "The worker process was restarted" in page.text
    calm(page)


def test_a_file_that_is_no_picture_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    false = tmp_path / "holiday_*x*_.png"
    false.write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" + b"0" * 400)
    page.open()
    page.map_of("Grad-CAM")
    page.upload(false)
    page.says("holiday_*x*_.png")
    page.says("PDF")
    page.map_of("Grad-CAM")
    calm(page)


def test_a_link_to_a_picture_that_is_gone_says_what_to_do(page: Page) -> None:
    page.open("?picture=" + "0" * 64)
    page.says("not here any more")
    calm(page)


def test_a_link_with_nonsense_in_it_says_so_and_shows_the_rest(page: Page) -> None:
    page.open("?model=nonsense&method=<b>x</b>&target=crane&p.q=1")
    page.says("model=nonsense")
    page.says("method=<b>x</b>")
    page.map_of("Grad-CAM")
    calm(page)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(server: Server, mode: str) -> None:
    with opened(server, width=390, height=844, mode=mode) as page:
        page.open("?compare=methods&with=gradcam,layercam")
        page.map_of("Grad-CAM")
        until(lambda: len(page.in_component(".grid .map")) == 2, "two maps")
        wide = page.run(
            "return [...document.querySelectorAll('html, body, .stMain, .stMainBlockContainer')]"
            ".map(e => e.scrollWidth)"
        )
        assert max(wide) <= 390


def test_reference_lists_and_searches(page: Page) -> None:
    page.open(path="/reference")
    page.says("Integrated gradients")
    box = page.one("input[aria-label='Search']")
    box.send_keys("convnext", Keys.ENTER)
    until(lambda: "ConvNeXt" in page.text and "Grad-CAM" not in page.text, "only ConvNeXt")


def test_noise_of_any_shape_fits_the_stage(page: Page, tmp_path: Path) -> None:
    tall = tmp_path / "tall.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (900, 120, 3), np.uint8)).save(tall)
    page.open()
    page.map_of("Grad-CAM")
    page.upload(tall)
    page.says("tall.png, 120 × 900 px")
    frame = page.in_component(".stage .view")[0].size
    assert frame["height"] <= 730
    assert frame["width"] / frame["height"] == pytest.approx(120 / 900, rel=0.05)
    time.sleep(0.1)
    calm(page)
