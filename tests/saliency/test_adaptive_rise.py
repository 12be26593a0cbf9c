"""Adaptive RISE: the regression against plain algebra, a known truth, and where its masks go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.control import LocalControl
from core.modalities.picture.modality import PICTURE
from core.saliency.base import Attribution, Problem
from core.saliency.picture.adaptive_rise import AdaptiveRise, Surface
from core.saliency.picture.rise import Masks

SIZE = (28, 21)


class Known:
    """f = what is seen inside a rectangle, less half of what is seen inside another, as a logit."""

    def __init__(self) -> None:
        self.truth = np.zeros(SIZE)
        self.truth[4:12, 12:19], self.truth[18:25, 2:9] = 1.0, -0.5
        self.shown: list[np.ndarray] = []

    def prepare(self, n_passes: int) -> None:
        self.announced = n_passes

    def logits(self, batch: np.ndarray) -> np.ndarray:
        self.shown.append(batch[..., 0])
        seen = np.einsum("nhw,hw->n", batch[..., 0], self.truth / self.truth.clip(0).sum())
        return np.stack([seen, np.zeros_like(seen)], axis=1).astype(np.float32)


def explain(known: Any, *, seed: int = 0, **given: Any) -> Attribution:
    values = {p.name: p.default for p in PICTURE.parameters(AdaptiveRise.parameters)}
    values |= {"score": "logit", "baseline": "black"} | given
    one, direction = np.ones((1, *SIZE, 3), np.float32), np.eye(2, dtype=np.float32)[:1]
    task = Problem(known, one, direction, None, seed, LocalControl(), PICTURE)
    return AdaptiveRise().explain(task, values)[0]


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_the_regression_is_that_of_plain_algebra() -> None:
    """Places written out as a long vector, w solved for in the space of places, not of masks."""
    rng = np.random.default_rng(0)
    masks, scores = rng.random((40, 6, 5), dtype=np.float32), rng.normal(size=40)
    surface = Surface((6, 5))
    surface.add(masks[:15], scores[:15])
    surface.add(masks[15:], scores[15:])
    w, foretold = surface.weights()

    at = np.array([(row / 6, column / 5) for row in range(6) for column in range(5)])
    prior = np.exp(-((at[:, None] - at) ** 2).sum(-1) / (2 * (3 / 28) ** 2))
    m = masks.reshape(40, -1).astype(np.float64)
    m -= m.mean(axis=0)
    f = scores - scores.mean()
    noise = 0.3 * np.trace(m @ prior @ m.T) / 40
    expected = np.linalg.solve(m.T @ m / noise + np.linalg.inv(prior), m.T @ f / noise)
    np.testing.assert_allclose(w.ravel(), expected, rtol=1e-4, atol=1e-6)

    missed = []
    for left in range(40):
        others = np.arange(40) != left
        c = m[others] @ prior @ m[others].T + noise * np.eye(39)
        missed.append(f[left] - m[left] @ prior @ m[others].T @ np.linalg.solve(c, f[others]))
    assert foretold == pytest.approx(1 - np.square(missed).sum() / np.square(f).sum(), rel=1e-4)


def test_what_is_known_is_found_with_its_signs() -> None:
    known = Known()
    result = explain(known)
    assert correlation(result.map, known.truth) > 0.8
    assert result.map[6:10, 14:17].min() > 0 > result.map[20:23, 4:7].max()
    assert result.diagnostics["foretold_r2"] > 0.9
    assert result.diagnostics["forward_passes"] == known.announced == 250


def test_half_the_masks_find_more_of_it_than_the_mean_of_all() -> None:
    """RISE's mean over 250 masks, written out, against 125 of these."""
    for seed in range(5):
        known = Known()
        ours = explain(known, seed=seed, n_masks=125).map
        masks = Masks(SIZE, 7, 0.5, seed).draw(250)
        f = known.logits(np.repeat(masks[..., None], 3, axis=-1))[:, 0]
        mean = np.einsum("n,nhw->hw", f - f.mean(), masks)
        assert correlation(ours, known.truth) > correlation(mean, known.truth) + 0.02


def test_later_masks_show_what_was_found() -> None:
    known = Known()
    explain(known)
    shown = np.concatenate(known.shown)
    inside = (shown * (known.truth > 0)).sum(axis=(1, 2)) / (known.truth > 0).sum()
    against = (shown * (known.truth < 0)).sum(axis=(1, 2)) / (known.truth < 0).sum()
    assert inside[:100].mean() == pytest.approx(0.5, abs=0.07)
    assert inside[100:].mean() > inside[:100].mean() + 0.1
    assert against[100:].mean() < against[:100].mean() - 0.1


def test_the_first_masks_are_those_of_rise() -> None:
    known = Known()
    result = explain(known, seed=4, n_masks=50)
    assert result.diagnostics["masks_first"] == 20
    drawn = np.concatenate(known.shown)
    assert len(drawn) == 50
    np.testing.assert_allclose(drawn[:20], Masks(SIZE, 7, 0.5, 4).draw(20), atol=1e-6)


def test_noise_is_said_to_foretell_nothing() -> None:
    class Noise(Known):
        rng = np.random.default_rng(9)

        def logits(self, batch: np.ndarray) -> np.ndarray:
            return self.rng.normal(size=(len(batch), 2)).astype(np.float32)

    assert explain(Noise()).diagnostics["foretold_r2"] < 0.15


def test_a_model_that_is_deaf_gets_an_empty_map() -> None:
    class Deaf(Known):
        def logits(self, batch: np.ndarray) -> np.ndarray:
            return np.full((len(batch), 2), 3.0, np.float32)

    result = explain(Deaf())
    assert not result.map.any()
    assert result.diagnostics["constant_response"] is True
