"""Certificates: the paper's radii, abstention, and the truth on a linear model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.control import LocalControl
from core.robustness.attacks.base import Problem
from core.robustness.certificates.votes import certify, lower_bound, radius, smoothed_predict


def test_radii_of_the_paper() -> None:
    assert radius(100, 100, sigma=0.25, alpha=0.001) == pytest.approx(0.3751, abs=5e-5)
    assert radius(100_000, 100_000, sigma=0.25, alpha=0.001) == pytest.approx(0.953, abs=5e-4)
    assert radius(55, 100, sigma=0.25, alpha=0.001) == 0


def test_the_bound_holds_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    bounds = [lower_bound(int(hits), 50, 0.05) for hits in rng.binomial(50, 0.8, 2000)]
    assert np.mean(np.array(bounds) <= 0.8) >= 0.945


def test_close_classes_are_abstained_from() -> None:
    assert smoothed_predict([52, 48]) is None
    assert smoothed_predict([5, 95]) == 1


def test_a_certificate_never_exceeds_the_exact_distance_of_a_linear_model(
    problem: Callable[..., Problem],
) -> None:
    """Smoothing leaves a linear boundary where it is, so the radius must lie below |f| / ‖w‖."""
    task = problem("rob_linear", "l2", n=8)
    rows = np.arange(8)
    directions = np.zeros((8, 2), np.float32)
    directions[rows, task.labels], directions[rows, 1 - task.labels] = 1, -1
    logits, gradient = task.passes.gradient(task.inputs, directions)
    lead = np.einsum("nc,nc->n", logits, directions)
    exact = lead / np.linalg.norm(gradient.reshape(8, -1), axis=1)
    found = [
        certify(task.passes.logits, x, sigma=0.25, n_estimate=400, control=LocalControl())
        for x in task.inputs
    ]
    assert all(c.radius <= d + 1e-6 for c, d in zip(found, exact, strict=True))
    assert sum(c.radius > 0.5 * d for c, d in zip(found, exact, strict=True)) >= 3
    for c, label in zip(found, task.labels, strict=True):
        assert c.answer in (None, label)
        assert (c.answer is None) == (c.radius == 0)
