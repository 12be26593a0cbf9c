"""The SHAP page, with the real core and real weights; and its figures."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.contracts import Box, ClassRef, PictureSeen, RegionShare, ShapResult
from dashboard.app_pages.shap import page_choice as shap_choice
from dashboard.app_pages.shap.page_choice import ShapChoice
from dashboard.figures.shap_map import shap_map
from dashboard.figures.waterfall import steps, waterfall
from dashboard.state import Choice
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.shap import page as shap; shap.page()"
QUICK = {"s.max_evals": "40"}
OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page() -> OpenPage:
    def opened(*, wait: bool = True, **query: str) -> AppTest:
        app = AppTest.from_string(PAGE, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        return settled(app) if wait else app

    return opened


def test_it_shows_prediction_waterfall_maps_and_error(open_page: OpenPage) -> None:
    app = open_page(**QUICK)
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "tiger cat: " in shown
    assert "The shares add up: additivity error" in shown
    assert "a 128 px box blur of the picture" in shown
    assert "What it can't show" in shown
    assert len(app.get("plotly_chart")) == 4, "a waterfall and three maps"
    assert app.query_params["explainer"] == "partition"
    assert app.query_params["s.max_evals"] == "40"


def test_the_waterfall_changes_its_class_and_the_address(open_page: OpenPage) -> None:
    app = open_page(classes="281,285", **QUICK)
    assert "tabby: " in unescape(texts(app))
    app = open_page(classes="281,285", subject="285", **QUICK)
    assert "Egyptian cat: " in unescape(texts(app))
    assert app.query_params["subject"] == "285"
    assert len(app.get("plotly_chart")) == 3


def test_a_parameter_goes_into_the_address(open_page: OpenPage) -> None:
    app = open_page(**QUICK)
    app.selectbox(key="parameter/partition/masker").set_value("grey")
    settled(app.run())
    assert app.query_params["s.masker"] == "grey"
    assert "everything hidden: mid-grey" in unescape(texts(app))


def test_gradients_say_what_they_compare_with_and_how_far_they_miss(open_page: OpenPage) -> None:
    app = open_page(explainer="gradient", classes="282", **{"s.n_samples": "10"})
    assert not app.error
    shown = unescape(texts(app))
    assert "compared with the 5 examples instead" in shown
    assert "at least two" in shown
    assert "Additivity error" in shown
    assert "of the difference" in shown


def test_the_downloads_come_with_the_lines_that_open_them(open_page: OpenPage) -> None:
    app = open_page(**QUICK)
    app.session_state["shap download"] = True
    app.run()
    assert [button.label for button in app.get("download_button")] == [
        "Maps side by side (png)", "All values (npz)", "All but the values (json)",
        "For shap's own plots (npz)",
    ]  # fmt: skip
    lines = app.code[0].value
    assert "np.load('cat.shap.partition.explanation.npz')" in lines
    assert lines.endswith("shap.image_plot(e)")


def test_nonsense_in_the_address_is_said_and_left_out(open_page: OpenPage) -> None:
    app = open_page(
        explainer="<b>x</b>", classes="7,99999", colour="green", **QUICK, **{"s.nope": "1"}
    )
    assert len(app.warning) == 4
    assert "<b>x</b>" not in texts(app)
    assert app.query_params["classes"] == "7"


def test_a_picture_that_is_gone(open_page: OpenPage) -> None:
    app = open_page(picture="f" * 64)
    assert "not here any more" in app.info[0].value


# ---- the address, without the page


def test_an_address_comes_back_as_it_was() -> None:
    held = ShapChoice("kernel", (("n_segments", 12),), (282, 285), 285, "regions")
    again, problems = shap_choice.read(held.to_query(), Choice())
    assert not problems
    assert again == held
    assert shap_choice.read({}, Choice()) == (ShapChoice(), [])


# ---- the figures


@pytest.fixture
def result() -> ShapResult:
    segments = np.repeat(np.arange(16, dtype=np.int32).reshape(4, 4), 4, axis=0).repeat(4, axis=1)
    shares = np.array([[3.0, -2.0, *([0.125] * 14)]], np.float32)
    return ShapResult(
        key="0" * 64, model="toy", weights_sha256="1" * 64, device="cpu", versions={}, seconds=1.0,
        seen=PictureSeen("a.png", "2" * 64, 16, 16, Box(0, 0, 16, 16), "squash"),
        explainer="partition", parameters={}, targets=(ClassRef(0, "<b>a</b>"),),
        values=(shares / 16)[:, segments], base_values=np.array([-1.0], np.float32),
        outputs=np.array([2.0], np.float32), probabilities=np.array([0.5], np.float32),
        additivity_errors=np.array([0.25], np.float32),
        relative_errors=np.array([0.08], np.float32), segments=segments, region_values=shares,
        background="grey", evaluations=10, gradient_passes=0, seed=0, command="python -m core shap",
    )  # fmt: skip


@pytest.fixture
def ranked(result: ShapResult) -> tuple[RegionShare, ...]:
    values = result.region_values[0]
    order = np.argsort(-abs(values), kind="stable")
    return tuple(
        RegionShare(n, int(r), float(values[r]), 4.0 * (r % 4) + 2, 4.0 * (r // 4) + 2)
        for n, r in enumerate(order, start=1)
    )


def test_the_rows_lead_from_base_to_prediction(
    result: ShapResult, ranked: tuple[RegionShare, ...]
) -> None:
    rows = steps(result, 0, ranked, most=2)
    assert [row.name for row in rows] == [
        "Base value", "Region 1", "Region 2", "14 others", "Unexplained", "This picture",
    ]  # fmt: skip
    assert [row.words for row in rows][1:5] == [
        "+3.00 logit", "−2.00 logit", "+1.75 logit", "+0.250 logit",
    ]  # fmt: skip
    for above, below in pairwise(rows[:-1]):
        assert below.start == above.end
    assert rows[-2].end == pytest.approx(rows[-1].end)
    assert rows[0].start == rows[-1].start == 0


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_bars_that_add_are_red_and_those_that_take_are_blue(
    result: ShapResult, ranked: tuple[RegionShare, ...], mode: str
) -> None:
    figure = waterfall(steps(result, 0, ranked, most=2), colours=("blue", "red"), mode=mode)
    bars = figure.data[0]
    assert list(bars.marker.color[1:5]) == ["red", "blue", "red", "red"]
    np.testing.assert_allclose(np.array(bars.base) + np.array(bars.x), [-1, 2, 0, 1.75, 2, 2])


def test_a_region_tells_its_share_wherever_it_is_pointed_at(
    result: ShapResult, ranked: tuple[RegionShare, ...]
) -> None:
    figure = shap_map(result, 0, picture="data:a", ranked=ranked, labelled=3, mode="light")
    cells = figure.data[0]
    assert cells.z.shape == (16, 16)
    np.testing.assert_allclose(cells.z, result.region_values[0][result.segments])
    assert cells.customdata[0, 0] == 1
    assert cells.customdata[0, 5] == 2
    assert [image.source for image in figure.layout.images] == ["data:a"]
    assert [note.text for note in figure.layout.annotations] == ["1", "2", "3"]
