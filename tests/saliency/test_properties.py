"""Values known from theory: linear models, the GAP network, completeness, randomisation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.modalities.picture.resample import upsample
from core.models.runtime import Runtime, runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS


def problem(model: Runtime, pictures: np.ndarray, targets: list[int]) -> Problem:
    directions = np.eye(model.n_classes, dtype=np.float32)[targets]
    return Problem(model, pictures, directions, None, 0, LocalControl(), PICTURE)


def run(method: str, task: Problem, **given: object) -> list:
    chosen = METHODS[method]
    values = {p.name: p.default for p in PICTURE.parameters(chosen.parameters)} | given
    return chosen().explain(task, values)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(3).random((2, 16, 16, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def linear(toys: None) -> Runtime:
    return runtime(ModelRef("toy_linear"))


@pytest.fixture(scope="module")
def gap(toys: None) -> Runtime:
    return runtime(ModelRef("toy_gap"))


def linear_weights(model: Runtime) -> np.ndarray:
    return model.network().model.get_layer("out").kernel.numpy().T.reshape(3, 16, 16, 3)


class TestLinearModel:
    def test_gradient_is_the_weight(self, linear: Runtime, pictures: np.ndarray) -> None:
        w = linear_weights(linear)
        for channels, reduce in (
            ("sum", lambda g: g.sum(-1)),
            ("max", lambda g: abs(g).max(-1)),
            ("l2", lambda g: np.linalg.norm(g, axis=-1)),
        ):
            maps = run("saliency", problem(linear, pictures, [0, 2]), channels=channels)
            for result, target in zip(maps, (0, 2), strict=True):
                np.testing.assert_allclose(result.map, reduce(w[target]), atol=1e-5)

    def test_smoothgrad_is_the_weight_whatever_the_noise(
        self, linear: Runtime, pictures: np.ndarray
    ) -> None:
        result = run("smoothgrad", problem(linear, pictures[:1], [1]), noise=0.5, channels="sum")
        np.testing.assert_allclose(result[0].map, linear_weights(linear)[1].sum(-1), atol=1e-4)

    def test_gradient_x_input(self, linear: Runtime, pictures: np.ndarray) -> None:
        result = run("gradient_x_input", problem(linear, pictures[:1], [1]))
        expected = (linear_weights(linear)[1] * pictures[0]).sum(-1)
        np.testing.assert_allclose(result[0].map, expected, atol=1e-5)

    @pytest.mark.parametrize(("name", "value"), [("black", 0.0), ("grey", 0.5), ("white", 1.0)])
    def test_integrated_gradients(
        self, linear: Runtime, pictures: np.ndarray, name: str, value: float
    ) -> None:
        result = run("integrated_gradients", problem(linear, pictures[:1], [1]), baseline=name)[0]
        expected = (linear_weights(linear)[1] * (pictures[0] - value)).sum(-1)
        np.testing.assert_allclose(result.map, expected, atol=1e-4)
        assert result.completeness_error < 1e-4
        assert result.diagnostics["gradient_passes"] == 17  # nothing to refine


BY_REGION = {"xrai", "occlusion", "rise", "adaptive_rise", "sobol", "lime"}
"""Methods that give one value to several pixels: one the model ignores shares its neighbours'."""


def test_ignored_pixels_get_nothing(toys: None, pictures: np.ndarray) -> None:
    def builder(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Cropping2D(((4, 4), (4, 4)))(inputs)
        x = keras.layers.Dense(8, activation="relu")(keras.layers.Flatten()(x))
        x = keras.layers.Dense(n_classes)(x)
        return keras.Model(keras.utils.get_source_inputs(inputs), x)

    api.register_model("toy_blind_border", builder, input_size=16, n_classes=3)
    model = runtime(ModelRef("toy_blind_border"))
    inside = np.zeros((16, 16), bool)
    inside[4:12, 4:12] = True
    for method, card in METHODS.items():
        reads = card.needs & {"layer", "attention"}
        if not (reads or card.control or method in BY_REGION):
            result = run(method, problem(model, pictures[:1], [0]))[0]
            assert (result.map[~inside] == 0).all(), method


class TestGapNetwork:
    """conv → GAP → Dense: Grad-CAM = ReLU(Σ wₖAₖ) / (H·W)."""

    def features(self, gap: Runtime, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, features = gap.features(pictures)
        return features, gap.network().model.get_layer("out").kernel.numpy()

    def test_gradcam(self, gap: Runtime, pictures: np.ndarray) -> None:
        features, kernel = self.features(gap, pictures)
        raw = np.maximum(features @ kernel[:, [1]], 0)[..., 0] / (8 * 8)
        for result, expected in zip(
            run("gradcam", problem(gap, pictures, [1, 1])), upsample(raw, (16, 16)), strict=True
        ):
            np.testing.assert_allclose(result.map, expected, atol=1e-5)

    def test_layercam(self, gap: Runtime, pictures: np.ndarray) -> None:
        features, kernel = self.features(gap, pictures)
        raw = np.maximum(features @ np.maximum(kernel[:, [1]], 0), 0)[..., 0] / (8 * 8)
        result = run("layercam", problem(gap, pictures[:1], [1]))[0]
        np.testing.assert_allclose(result.map, upsample(raw, (16, 16))[0], atol=1e-5)

    def test_scorecam_weights_are_the_masked_probabilities(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        features, _ = self.features(gap, pictures[:1])
        weights = np.zeros(features.shape[-1], np.float32)
        for k in range(features.shape[-1]):
            mask = upsample(features[0, :, :, k], (16, 16))
            if np.ptp(features[0, :, :, k]) == 0:
                continue
            mask = (mask - mask.min()) / np.ptp(mask)
            logits = gap.network().logits(mask[None, :, :, None] * pictures[:1])[0]
            weights[k] = np.exp(logits[1]) / np.exp(logits).sum()
        expected = upsample(np.maximum(features[0] @ weights, 0), (16, 16))
        result = run("scorecam", problem(gap, pictures[:1], [1]))[0]
        np.testing.assert_allclose(result.map, expected, atol=1e-4)

    def test_no_positive_evidence_is_said_not_stretched(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        """Turn f so that every channel that is alive speaks against it: the map is 0 everywhere."""
        features, kernel = self.features(gap, pictures[:1])
        task = problem(gap, pictures[:1], [1])
        rng = np.random.default_rng(0)
        # Grad-CAM's weights are kernel · direction: search one that no cell can make positive.
        tried = rng.normal(size=(20_000, 3)).astype(np.float32)
        against = tried[(features[0] @ (kernel @ tried.T)).max(axis=(0, 1)) < 0]
        assert len(against), "no such direction among those tried"
        task.directions[:] = against[0]
        result = run("gradcam", task)[0]
        assert not result.map.any()
        assert result.diagnostics["positive_evidence"] is False
        task.directions[:] = -against[0]
        assert run("gradcam", task)[0].diagnostics["positive_evidence"] is True


def test_gradcam_plus_plus_does_not_overflow(gap: Runtime, pictures: np.ndarray) -> None:
    task = problem(gap, pictures[:1], [1])
    task.directions[:] *= 1e4  # exp(f) of the paper would be infinite
    huge = run("gradcam++", task)[0].map
    task.directions[:] /= 1e4
    plain = run("gradcam++", task)[0].map
    assert np.isfinite(huge).all()
    assert np.corrcoef(huge.ravel(), plain.ravel())[0, 1] > 0.99


class TestUpsampling:
    def test_centre_of_cell_one_is_pixel_47_and_a_half(self) -> None:
        maps = np.zeros((7, 7), np.float32)
        maps[1, 1] = 1
        up = upsample(maps, (224, 224))
        rows = np.arange(224)
        assert (up.sum(1) @ rows) / up.sum() == pytest.approx(47.5, abs=0.01)

    def test_equals_opencv_and_tensorflow(self) -> None:
        import cv2

        from core.models.tensorflow import tf

        maps = np.random.default_rng(0).random((7, 5), dtype=np.float32)
        ours = upsample(maps, (224, 200))
        np.testing.assert_allclose(
            ours, cv2.resize(maps, (200, 224), interpolation=cv2.INTER_LINEAR), atol=1e-4
        )
        theirs = tf.image.resize(maps[..., None], (224, 200), "bilinear")[..., 0].numpy()
        np.testing.assert_allclose(ours, theirs, atol=1e-5)

    def test_constants_stay_and_nothing_overshoots(self) -> None:
        assert np.allclose(upsample(np.full((3, 4, 4), 2.5, np.float32), (10, 9)), 2.5)
        maps = np.random.default_rng(1).normal(size=(4, 4)).astype(np.float32)
        up = upsample(maps, (64, 64))
        assert up.min() >= maps.min() - 1e-6
        assert up.max() <= maps.max() + 1e-6


class TestIntegratedGradientsOnTheDefaultModel:
    @pytest.fixture(scope="class")
    def result(self, cat: Path) -> object:
        return api.explain(cat, method="integrated_gradients")

    def test_completeness(self, result: object) -> None:
        assert result.completeness_error <= 0.01
        assert result.diagnostics["absolute_defect"] <= 0.10
        assert result.diagnostics["converged"]
        gap = result.diagnostics["f_input"] - result.diagnostics["f_baseline"]
        assert result.map.sum(dtype=np.float64) == pytest.approx(gap, rel=0.011)

    def test_the_score_is_the_logit(self, result: object, cat: Path) -> None:
        logits = api.predict(cat).logits
        assert result.logit == pytest.approx(logits[result.target.index], abs=1e-3)
        assert result.diagnostics["f_input"] == pytest.approx(result.logit, abs=1e-3)

    def test_the_cap_is_kept_and_the_error_told(self, cat: Path) -> None:
        capped = api.explain(
            cat, method="integrated_gradients", parameters={"max_passes": 20, "tolerance": 1e-4}
        )
        assert capped.diagnostics["gradient_passes"] <= 20
        assert not capped.diagnostics["converged"]
        total = capped.map.sum(dtype=np.float64)
        change = capped.diagnostics["f_input"] - capped.diagnostics["f_baseline"]
        assert capped.completeness_error == pytest.approx(abs(change - total) / change, rel=0.01)


@pytest.mark.parametrize("method", ["saliency", "gradcam"])
def test_maps_follow_the_weights(method: str, cat: Path) -> None:
    """Sanity check (Adebayo et al. 2018): random weights give an unrelated map."""
    seen = images.to_input(images.open_picture(cat), shape=(224, 224, 3)).tensor()[None]
    trained = runtime(ModelRef("efficientnet_lite0"))
    random = runtime(ModelRef("efficientnet_lite0", "random"), seed=1)
    target = int(trained.logits(seen).argmax())
    a, b = (run(method, problem(model, seen, [target]))[0].map for model in (trained, random))
    assert a.any()
    assert b.any()
    assert abs(spearmanr(a.ravel(), b.ravel()).statistic) < 0.5
