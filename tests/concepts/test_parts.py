"""Factorisation, importance, crops: against what is planted and what is known by formula."""

from __future__ import annotations

import numpy as np
import pytest

from core.concepts.craft import spread
from core.concepts.crops import N_CROPS, crops
from core.concepts.importance import designs, measure, total_indices
from core.concepts.nmf import coefficients, factorise, reconstruction_error
from core.concepts.pictures import thumbnails
from core.contracts import Array


def planted(seed: int, n: int = 200) -> tuple[Array, Array, Array]:
    """Three parts with channels of their own, each absent from most pictures."""
    rng = np.random.default_rng(seed)
    bank = np.zeros((3, 18), np.float32)
    for k in range(3):
        bank[k, 6 * k : 6 * k + 6] = rng.uniform(0.5, 1.5, 6)
    bank /= np.linalg.norm(bank, axis=1, keepdims=True)
    found = (rng.uniform(0, 3, (n, 3)) * (rng.random((n, 3)) < 0.4)).astype(np.float32)
    return found @ bank, found, bank


def test_planted_parts_are_recovered() -> None:
    activations, truth, bank = planted(0)
    found, parts = factorise(activations, 3, seed=0)
    match = (parts @ bank.T).argmax(axis=0)
    assert sorted(match) == [0, 1, 2]
    assert (parts[match] * bank).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-3)
    assert found[:, match] == pytest.approx(truth, abs=0.02)
    assert (found >= 0).all()
    assert (parts >= 0).all()
    assert reconstruction_error(activations, found, parts) < 0.01
    fewer = factorise(activations, 2, seed=0)
    assert reconstruction_error(activations, *fewer) > 0.2, "two parts cannot be three"


def test_coefficients_of_new_pictures_are_those_planted() -> None:
    activations, truth, bank = planted(1, n=30)
    assert coefficients(activations, bank) == pytest.approx(truth, abs=0.01)


def test_what_is_negative_counts_as_left_out() -> None:
    activations = np.array([[3.0, -4.0]], np.float32)
    found, bank = np.array([[3.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    assert reconstruction_error(activations, found, bank) == pytest.approx(0.8)


def test_total_indices_of_an_additive_and_an_interacting_function() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.random((20000, 3)).astype(np.float32) for _ in range(2))

    def indices(f: object) -> Array:
        mixed = []
        for k in range(3):
            changed = first.copy()
            changed[:, k] = second[:, k]
            mixed.append(f(changed))  # type: ignore[operator]
        return total_indices(f(first), f(second), np.stack(mixed))  # type: ignore[operator]

    additive = indices(lambda m: 2 * m[:, 0] + m[:, 1])
    assert additive == pytest.approx([0.8, 0.2, 0.0], abs=0.02)
    product = indices(lambda m: (m[:, 0] - 0.5) * (m[:, 1] - 0.5))
    assert product == pytest.approx([1.0, 1.0, 0.0], abs=0.03)
    assert list(indices(lambda m: np.zeros(len(m)))) == [0, 0, 0]


def test_importance_in_a_linear_head_is_the_share_of_its_variance() -> None:
    bank = np.eye(3, 6, dtype=np.float32)
    found = np.zeros((2, 2, 3), np.float32)
    found[..., 0], found[..., 1] = 1.0, 0.5
    activations = found @ bank
    activations[..., 5] = 7.0  # what no concept explains stays
    weights = np.array([2, 2, 9, 0, 0, 1], np.float32)
    measured = measure(activations, found, bank, lambda a: a.mean(axis=(1, 2)) @ weights, seed=0)
    assert measured.effect == pytest.approx([-2.0, -1.0, 0.0], abs=1e-5)
    assert measured.all_out == pytest.approx(-3.0, abs=1e-5)
    assert measured.nothing_left == pytest.approx(-10.0, abs=1e-5)
    assert measured.level == pytest.approx([1.0, 0.5, 0.0])
    assert measured.total == pytest.approx([0.8, 0.2, 0.0], abs=0.08)
    assert measured.total[2] == 0


def test_designs_repeat_with_their_seed() -> None:
    one, again, other = (designs(4, seed=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.min() >= 0
    assert one.max() <= 1


def test_crops_cover_the_picture_from_corner_to_corner() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:8, :8] = 200
    pixels[8:, 8:] = 100
    cut = crops(pixels)
    assert cut.shape == (N_CROPS, 16, 16, 3)
    assert cut[0][:12, :12] == pytest.approx(200, abs=6)
    assert cut[-1][4:, 4:] == pytest.approx(100, abs=6)
    assert cut[2][:12, 4:].max() <= 6
    assert thumbnails([pixels], 8).shape == (1, 8, 8, 3)


def test_the_interval_of_a_mean_is_students() -> None:
    rows = [np.array([x], np.float32) for x in (1.0, 2.0, 3.0)]
    mean, low, high = spread(rows)
    assert mean[0] == pytest.approx(2)
    assert (high - low)[0] / 2 == pytest.approx(4.302653 / np.sqrt(3), rel=1e-5)
