"""What the ends of a colour scale are, and that the caption says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import api, overlay
from core.contracts import Explanation


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
    from dashboard.words import caption

    shown = replace(explanation, map=sparse(one_in))
    drawn = api.overlay(shown)
    card = next(c for c in api.methods() if c.id == "gradcam")
    assert words in caption(shown, card, drawn.limits, drawn.ends)
