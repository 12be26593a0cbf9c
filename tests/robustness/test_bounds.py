"""Interval bounds: sound everywhere, exact for one affine layer, and certificates made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.errors import CapabilityError
from core.models.tensorflow import keras, tf
from core.robustness.certificates.bounds import certain, margins, propagate

SIZE = 12
layers = keras.layers


def _drawn(build: Callable[[Any], Any], seed: int = 0) -> keras.Model:
    pixels = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(pixels, build(pixels))
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        value = rng.normal(0, 0.4, variable.shape)
        variable.assign(abs(value) + 0.3 if "variance" in variable.path else value)
    return model


def _plain(x: Any) -> Any:
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(5, 3, padding="valid", activation="tanh")(x)
    x = layers.AveragePooling2D(2)(x)
    return layers.Dense(4)(layers.Flatten()(x))


def _residual(x: Any) -> Any:
    """What ResNets and MobileNets are made of: all of it in one network."""
    x = layers.Rescaling([2.0, 1.5, -1.0], [-1.0, -0.5, 0.2])(keras.ops.flip(x, axis=-1))
    x = layers.BatchNormalization()(layers.Conv2D(6, 3, padding="same", use_bias=False)(x))
    x = layers.ReLU(max_value=6.0)(x)
    y = layers.DepthwiseConv2D(3, padding="same")(x)
    y = layers.BatchNormalization(scale=False)(y)
    x = layers.ReLU(negative_slope=0.1)(layers.Add()([x, layers.Dropout(0.5)(y)]))
    x = layers.Concatenate()([x, layers.Activation("sigmoid")(y)])
    x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(5, activation="softplus")(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(4)(x)


def _peak(x: Any) -> Any:
    """No dense layer at the end."""
    return layers.GlobalMaxPooling2D()(layers.Conv2D(4, 3, activation="relu")(x))


NETWORKS = {"plain": _plain, "residual": _residual, "peak": _peak}


def pictures(n: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(n, SIZE, SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_point_of_the_ball_leaves_the_bounds(name: str) -> None:
    """Corners and inner points, for logits and for the lead over every class."""
    model, x, eps = _drawn(NETWORKS[name]), pictures(4), 0.03
    wide = x.astype(np.float64)
    low, high = tf.constant(wide - eps), tf.constant(wide + eps)
    least, most = (end.numpy() for end in propagate(model, low, high))
    assert least.dtype == np.float64
    labels = np.array([0, 1, 2, 3])
    lead = margins(model, low, high, tf.constant(labels)).numpy()
    rng = np.random.default_rng(2)
    reached = np.full(lead.shape, np.inf)
    for number in range(300):
        way = rng.uniform(-1, 1, x.shape)
        near = x + eps * (np.sign(way) if number % 2 else way)
        logits = model(near.astype(np.float32), training=False).numpy()
        assert (logits >= least - 1e-5).all()
        assert (logits <= most + 1e-5).all()
        reached = np.minimum(reached, logits[np.arange(4), labels][:, None] - logits)
    assert (lead <= reached + 1e-5).all()
    assert (lead[np.arange(4), labels] == 0).all()
    bounds = least[np.arange(4), labels][:, None] - most
    others = np.arange(4) != labels[:, None]
    assert (lead >= bounds - 1e-9)[others].all()  # never looser than bounds of the logits alone


@pytest.mark.parametrize("name", NETWORKS)
def test_a_ball_of_radius_0_is_the_network(name: str) -> None:
    model, x = _drawn(NETWORKS[name]), pictures(3)
    low, high = propagate(model, tf.constant(x), tf.constant(x))
    logits = model(x, training=False)
    np.testing.assert_allclose(low, logits, atol=2e-5)
    np.testing.assert_allclose(high, logits, atol=2e-5)


def test_exact_for_one_affine_layer() -> None:
    """There the bound of the lead is reached at a corner: |f| / ‖w‖₁ is the certified radius."""
    model = _drawn(lambda x: layers.Dense(3)(layers.Flatten()(x)))
    x = 0.3 + 0.4 * pictures(5)
    logits = model(x).numpy()
    labels = logits.argmax(axis=1)
    kernel = model.layers[-1].kernel.numpy().astype(np.float64)
    for row in range(5):
        apart = kernel[:, [labels[row]]] - kernel
        f = logits[row, labels[row]].astype(np.float64) - logits[row]
        others = np.arange(3) != labels[row]
        exact = ((f - 1e-3) / np.maximum(abs(apart).sum(axis=0), 1e-12))[others].min()
        one, label = tf.constant(x[[row]]), tf.constant(labels[[row]])
        assert certain(model, one, exact * (1 - 1e-3), label).numpy().all()
        assert not certain(model, one, exact * (1 + 1e-3), label).numpy().any()
        corner = x[row].ravel() - exact * np.sign(apart[:, others.argmax()])
        low, high = one - np.float32(exact), one + np.float32(exact)
        lead = margins(model, low, high, label).numpy()[0, others.argmax()]
        at_corner = (corner @ apart + (f - x[row].ravel() @ apart))[others.argmax()]
        assert lead == pytest.approx(at_corner, abs=1e-4)


def test_bounds_widen_with_the_ball() -> None:
    model, x = _drawn(_plain), pictures(2)
    before = None
    for eps in (0.0, 0.01, 0.02, 0.1):
        low, high = (end.numpy() for end in propagate(model, x - eps, x + eps))
        assert (low <= high + 1e-6).all()
        assert before is None or ((low <= before[0]).all() and (high >= before[1]).all())
        before = (low, high)


def test_layers_without_a_rule_are_told() -> None:
    model = _drawn(lambda x: layers.Dense(2)(layers.Flatten()(layers.UnitNormalization()(x))))
    with pytest.raises(CapabilityError, match="not known for UnitNormalization"):
        propagate(model, pictures(1), pictures(1))
    model = _drawn(lambda x: layers.Dense(2, activation="gelu")(layers.Flatten()(x)))
    with pytest.raises(CapabilityError, match="gelu"):
        propagate(model, pictures(1), pictures(1))
