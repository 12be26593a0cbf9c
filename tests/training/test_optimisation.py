"""Learning rates, decay, smoothing and balance: what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import Array
from core.data.base import Part
from core.data.registry import open_dataset
from core.errors import ParameterError
from core.models.tensorflow import keras, tf
from core.parameters import Value
from core.training.balance import balanced
from core.training.objective import CrossEntropy
from core.training.optimisation import optimizer, schedule

RATES: dict[str, Value] = {
    "learning_rate": 0.2, "schedule": "cosine", "warmup": 0.0, "weight_decay": 0.0,
    "optimizer": "sgd",
}  # fmt: skip


def test_cosine_falls_from_the_peak_to_nothing() -> None:
    rate = schedule(RATES, 10)
    times = np.linspace(0, 10, 50)
    np.testing.assert_allclose(
        [rate(t) for t in times], 0.1 * (1 + np.cos(np.pi * times / 10)), atol=1e-12
    )


def test_steps_are_a_tenth_and_a_hundredth() -> None:
    rate = schedule(RATES | {"schedule": "step"}, 8)
    assert [rate(t) for t in (0, 3.9, 4, 5.9, 6, 8)] == pytest.approx(
        [0.2, 0.2, 0.02, 0.02, 0.002, 0.002]
    )


@pytest.mark.parametrize("kind", ["cosine", "step", "constant"])
def test_a_warm_up_rises_in_a_straight_line_to_the_peak(kind: str) -> None:
    rate = schedule(RATES | {"schedule": kind, "warmup": 2.0}, 10)
    risen = [rate(t) for t in (0, 0.5, 1, 1.5)]
    assert np.all(np.diff(risen) > 0)
    assert np.ptp(np.diff(risen)) < 1e-12
    assert rate(0) < 0.01
    assert rate(2.0) == pytest.approx(0.2)


def test_decay_leaves_norms_and_biases_alone() -> None:
    """Without a gradient only what is decayed shrinks."""
    for name in ("sgd", "adamw"):
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
        )
        for variable in model.trainable_variables:
            variable.assign(tf.ones_like(variable))
        made = optimizer(RATES | {"optimizer": name, "weight_decay": 0.1})
        made.apply([tf.zeros_like(v) for v in model.trainable_variables], model.trainable_variables)
        after = {v.name: float(tf.reduce_max(v.value)) for v in model.trainable_variables}
        assert after.keys() == {"kernel", "bias", "gamma", "beta"}
        assert after.pop("kernel") < 1
        assert set(after.values()) == {1.0}


def test_smoothed_labels_share_evenly() -> None:
    y = np.eye(4, dtype=np.float32)
    np.testing.assert_allclose(CrossEntropy(0.2).smoothed(y), 0.8 * y + 0.05, atol=1e-7)
    assert CrossEntropy().smoothed(y) is y


def test_the_loss_is_keras_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(8, 5)).astype(np.float32), rng.integers(0, 3, 8)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    ours, logits = CrossEntropy(0.1).loss(model, x, np.eye(3, dtype=np.float32)[labels], None)
    theirs = keras.losses.CategoricalCrossentropy(True, 0.1, reduction=None)
    np.testing.assert_allclose(ours, theirs(np.eye(3)[labels], logits), rtol=1e-5)


# ---- balance


@pytest.fixture(scope="module")
def skewed() -> Part:
    found = open_dataset("portraits?bias=0.9&n_train=600&n_validation=30&n_test=45&size=64")
    return found.part("train")


def cells(part: Part, by: str | None) -> Array:
    labels = part.labels.astype(int)
    return (
        labels if by is None else labels * 100 + np.unique(part.groups[by], return_inverse=True)[1]
    )


@pytest.mark.parametrize(
    ("kind", "by"), [("class_weights", None), ("group_weights", "skin_tone_band")]
)
def test_weights_make_cells_count_alike(skewed: Part, kind: str, by: str | None) -> None:
    order, weights = balanced(
        skewed, {"balance": kind, "balance_by": by or ""}, n_classes=3, seed=0
    )
    assert order is None
    assert weights is not None
    assert weights.mean() == pytest.approx(1, abs=1e-5)
    found = cells(skewed, by)
    sums = [weights[found == cell].sum() for cell in np.unique(found)]
    np.testing.assert_allclose(sums, sums[0], rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "by"), [("class_sampling", None), ("group_sampling", "skin_tone_band")]
)
def test_draws_reach_cells_alike_and_repeat_by_seed(
    skewed: Part, kind: str, by: str | None
) -> None:
    values = {"balance": kind, "balance_by": by or ""}
    order, weights = balanced(skewed, values, n_classes=3, seed=4)
    again, _ = balanced(skewed, values, n_classes=3, seed=4)
    assert weights is None
    assert order is not None
    assert again is not None
    np.testing.assert_array_equal(order(2), again(2))
    assert (order(1) != order(2)).any()
    found = cells(skewed, by)
    drawn = np.concatenate([found[order(epoch)] for epoch in range(40)])
    counts = np.unique(drawn, return_counts=True)[1]
    assert len(counts) == len(np.unique(found))
    assert counts.max() / counts.min() < 1.2
    assert np.ptp(np.unique(cells(skewed, "skin_tone_band"), return_counts=True)[1]) > 100


def test_an_attribute_that_is_not_there_is_named(skewed: Part) -> None:
    values: dict[str, Value] = {"balance": "group_weights", "balance_by": "shoe"}
    with pytest.raises(ParameterError, match=r"skin_tone.*Received: 'shoe'"):
        balanced(skewed, values, n_classes=3, seed=0)
