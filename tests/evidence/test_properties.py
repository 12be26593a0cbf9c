"""Values known from theory: additive models, constant maps, hand-made masks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.errors import InputError
from core.evidence.average import AverageDrop, AverageGain, AverageIncrease
from core.evidence.complexity import entropy, gini
from core.evidence.correlation import rank_correlation
from core.evidence.curves import MODES, area, curve_pictures, measure_curves
from core.evidence.mufidelity import MuFidelity
from core.evidence.order import descending
from core.evidence.picture.infidelity import Infidelity
from core.evidence.picture.localisation import PointingGame, RelevanceMass, RelevanceRank
from core.evidence.picture.road import Road, RoadLerf, RoadMorf, impute, neighbour_system
from core.evidence.stability import InputStability, SeedStability, SensitivityMax
from core.modalities.picture.removal import blurred
from core.models.zoo import CAFFE, SYMMETRIC, Affine
from tests.evidence.evaluated_maps import SIDE, Linear, evaluated, picture, weights


@pytest.fixture
def additive() -> tuple[Linear, np.ndarray]:
    """A model that only adds, and the exact contribution of each pixel."""
    model = Linear(weights())
    return model, (model.weights * picture()).sum(axis=-1)


class TestCurves:
    @pytest.mark.parametrize("preset", ["rise", "rise-full", "xplique"])
    def test_the_true_attribution_is_the_best_there_is(
        self, additive: tuple[Linear, np.ndarray], preset: str
    ) -> None:
        """Whatever is replaced first, the exact order loses most at every step."""
        model, truth = additive
        rng = np.random.default_rng(4)
        rivals = {f"r{i}": rng.normal(size=truth.shape) for i in range(8)}
        rivals |= {"worst": -truth, "noisy": truth + 0.02 * rng.normal(size=truth.shape)}
        task = evaluated(model, truth, preset_id=preset)
        curves = measure_curves(task, {"truth": truth, **rivals}, ("deletion",))
        best = curves["truth", "deletion"]
        for name in rivals:
            other = curves[name, "deletion"]
            assert (best.scores <= other.scores + 1e-6).all()
            # With 224 of 256 pixels a step (rise-full) the curve has one inner point.
            assert best.auc < other.auc

    def test_insertion_of_the_truth_is_the_best(self) -> None:
        """Into a blur, the pixel that adds most is the one with the largest w·(x − blur)."""
        model, x = Linear(weights()), picture()
        truth = (model.weights * (x - blurred(x, np.zeros(3, np.float32)))).sum(axis=-1)
        task = evaluated(model, truth)
        others = {f"r{i}": np.random.default_rng(i).normal(size=truth.shape) for i in range(8)}
        curves = measure_curves(task, {"truth": truth, **others}, ("insertion",))
        best = curves["truth", "insertion"].auc
        assert all(curves[name, "insertion"].auc < best for name in others)

    def test_ends_and_fractions(self, additive: tuple[Linear, np.ndarray]) -> None:
        model, truth = additive
        task = evaluated(model, truth)
        curves = measure_curves(task, {"map": truth})
        whole, black = task.probability, 0.5  # f = 0 against a logit of 0
        deletion, insertion = curves["map", "deletion"], curves["map", "insertion"]
        assert deletion.fractions[0] == 0
        assert deletion.fractions[-1] == 1
        assert deletion.scores[0] == insertion.scores[-1] == pytest.approx(whole)
        assert deletion.scores[-1] == pytest.approx(black, abs=1e-6)
        assert len(deletion.scores) == 11

    def test_area_is_the_trapezoid(self) -> None:
        scores = np.random.default_rng(0).random(12)
        assert area(scores) == pytest.approx(np.trapezoid(scores, dx=1 / 11))
        assert area(np.full(5, 0.3)) == pytest.approx(0.3)

    def test_pictures_change_the_highest_pixels_only(self) -> None:
        model, x = Linear(weights()), picture()
        ranks = np.random.default_rng(2).permutation(SIDE * SIDE).reshape(SIDE, SIDE)
        task = evaluated(model, ranks, zero=np.array([0.1, 0.2, 0.3], np.float32), x=x)
        shown = curve_pictures(task, descending(task.map), "deletion")
        assert len(shown) == 11
        for i, each in enumerate(shown):
            count = int(np.linspace(0, SIDE * SIDE, 11)[i])
            gone = ranks >= SIDE * SIDE - count
            np.testing.assert_array_equal(each[~gone], x[~gone])
            np.testing.assert_allclose(each[gone], np.tile([0.1, 0.2, 0.3], (count, 1)), atol=1e-6)

    def test_insertion_ends_at_the_picture(self) -> None:
        x = picture()
        task = evaluated(Linear(weights()), x.mean(axis=-1), x=x)
        shown = curve_pictures(task, descending(task.map), "insertion")
        np.testing.assert_allclose(shown[0], blurred(x, task.zero))
        np.testing.assert_array_equal(shown[-1], x)
        for before, after in pairwise(shown):
            assert (after == x).all(axis=-1).sum() > (before == x).all(axis=-1).sum()

    def test_maps_share_the_passes_of_their_ends(self) -> None:
        model = Linear(weights())
        maps = {f"m{i}": np.random.default_rng(i).random((SIDE, SIDE)) for i in range(7)}
        task = evaluated(model, maps["m0"])
        measure_curves(task, maps)
        assert task.passes.spent == 7 * 2 * 9 + 2 + 1

    def test_together_and_alone_are_the_same(self) -> None:
        model = Linear(weights())
        maps = {f"m{i}": np.random.default_rng(i).random((SIDE, SIDE)) for i in range(5)}
        together = measure_curves(evaluated(model, maps["m0"]), maps)
        for name, values in maps.items():
            alone = measure_curves(evaluated(model, values), {name: values})
            for mode in MODES:
                np.testing.assert_allclose(
                    alone[name, mode].scores, together[name, mode].scores, atol=1e-6
                )

    def test_equal_values_go_in_reading_order(self) -> None:
        np.testing.assert_array_equal(descending(np.array([[1.0, 2.0], [2.0, 1.0]])), [1, 2, 0, 3])
        np.testing.assert_array_equal(descending(np.zeros((3, 3))), range(9))

    def test_a_contrast_is_measured_between_its_two_classes(self) -> None:
        class Three(Linear):
            def logits(self, batch: np.ndarray) -> np.ndarray:
                two = super().logits(batch)
                return np.concatenate([two, np.full((len(batch), 1), 50.0, np.float32)], axis=1)

        truth = weights().sum(axis=-1)
        task = evaluated(Three(weights()), truth, direction=np.array([1, -1, 0], np.float32))
        assert task.probability == pytest.approx(1 / (1 + np.exp(-task.f)), rel=1e-5)
        assert "against" in task.score_text


class TestReplacement:
    @pytest.mark.parametrize("affine", [CAFFE, SYMMETRIC, Affine((127, 127, 127), (128, 128, 128))])
    def test_the_zero_pixel_becomes_zero(self, affine: Affine) -> None:
        pixel = affine.zero * 255
        ordered = pixel[::-1] if affine.order == "bgr" else pixel
        done = (ordered - np.array(affine.mean)) / np.array(affine.scale)
        np.testing.assert_allclose(done, 0, atol=1e-4)

    def test_the_blur_is_that_of_rise(self) -> None:
        """The authors' kernel (a dirac under scipy's filter) over the zero-padded picture."""
        from scipy.ndimage import gaussian_filter
        from scipy.signal import convolve2d

        x, zero = picture(), np.array([0.2, 0.4, 0.6], np.float32)
        dirac = np.zeros((11, 11))
        dirac[5, 5] = 1
        kernel = gaussian_filter(dirac, 5)
        for channel in range(3):
            expected = convolve2d(x[..., channel] - zero[channel], kernel, mode="same")
            np.testing.assert_allclose(
                blurred(x, zero)[..., channel], expected + zero[channel], atol=1e-5
            )


class TestFidelity:
    def test_mufidelity_of_the_truth_is_one(self, additive: tuple[Linear, np.ndarray]) -> None:
        model, truth = additive
        score = MuFidelity().measure(evaluated(model, truth))
        assert score.value == pytest.approx(1, abs=1e-4)
        assert MuFidelity().measure(evaluated(model, -truth)).value == pytest.approx(-1, abs=1e-4)
        noise = np.random.default_rng(9).normal(size=truth.shape)
        unrelated = MuFidelity().measure(evaluated(model, noise))
        assert abs(unrelated.value) < 0.7
        assert unrelated.low < unrelated.value < unrelated.high

    def test_mufidelity_takes_whole_cells_of_the_stated_number(self) -> None:
        """A model that counts black cells sees the same number in every subset."""
        side = 18
        counting = Linear(np.ones((side, side, 3)))
        x = np.ones((side, side, 3), np.float32)
        score = MuFidelity().measure(
            evaluated(counting, np.arange(side**2.0).reshape(side, side), x)
        )
        assert score.value is None
        assert "do not vary" in score.reason

    def test_infidelity_of_the_gradient_is_zero(self) -> None:
        model = Linear(weights())
        gradient = model.weights.sum(axis=-1)
        assert Infidelity().measure(evaluated(model, gradient)).value == pytest.approx(0, abs=1e-6)
        assert Infidelity().measure(evaluated(model, 7 * gradient)).value < 1e-6
        noise = np.random.default_rng(9).normal(size=gradient.shape)
        assert Infidelity().measure(evaluated(model, noise)).value > 0.5


class TestThroughTheMap:
    def test_a_full_map_loses_and_gains_nothing(self) -> None:
        task = evaluated(Linear(weights()), np.full((SIDE, SIDE), 3.0))
        assert AverageDrop().measure(task).value == pytest.approx(0, abs=1e-6)
        assert AverageIncrease().measure(task).value == 0
        assert AverageGain().measure(task).value == pytest.approx(0, abs=1e-6)

    def test_showing_only_what_speaks_for_the_class(self) -> None:
        model = Linear(weights())
        good = (model.weights * picture()).sum(axis=-1) > 0
        task = evaluated(model, good)
        shown = float(model.logits((picture() * good[..., None])[None])[0, 0])
        p, seen = task.probability, 1 / (1 + np.exp(-shown))
        assert AverageIncrease().measure(task).value == 1
        assert AverageDrop().measure(task).value == 0
        assert AverageGain().measure(task).value == pytest.approx((seen - p) / (1 - p), rel=1e-4)

    def test_drop_is_the_share_lost(self) -> None:
        model = Linear(weights())
        bad = (model.weights * picture()).sum(axis=-1) < 0
        task = evaluated(model, bad)
        shown = float(model.logits((picture() * bad[..., None])[None])[0, 0])
        p, seen = task.probability, 1 / (1 + np.exp(-shown))
        assert AverageDrop().measure(task).value == pytest.approx((p - seen) / p, rel=1e-4)


class TestComplexity:
    def test_gini(self) -> None:
        assert gini(np.full((7, 7), 2.0)) == pytest.approx(0)
        one = np.zeros((5, 4))
        one[2, 1] = -3
        assert gini(one) == pytest.approx(1 - 1 / 20)
        values = np.random.default_rng(0).random(40)
        pairs = np.abs(values[:, None] - values[None]).sum()
        assert gini(values) == pytest.approx(pairs / (2 * 40 * values.sum()))

    def test_entropy(self) -> None:
        assert entropy(np.full((6, 5), 0.1)) == pytest.approx(np.log(30))
        one = np.zeros(9)
        one[4] = 2
        assert entropy(one) == 0


class TestLocalisation:
    @staticmethod
    def mask() -> np.ndarray:
        mask = np.zeros((SIDE, SIDE), bool)
        mask[4:8, 4:8] = True
        return mask

    def test_a_map_on_the_object(self) -> None:
        task = evaluated(Linear(weights()), self.mask().astype(float), mask=self.mask())
        for metric in (PointingGame, RelevanceMass, RelevanceRank):
            assert metric().measure(task).value == 1

    def test_a_map_beside_the_object(self) -> None:
        away = np.zeros((SIDE, SIDE))
        away[12:, 12:] = 1
        task = evaluated(Linear(weights()), away, mask=self.mask())
        for metric in (PointingGame, RelevanceMass, RelevanceRank):
            assert metric().measure(task).value == 0

    def test_shares(self) -> None:
        map_ = np.full((SIDE, SIDE), -5.0)  # what speaks against counts nowhere
        map_[4:8, 4:6] = 3
        map_[0, :4] = 6
        task = evaluated(Linear(weights()), map_, mask=self.mask())
        assert RelevanceMass().measure(task).value == pytest.approx(24 / 48)
        # 16 highest: 4 outside, 8 inside, then 4 of the equal rest, in reading order: row 0.
        assert RelevanceRank().measure(task).value == pytest.approx(8 / 16)
        assert PointingGame().measure(task).value == 0

    def test_pointing_tolerates_a_near_miss(self) -> None:
        """15 of 224 pixels is 1 of 16: beside the object hits, two away does not."""
        for column, hit in ((8, 1.0), (9, 0.0)):
            map_ = np.zeros((SIDE, SIDE))
            map_[5, column] = 1
            task = evaluated(Linear(weights()), map_, mask=self.mask())
            assert PointingGame().measure(task).value == hit

    @pytest.mark.parametrize(
        ("mask", "words"),
        [
            (np.zeros((SIDE, SIDE), bool), "empty"),
            (np.ones((SIDE, SIDE + 1), bool), f"{SIDE} × {SIDE} pixels"),
            (np.ones((SIDE, SIDE), int), "true and false"),
        ],
    )
    def test_a_mask_that_says_nothing_is_refused(self, mask: np.ndarray, words: str) -> None:
        with pytest.raises(InputError, match=words):
            evaluated(Linear(weights()), np.ones((SIDE, SIDE)), mask=mask)

    def test_a_mask_that_covers_everything_judges_nothing(self) -> None:
        everything = np.ones((SIDE, SIDE), bool)
        task = evaluated(Linear(weights()), self.mask(), mask=everything)
        score = RelevanceMass().measure(task)
        assert score.value is None
        assert "whole picture" in score.reason


class TestRoad:
    def test_imputation_solves_the_dense_system(self) -> None:
        rng = np.random.default_rng(3)
        x, removed = picture()[:9, :8], rng.random((9, 8)) < 0.6
        matrix, right = neighbour_system(x, removed)
        dense = matrix.toarray()
        expected = np.linalg.solve(dense, right)
        filled = impute(x, removed, rng, sigma=0.0)
        np.testing.assert_allclose(filled[removed], expected, atol=1e-6)
        np.testing.assert_array_equal(filled[~removed], x[~removed])

    def test_every_imputed_pixel_is_the_mean_of_its_neighbours(self) -> None:
        rng = np.random.default_rng(3)
        x, removed = picture(), rng.random((SIDE, SIDE)) < 0.5
        filled = impute(x, removed, rng, sigma=0.0)
        for row, column in np.argwhere(removed):
            total, weight = np.zeros(3), 0.0
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    y, x_ = row + dy, column + dx
                    if (dy or dx) and 0 <= y < SIDE and 0 <= x_ < SIDE:
                        share = 1 / 6 if 0 in (dy, dx) else 1 / 12
                        total += share * filled[y, x_]
                        weight += share
            np.testing.assert_allclose(filled[row, column], total / weight, atol=1e-5)

    def test_a_plane_is_restored(self) -> None:
        """What is linear comes back exactly, away from the border."""
        plane = np.linspace(0.1, 0.9, SIDE)[:, None, None] * np.ones((1, SIDE, 3))
        removed = np.zeros((SIDE, SIDE), bool)
        removed[4:11, 5:12] = True
        filled = impute(plane, removed, np.random.default_rng(0), sigma=0.0)
        np.testing.assert_allclose(filled, plane, atol=1e-6)

    def test_noise_has_the_stated_size(self) -> None:
        grey = np.full((64, 64, 3), 0.5)
        removed = np.random.default_rng(1).random((64, 64)) < 0.5
        filled = impute(grey, removed, np.random.default_rng(0))
        assert filled[removed].std() == pytest.approx(0.01, rel=0.1)

    def test_what_matters_most_costs_most(self) -> None:
        model = Linear(weights(scale=0.2))
        smooth = np.full((SIDE, SIDE, 3), 0.5, np.float32)
        smooth[4:9, 4:9] = 1.0
        model.weights[:] = 0
        model.weights[4:9, 4:9] = 0.2
        task = evaluated(model, model.weights.sum(axis=-1), smooth)
        most, least = RoadMorf().measure(task).value, RoadLerf().measure(task).value
        assert least > most
        assert Road().measure(task).value == pytest.approx((least - most) / 2, abs=1e-3)


class TestStability:
    def test_a_constant_explanation_does_not_move(self) -> None:
        ones = np.ones((SIDE, SIDE), np.float32)
        task = evaluated(
            Linear(weights()), ones, remap=lambda x, seed: np.repeat(ones[None], len(x), axis=0)
        )
        assert SensitivityMax().measure(task).value == 0
        assert InputStability().measure(task).value == 1

    def test_sensitivity_of_the_picture_itself(self) -> None:
        """map(x) = red channel: the change is the noise, uniform in ±r, so at most r·√d."""
        x = picture() * 0.8 + 0.05
        task = evaluated(Linear(weights()), x[..., 0], x, remap=lambda p, seed: p[..., 0])
        value = SensitivityMax(radius=0.02).measure(task).value
        scale = np.linalg.norm(x[..., 0])
        assert value <= 0.02 * SIDE / scale
        assert value == pytest.approx(0.02 / 3**0.5 * SIDE / scale, rel=0.1)

    def test_seeds(self) -> None:
        def remap(pictures: np.ndarray, seed: int) -> np.ndarray:
            return np.random.default_rng(seed).random((len(pictures), SIDE, SIDE))

        model, drawn = Linear(weights()), remap(picture()[None], 0)[0]
        noisy = SeedStability().measure(evaluated(model, drawn, remap=remap, draws=True))
        assert abs(noisy.value) < 0.2
        fixed = evaluated(model, drawn, remap=remap, draws=False)
        assert SeedStability().measure(fixed).value is None
        assert "random" in SeedStability().measure(fixed).reason

    def test_rank_correlation(self) -> None:
        rng = np.random.default_rng(0)
        a, b = rng.integers(0, 5, (2, 12, 12)).astype(float)  # with many ties
        assert rank_correlation(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
        assert rank_correlation(a, np.exp(a)) == pytest.approx(1)
        assert rank_correlation(np.ones(4), np.ones(4)) == 1
        assert rank_correlation(np.ones(4), np.arange(4.0)) == 0
