"""What the ends of a colour scale are, and that the caption says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.contracts import Explanation
from core.modalities.picture import overlay


def sparse(one_in: int) -> np.ndarray:
    values = np.zeros((100, 100), np.float32)
    values.ravel()[::one_in] = np.linspace(1, 2, len(values.ravel()[::one_in]))
    return values


def test_ends_are_the_percentile_or_where_that_is_0_the_maximum() -> None:
    dense = overlay.draw(sparse(10), signed=False)
    assert dense.ends == "percentile"
    assert dense.limits[1] == pytest.approx(np.percentile(sparse(10), 99))
    thin = overlay.draw(sparse(500), signed=True)
    assert thin.ends == "maximum"
    assert thin.limits == (-2.0, 2.0)
    assert overlay.draw(sparse(10), signed=False, ends=(0.0, 5.0)).ends == "given"


@pytest.fixture(scope="module")
def explanation(cat: Path) -> Explanation:
    return api.explain(cat, method="gradcam")


@pytest.mark.parametrize(
    ("one_in", "words"), [(10, "99th percentile of |map|"), (500, "maximum of |map|")]
)
def test_the_caption_says_which(explanation: Explanation, one_in: int, words: str) -> None:
    from dashboard.formatting import caption

    shown = replace(explanation, map=sparse(one_in))
    drawn = api.overlay(shown)
    card = next(c for c in api.methods() if c.id == "gradcam")
    assert words in caption(shown, card, drawn.limits, drawn.ends)


def crossing(line: np.ndarray) -> float:
    """Return where a line of pixels rises past half of its most, in pixels from its beginning."""
    line, half = line.astype(float), line.max() / 2
    after = int(np.argmax(line >= half))
    return after - 0.5 + (half - line[after - 1]) / (line[after] - line[after - 1])


@pytest.mark.parametrize("geometry", ["crop", "letterbox", "squash"])
def test_an_edge_of_the_map_lies_where_the_box_puts_it(geometry: str) -> None:
    """Between two pixels of the map: half a pixel of the original at most."""
    for width, height in ((640, 427), (640, 331), (500, 701), (337, 640), (1280, 853)):
        blank = api.open_picture(np.zeros((height, width, 3), np.uint8))
        box = api.prediction_request(blank, geometry=geometry).input.box
        across, down = (box.right - box.left) / 224, (box.bottom - box.top) / 224
        for at in (80, 112, 140):
            values = np.zeros((224, 224), np.float32)
            values[:, at:] = 1
            shown = overlay.lay_over(blank, values, signed=False, box=box, opacity=1.0)[..., 0]
            assert abs(crossing(shown[height // 2]) - (box.left + at * across)) <= 0.5
            shown = overlay.lay_over(blank, values.T, signed=False, box=box, opacity=1.0)[..., 0]
            assert abs(crossing(shown[:, width // 2]) - (box.top + at * down)) <= 0.5


def test_rounding_is_not_painted(explanation: Explanation) -> None:
    noise = np.random.default_rng(0).normal(0, 1e-13, (224, 224)).astype(np.float32)
    drawn = api.overlay(replace(explanation, map=noise, signed=True))
    assert drawn.empty
    assert drawn.limits == (0.0, 0.0)
    assert not api.overlay(replace(explanation, map=noise * 1e9, signed=True)).empty
