"""CAMs beyond Grad-CAM: brute force, NumPy's decomposition, and what each promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.control import LocalControl
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.modalities.picture.resample import upsample
from core.models.runtime import Runtime, runtime
from core.saliency.base import Attribution, Problem
from core.saliency.registry import METHODS


def run(
    method: str, model: Runtime, pictures: np.ndarray, targets: list[int], **given: object
) -> list[Attribution]:
    chosen = METHODS[method]
    values = {p.name: p.default for p in PICTURE.parameters(chosen.parameters)} | given
    directions = np.eye(model.n_classes, dtype=np.float32)[targets]
    return chosen().explain(
        Problem(model, pictures, directions, None, 0, LocalControl(), PICTURE), values
    )


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(3).random((2, 16, 16, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def gap(toys: None) -> Runtime:
    return runtime(ModelRef("toy_gap"))


@pytest.fixture(scope="module")
def default() -> Runtime:
    return runtime(ModelRef("efficientnet_lite0"))


@pytest.fixture(scope="module")
def seen(cat: Path) -> np.ndarray:
    return images.to_input(images.open_picture(cat), shape=(224, 224, 3)).tensor()[None]


class TestHiResCam:
    def test_the_shares_add_up_to_the_logit_without_its_bias(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        bias = gap.network().model.get_layer("out").bias.numpy()
        for target in range(3):
            for i, result in enumerate(run("hirescam", gap, pictures, [target, target])):
                logit = gap.network().logits(pictures[i : i + 1])[0, target]
                total = result.diagnostics["sum_of_shares"]
                assert total == pytest.approx(logit - bias[target], abs=1e-4)

    def test_so_it_does_on_the_default_model(self, default: Runtime, seen: np.ndarray) -> None:
        bias = default.network().model.get_layer("logits").bias.numpy()
        logits = default.network().logits(seen)[0]
        target = int(logits.argmax())
        result = run("hirescam", default, seen, [target])[0]
        assert result.diagnostics["sum_of_shares"] == pytest.approx(
            logits[target] - bias[target], abs=1e-3
        )

    def test_behind_pooling_it_is_gradcam(self, gap: Runtime, pictures: np.ndarray) -> None:
        ours = run("hirescam", gap, pictures, [0, 1])
        for a, b in zip(ours, run("gradcam", gap, pictures, [0, 1]), strict=True):
            np.testing.assert_allclose(a.map, b.map, atol=1e-5)


class TestEigenCam:
    def test_equals_the_decomposition_of_numpy(self, gap: Runtime, pictures: np.ndarray) -> None:
        """Here with more cells than channels …"""
        self.check(run("eigencam", gap, pictures, [0, 0]), gap.features(pictures)[1], (16, 16))

    def test_on_the_default_model(self, default: Runtime, seen: np.ndarray) -> None:
        """… and here with more channels than cells."""
        self.check(run("eigencam", default, seen, [0]), default.features(seen)[1], (224, 224))

    @staticmethod
    def check(results: list[Attribution], features: np.ndarray, size: tuple[int, int]) -> None:
        for result, one in zip(results, features, strict=True):
            u, s, _ = np.linalg.svd(one.reshape(-1, one.shape[-1]), full_matrices=False)
            expected = np.abs(u[:, 0] * s[0]).reshape(one.shape[:2]).astype(np.float32)
            np.testing.assert_allclose(result.map, upsample(expected, size), rtol=1e-3, atol=1e-3)
            share = s[0] ** 2 / np.square(s).sum()
            assert result.diagnostics["share_explained"] == pytest.approx(share, rel=1e-4)

    def test_it_knows_no_class(self, default: Runtime, seen: np.ndarray) -> None:
        maps = [run("eigencam", default, seen, [target])[0] for target in (281, 7)]
        np.testing.assert_array_equal(maps[0].map, maps[1].map)
        assert maps[0].diagnostics["class_agnostic"] is True


class TestAblationCam:
    @pytest.mark.parametrize("target", [0, 1, 2])
    def test_weights_by_brute_force(self, gap: Runtime, pictures: np.ndarray, target: int) -> None:
        """Each channel's kernel and bias set to 0 in turn, through the whole network."""
        model = gap.network().model
        layer = model.get_layer("features")
        kernel, bias = (value.numpy().copy() for value in layer.weights)
        one = pictures[:1]
        whole = float(model(one, training=False).numpy()[0, target])
        features = gap.network().features(one, "features")[1][0]
        weights = np.zeros(features.shape[-1], np.float32)
        for k in range(len(weights)):
            without, none = kernel.copy(), bias.copy()
            without[..., k], none[k] = 0, 0
            layer.set_weights([without, none])
            weights[k] = (whole - float(model(one, training=False).numpy()[0, target])) / abs(whole)
        layer.set_weights([kernel, bias])
        expected = upsample(np.maximum(features @ weights, 0), (16, 16))
        result = run("ablationcam", gap, one, [target])[0]
        np.testing.assert_allclose(result.map, expected, atol=1e-4)

    def test_behind_pooling_it_is_gradcam_over_the_score(
        self, default: Runtime, seen: np.ndarray
    ) -> None:
        """There (f − fₖ) is the mean feature times its weight, and Grad-CAM has the weight alone;
        so weights differ, but a channel's sign does not."""
        result = run("ablationcam", default, seen, [281])[0]
        assert result.diagnostics["channels"] == 1280
        _, features = default.features(seen)
        kernel = default.network().model.get_layer("logits").kernel.numpy()[:, 281]
        f = float(default.network().logits(seen)[0, 281])
        weights = features[0].mean(axis=(0, 1)) * kernel / f
        expected = upsample(np.maximum(features[0] @ weights, 0), (224, 224))
        np.testing.assert_allclose(result.map, expected, atol=1e-3 * expected.max())

    def test_a_negative_score_does_not_turn_the_map_round(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        logits = gap.network().logits(pictures[:1])[0]
        target = int(logits.argmin())
        assert logits[target] < 0
        result = run("ablationcam", gap, pictures[:1], [target])[0]
        cam = run("gradcam", gap, pictures[:1], [target])[0]
        assert result.map[cam.map > 0.5 * cam.map.max()].mean() > result.map.mean()


def test_head_logits_are_the_logits(default: Runtime, seen: np.ndarray) -> None:
    for layer in ("block4_add", "head_activation"):
        logits, features = default.features(seen, layer)
        np.testing.assert_allclose(default.head_logits(features, layer), logits, atol=1e-3)


class TestScoreCamChannels:
    def test_the_choice_is_named_and_the_rest_is_left_out(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        every = run("scorecam", gap, pictures[:1], [1], channels=0)[0]
        enough = run("scorecam", gap, pictures[:1], [1], channels=6)[0]
        few = run("scorecam", gap, pictures[:1], [1], channels=2)[0]
        np.testing.assert_array_equal(every.map, enough.map)
        assert every.diagnostics["selection"] == "all that vary"
        assert few.diagnostics["channels_tried"] == 2
        assert few.diagnostics["selection"] == "largest variance"
        assert not np.allclose(few.map, every.map)

    @pytest.mark.slow
    def test_the_default_stands_for_all(self, default: Runtime, seen: np.ndarray) -> None:
        target = int(default.logits(seen).argmax())
        every = run("scorecam", default, seen, [target], channels=0)[0]
        some = run("scorecam", default, seen, [target])[0]
        assert some.diagnostics["channels_tried"] == 256
        assert every.diagnostics["channels_tried"] > 400
        assert np.corrcoef(every.map.ravel(), some.map.ravel())[0, 1] > 0.998
