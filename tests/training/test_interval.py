"""The objective of interval bound propagation: its schedule, and its two losses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from core.models.tensorflow import keras, tf
from core.training.interval import IntervalBounds


def linear() -> keras.Model:
    pixels = keras.Input((4, 4, 3))
    model = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.Flatten()(pixels)))
    rng = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(rng.normal(0, 0.5, variable.shape))
    return model


def test_epsilon_grows_and_kappa_falls_with_it() -> None:
    objective = IntervalBounds(epsilon=0.1, kappa=0.5, start=2.0, ramp=4.0)
    assert [objective.at(t) for t in (0.0, 2.0, 4.0, 6.0, 9.0)] == [
        pytest.approx(each) for each in ((0, 1), (0, 1), (0.05, 0.75), (0.1, 0.5), (0.1, 0.5))
    ]


def test_the_worst_logits_of_a_linear_model_are_those_of_a_corner() -> None:
    model, rng = linear(), np.random.default_rng(1)
    x = rng.uniform(0.3, 0.7, (5, 4, 4, 3)).astype(np.float32)
    labels = rng.integers(0, 3, 5)
    y = tf.one_hot(labels, 3)
    logits = model(x).numpy().astype(np.float64)
    rows = np.arange(5)
    plain = logsumexp(logits, axis=1) - logits[rows, labels]
    kernel = model.layers[-1].kernel.numpy().astype(np.float64)
    apart = np.stack([abs(kernel - kernel[:, [label]]).sum(axis=0) for label in labels])
    worst = logsumexp(logits - logits[rows, labels][:, None] + 0.1 * apart, axis=1)
    for kappa in (0.0, 0.3, 1.0):
        objective = IntervalBounds(epsilon=0.1, kappa=kappa, start=0.0, ramp=1.0)
        objective.at(1.0)
        losses, shown = objective.loss(model, tf.constant(x), y, None)
        np.testing.assert_allclose(losses, kappa * plain + (1 - kappa) * worst, rtol=1e-5)
        np.testing.assert_allclose(shown, logits, atol=1e-5)


def test_both_losses_have_gradients() -> None:
    model = linear()
    objective = IntervalBounds(epsilon=0.05, kappa=0.0, start=0.0, ramp=1.0)
    objective.at(1.0)
    x = tf.constant(np.random.default_rng(2).uniform(size=(4, 4, 4, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        losses, _ = objective.loss(model, x, tf.one_hot([0, 1, 2, 0], 3), None)
        total = tf.reduce_sum(losses)
    gradient = tape.gradient(total, model.trainable_variables[0])
    assert np.abs(gradient.numpy()).max() > 0
