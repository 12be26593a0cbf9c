"""Recipro-CAM: plain loops, the weights of a linear head, and heads that are not linear."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import Cancelled
from core.modalities.picture.modality import PICTURE
from core.modalities.picture.resample import upsample
from core.models.runtime import Runtime, runtime
from core.saliency.base import Attribution, Problem
from core.saliency.picture.reciprocam import ReciproCam, spatial_masks

GAUSSIAN = np.outer([1, 2, 1], [1, 2, 1]) / 16


def run(
    model: Runtime, pictures: np.ndarray, target: int, mask: str, **options: Any
) -> list[Attribution]:
    directions = np.eye(model.n_classes, dtype=np.float32)[[target] * len(pictures)]
    control = LocalControl(**options)
    return ReciproCam().explain(
        Problem(model, pictures, directions, None, 0, control, PICTURE), {"mask": mask}
    )


def loops(model: Runtime, features: np.ndarray, target: int, mask: str) -> np.ndarray:
    """One cell at a time through Keras' own layers behind the feature layer."""
    behind = model.network().model.layers
    behind = behind[[layer.name for layer in behind].index("features") + 1 :]

    def score(changed: np.ndarray) -> float:
        x = changed[None]
        for layer in behind:
            x = layer(x, training=False)
        return float(np.asarray(x)[0, target])

    height, width = features.shape[:2]
    raw = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            changed = np.zeros_like(features)
            for di in (-1, 0, 1):
                for dj in (-1, 0, 1):
                    row, column = i + di, j + dj
                    if not (0 <= row < height and 0 <= column < width):
                        continue
                    share = GAUSSIAN[1 + di, 1 + dj] if mask == "gaussian" else (di == dj == 0)
                    changed[row, column] = share * features[row, column]
            raw[i, j] = score(changed) - score(np.zeros_like(features))
    return raw


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(3).random((2, 16, 16, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def gap(toys: None) -> Runtime:
    return runtime(ModelRef("toy_gap"))


@pytest.fixture(scope="module")
def bent() -> Runtime:
    """A head that is not linear in the cells: pooling by the largest, and a hidden layer."""

    def builder(inputs: Any, n_classes: int) -> Any:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(5, 3, strides=2, activation="relu", name="features")(inputs)
        x = keras.layers.Dense(7, activation="tanh")(keras.layers.GlobalMaxPooling2D()(x))
        out = keras.layers.Dense(n_classes)(x)
        model = keras.Model(keras.utils.get_source_inputs(inputs), out)
        rng = np.random.default_rng(8)
        for variable in model.weights:
            variable.assign(rng.normal(0, 0.5, variable.shape))
        return model

    api.register_model("bent", builder, input_size=16, n_classes=3, feature_layer="features")
    return runtime(ModelRef("bent"))


@pytest.mark.parametrize("mask", ["gaussian", "cell"])
@pytest.mark.parametrize("which", ["gap", "bent"])
def test_plain_loops_give_the_same(
    which: str, mask: str, pictures: np.ndarray, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(which)
    features = model.features(pictures, "features")[1]
    for i, result in enumerate(run(model, pictures, 1, mask)):
        raw = loops(model, features[i], 1, mask)
        expected = upsample(raw.astype(np.float32), (16, 16))
        np.testing.assert_allclose(result.map, expected, atol=1e-5 * np.abs(expected).max())
        assert result.diagnostics["cells"] == raw.size
        assert result.diagnostics["head_passes"] == raw.size + 1


def test_behind_pooling_a_cell_says_its_features_times_the_weights(
    gap: Runtime, pictures: np.ndarray
) -> None:
    out = gap.network().model.get_layer("out")
    kernel, bias = (value.numpy() for value in out.weights)
    features = gap.features(pictures[:1], "features")[1][0]
    cells = features @ kernel / (features.shape[0] * features.shape[1])
    assert cells.min() < 0 < cells.max(), "without both signs the test would prove none"
    for target in range(3):
        result = run(gap, pictures[:1], target, "cell")[0]
        expected = upsample(np.ascontiguousarray(cells[..., target]), (16, 16))
        np.testing.assert_allclose(result.map, expected, atol=1e-5)
        assert result.diagnostics["empty_score"] == pytest.approx(bias[target], abs=1e-6)


def test_masks_are_the_papers() -> None:
    masks = spatial_masks(4, 5, "gaussian").reshape(4, 5, 4, 5)
    np.testing.assert_allclose(masks[1, 2, 0:3, 1:4], GAUSSIAN)
    assert masks[1, 2].sum() == pytest.approx(1)
    np.testing.assert_allclose(masks[0, 0, :2, :2], GAUSSIAN[1:, 1:])
    assert np.count_nonzero(masks[0, 0]) == 4
    np.testing.assert_array_equal(spatial_masks(2, 3, "cell"), np.eye(6).reshape(6, 2, 3))


def test_it_stops_when_asked(gap: Runtime, pictures: np.ndarray) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        run(gap, pictures, 0, "cell", stop=stop)


def test_a_head_that_rounds_is_no_evidence() -> None:
    """Logits of 100 that differ by float32's last digits from cell to cell."""

    class Deaf:
        def features(self, batch: np.ndarray, _layer: str | None) -> tuple[None, np.ndarray]:
            return None, np.ones((len(batch), 3, 4, 2), np.float32)

        def own_tokens(self, batch: np.ndarray, _layer: str | None) -> np.ndarray:
            return np.zeros((len(batch), 0, 0), np.float32)

        def head_logits(
            self, features: np.ndarray, _layer: str | None, own: np.ndarray
        ) -> np.ndarray:
            assert own.shape[1] == 0
            rows = np.full((len(features), 3), 100, np.float32)
            rows[::2] = np.nextafter(rows[::2], np.float32(np.inf))
            return rows

    deaf: Any = Deaf()
    one, direction = np.ones((1, 9, 8, 3), np.float32), np.eye(3, dtype=np.float32)[:1]
    result = ReciproCam().explain(
        Problem(deaf, one, direction, None, 0, LocalControl(), PICTURE), {"mask": "gaussian"}
    )[0]
    assert result.map.shape == (9, 8)
    assert not result.map.any()
    assert result.diagnostics["positive_evidence"] is False
