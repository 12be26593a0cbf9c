"""Directions of concepts and their test: a planted one is found, nothing is found in nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from core.concepts.cav import cav, monte_carlo_p, null_runs, runs, t_test_p
from core.contracts import Array

K = 24


def features(n: int, rng: np.random.Generator) -> Array:
    """Correlated, non-negative, as features are."""
    mixing = np.random.default_rng(7).normal(size=(K, K)) / 5
    return np.maximum(rng.normal(size=(n, K)) @ mixing, 0).astype(np.float32)


def p_values(concept: Array, pool: Array, gradients: Array, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    own = runs(concept, pool, gradients, n_runs=8, rng=rng)
    null = list(null_runs(pool, len(concept), gradients, n_runs=8, n_null=39, rng=rng))
    drawn = np.array([each.alignments.mean() for each in null])
    exact = monte_carlo_p(float(own.alignments.mean()), drawn)
    return exact, t_test_p(own.scores, np.array([each.scores[0] for each in null]))


def test_the_direction_is_that_of_scikit_learns_ridge_classifier() -> None:
    rng = np.random.default_rng(0)
    concept, random = features(30, rng) + np.eye(K, dtype=np.float32)[3], features(30, rng)
    direction, accuracy = cav(concept, random)
    train = np.concatenate([concept[:20], random[:20]])
    scale = train.std()
    labels = np.repeat([1, 0], 20)
    peer = RidgeClassifier(alpha=1.0).fit(train / scale, labels)
    expected = np.ravel(peer.coef_)
    assert direction == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)
    held_out = np.concatenate([concept[20:], random[20:]]) / scale
    assert accuracy == peer.score(held_out, np.repeat([1, 0], 10))


@pytest.mark.parametrize(("sign", "score"), [(1.0, 1.0), (-1.0, 0.0)])
def test_a_planted_direction_is_found_with_its_sign(sign: float, score: float) -> None:
    rng = np.random.default_rng(1)
    direction = np.zeros(K, np.float32)
    direction[[3, 8]] = 1
    concept = features(20, rng) + 3 * direction
    gradients = np.tile(sign * direction, (12, 1)).astype(np.float32)
    own = runs(concept, features(80, rng), gradients, n_runs=10, rng=rng)
    assert own.scores.mean() == score
    assert own.accuracies.mean() > 0.9
    assert np.sign(own.alignments.mean()) == sign
    assert p_values(concept, features(80, rng), gradients, 1)[0] == pytest.approx(1 / 40)


def test_random_pictures_are_rarely_called_a_concept_and_the_t_test_does_worse() -> None:
    exact, classical = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        gradients = np.tile(rng.normal(size=K), (10, 1)).astype(np.float32)
        p, t = p_values(features(20, rng), features(70, rng), gradients, seed)
        exact.append(p <= 0.05)
        classical.append(t <= 0.05)
    assert np.mean(exact) <= 0.10
    assert np.mean(classical) > np.mean(exact), "why the exact test is the one that decides"


def test_a_direction_the_class_ignores_is_not_significant() -> None:
    rng = np.random.default_rng(3)
    concept = features(20, rng)
    concept[:, 5] += 3
    gradients = np.zeros((10, K), np.float32)
    assert runs(concept, features(60, rng), gradients, n_runs=3, rng=rng).scores.max() == 0
    assert p_values(concept, features(60, rng), gradients, 3)[0] == 1


def test_p_values_of_known_cases() -> None:
    null = np.linspace(-1, 1, 99)
    assert monte_carlo_p(5.0, null) == pytest.approx(0.01)
    assert monte_carlo_p(-5.0, null) == pytest.approx(0.01)
    assert monte_carlo_p(0.0, null) == 1.0
    assert t_test_p(np.ones(5, np.float32), np.ones(9, np.float32)) == 1.0
    assert t_test_p(np.ones(5, np.float32), np.zeros(9, np.float32)) == 0.0
