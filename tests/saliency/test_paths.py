"""Integrals along paths: what linear models and completeness prescribe, by every baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import UnknownNameError
from core.modalities.picture import images
from core.modalities.picture.backgrounds import BACKGROUNDS
from core.modalities.picture.baselines import AVERAGED, BASELINES, baseline, blur
from core.modalities.picture.modality import PICTURE
from core.models.runtime import Runtime, runtime
from core.saliency.base import Attribution, Problem
from core.saliency.guided_ig import advance
from core.saliency.picture.blur_ig import BlurPath
from core.saliency.picture.xrai import grow, segments
from core.saliency.registry import METHODS


def run(
    method: str, model: Runtime, pictures: np.ndarray, targets: list[int], **given: object
) -> list[Attribution]:
    chosen = METHODS[method]
    values = {p.name: p.default for p in PICTURE.parameters(chosen.parameters)} | given
    directions = np.eye(model.n_classes, dtype=np.float32)[targets]
    return chosen().explain(
        Problem(model, pictures, directions, None, 5, LocalControl(), PICTURE), values
    )


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(3).random((2, 16, 16, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def linear(toys: None) -> Runtime:
    return runtime(ModelRef("toy_linear"))


@pytest.fixture(scope="module")
def gap(toys: None) -> Runtime:
    return runtime(ModelRef("toy_gap"))


@pytest.fixture(scope="module")
def weight(linear: Runtime) -> np.ndarray:
    """The weight of class 1, so that gradient = weight and IG = weight ⊙ (x − x′)."""
    return linear.network().model.get_layer("out").kernel.numpy().T.reshape(3, 16, 16, 3)[1]


@pytest.fixture(scope="module")
def seen(cat: Path) -> np.ndarray:
    return images.to_input(images.open_picture(cat), shape=(224, 224, 3)).tensor()[None]


def score(model: Runtime, picture: np.ndarray, target: int = 1) -> float:
    return float(model.network().logits(picture[None])[0, target])


class TestBaselines:
    def test_they_are_pictures_of_their_own(self, pictures: np.ndarray) -> None:
        picture = pictures[0].copy()
        for name in BASELINES:
            made = baseline(name, picture, seed=1)
            assert made.shape == picture.shape
            assert made.dtype == np.float32
            assert 0 <= made.min() <= made.max() <= 1
            assert made.flags.writeable
            made[:] = 9
        np.testing.assert_array_equal(picture, pictures[0])

    def test_mean_and_blur_keep_the_colour(self, pictures: np.ndarray) -> None:
        for name in ("mean", "blur"):
            made = baseline(name, pictures[0], seed=0)
            np.testing.assert_allclose(made.mean((0, 1)), pictures[0].mean((0, 1)), atol=0.02)
            assert made.std() < 0.5 * pictures[0].std()

    def test_noise_depends_on_the_seed_alone(self, pictures: np.ndarray) -> None:
        a, b, c = (baseline("noise", pictures[i], seed=s) for i, s in ((0, 1), (1, 1), (0, 2)))
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)

    @pytest.mark.parametrize("sigma", [0.7, 3.0, 40.0])
    def test_the_blur_is_the_gaussian_of_scipy(self, pictures: np.ndarray, sigma: float) -> None:
        from scipy.ndimage import gaussian_filter

        expected = gaussian_filter(pictures[0], (sigma, sigma, 0), mode="reflect")
        np.testing.assert_allclose(blur(pictures[0], sigma), expected, atol=1e-5)

    def test_an_unknown_one_is_named(self, pictures: np.ndarray) -> None:
        with pytest.raises(UnknownNameError, match=r"'pink'.*black, white"):
            baseline("pink", pictures[0], seed=0)


class TestIntegratedGradients:
    @pytest.mark.parametrize("name", [*BASELINES])
    def test_linear_model(
        self, linear: Runtime, pictures: np.ndarray, weight: np.ndarray, name: str
    ) -> None:
        result = run("integrated_gradients", linear, pictures[:1], [1], baseline=name)[0]
        start = baseline(name, pictures[0], seed=5)
        expected = (weight * (pictures[0] - start)).sum(-1)
        np.testing.assert_allclose(result.map, expected, atol=1e-4)
        assert result.diagnostics["f_baseline"] == pytest.approx(score(linear, start), abs=1e-4)

    def test_the_average_is_the_mean_map_and_names_each(
        self, linear: Runtime, pictures: np.ndarray
    ) -> None:
        result = run("integrated_gradients", linear, pictures[:1], [1], baseline="average")[0]
        single = [
            run("integrated_gradients", linear, pictures[:1], [1], baseline=name)[0]
            for name in AVERAGED
        ]
        np.testing.assert_allclose(
            result.map, np.mean([one.map for one in single], axis=0), atol=1e-5
        )
        for name, one in zip(AVERAGED, single, strict=True):
            told = result.diagnostics[f"f_baseline_{name}"]
            assert told == pytest.approx(one.diagnostics["f_baseline"], abs=1e-5)
        assert result.diagnostics["gradient_passes"] == 17 * len(AVERAGED)


class TestIdgi:
    @pytest.mark.parametrize("n_steps", [1, 7, 16, 33])
    @pytest.mark.parametrize("name", [*BASELINES, "average"])
    def test_the_shares_add_up_exactly(
        self, gap: Runtime, pictures: np.ndarray, name: str, n_steps: int
    ) -> None:
        for i, result in enumerate(
            run("idgi", gap, pictures, [1, 1], baseline=name, n_steps=n_steps)
        ):
            names = AVERAGED if name == "average" else (name,)
            starts = [score(gap, baseline(n, pictures[i], seed=5)) for n in names]
            expected = score(gap, pictures[i]) - np.mean(starts)
            assert result.map.sum(dtype=np.float64) == pytest.approx(expected, abs=1e-4)
            assert result.completeness_error < 1e-4

    def test_linear_model(self, linear: Runtime, pictures: np.ndarray, weight: np.ndarray) -> None:
        """One gradient everywhere: w² / Σ w² of the whole change, at any number of steps."""
        result = run("idgi", linear, pictures[:1], [1], n_steps=5)[0]
        change = (weight * pictures[0]).sum()
        squares = np.square(weight).sum(-1)
        np.testing.assert_allclose(result.map, change * squares / squares.sum(), atol=1e-5)

    def test_one_step_is_the_definition(self, gap: Runtime, pictures: np.ndarray) -> None:
        start = baseline("white", pictures[0], seed=0)
        directions = np.eye(3, dtype=np.float32)[[1]]
        g = gap.gradient(start[None], directions)[1][0]
        change = score(gap, pictures[0]) - score(gap, start)
        expected = change * np.square(g).sum(-1) / np.square(g).sum()
        result = run("idgi", gap, pictures[:1], [1], baseline="white", n_steps=1)[0]
        np.testing.assert_allclose(result.map, expected, atol=1e-5)


def complete(found: Attribution) -> None:
    """The map adds up to what the score changes by along the path."""
    figures = found.diagnostics
    assert figures["converged"]
    change = figures["f_input"] - figures["f_baseline"]
    assert found.map.sum(dtype=np.float64) == pytest.approx(change, rel=0.011)


class TestBlurIg:
    def test_the_path_and_its_derivative(self, pictures: np.ndarray) -> None:
        picture = np.random.default_rng(0).random((48, 40, 3), dtype=np.float32)
        path = BlurPath(picture, 12.0)
        np.testing.assert_allclose(path.point(1.0)[0], picture, atol=1e-5)
        for t in (0.0, 0.3, 0.5):  # wide enough for the sampled Gaussian to be exact
            point, derivative = path.point(t)
            np.testing.assert_allclose(point, blur(picture, 12 * (1 - t) ** 2), atol=1e-3)
            h = 1e-2
            slope = (path.point(t + h)[0] - path.point(t - h)[0]) / (2 * h)
            np.testing.assert_allclose(derivative, slope, atol=0.02 * np.abs(slope).max())

    def test_linear_model(self, linear: Runtime, pictures: np.ndarray, weight: np.ndarray) -> None:
        result = run("blur_ig", linear, pictures[:1], [1], max_passes=200)[0]
        start = BlurPath(pictures[0], 0.2 * 16).point(0.0)[0]
        expected = (weight * (pictures[0] - start)).sum(-1)
        np.testing.assert_allclose(result.map, expected, atol=0.03 * np.abs(expected).max())

    def test_completeness(self, gap: Runtime, pictures: np.ndarray) -> None:
        complete(run("blur_ig", gap, pictures[:1], [1])[0])

    @pytest.mark.slow
    def test_completeness_on_the_default_model(self, seen: np.ndarray) -> None:
        complete(run("blur_ig", runtime(ModelRef("efficientnet_lite0")), seen, [281])[0])


class TestGuidedIg:
    def test_linear_model(self, linear: Runtime, pictures: np.ndarray, weight: np.ndarray) -> None:
        """The gradient is the same everywhere, so the path does not matter."""
        result = run("guided_ig", linear, pictures[:1], [1], baseline="grey", n_steps=10)[0]
        expected = (weight * (pictures[0] - 0.5)).sum(-1)
        np.testing.assert_allclose(result.map, expected, atol=1e-4)
        assert result.diagnostics["gradient_passes"] == 11

    def test_without_leave_to_stray_it_is_integrated_gradients(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        strict = {"tolerance": 1e-4, "max_passes": 400}
        ours = run("guided_ig", gap, pictures[:1], [1], max_distance=0.0, n_steps=16, **strict)
        plain = run("integrated_gradients", gap, pictures[:1], [1], **strict)
        np.testing.assert_allclose(
            ours[0].map, plain[0].map, atol=0.01 * np.abs(plain[0].map).max()
        )

    def test_completeness(self, gap: Runtime, pictures: np.ndarray) -> None:
        result = run("guided_ig", gap, pictures[:1], [1], max_distance=0.2)[0]
        change = score(gap, pictures[0]) - score(gap, np.zeros_like(pictures[0]))
        assert result.diagnostics["converged"]
        assert result.map.sum(dtype=np.float64) == pytest.approx(change, rel=0.011)

    @pytest.mark.parametrize("fraction", [0.05, 0.25, 1.0])
    def test_a_step_goes_its_way_and_moves_the_flattest_first(self, fraction: float) -> None:
        rng = np.random.default_rng(2)
        way, steepness = rng.random(400), rng.random(400)
        way[:20] = 0
        at = np.zeros(400)
        for t in (0.1, 0.3, 0.35, 0.9, 1.0):
            low, high = max(t - 0.2, 0), min(t + 0.2, 1)
            before = at
            at = advance(before, way, steepness, t, (low, high), fraction=fraction)
            assert at @ way == pytest.approx(t * way.sum(), rel=1e-9)
            moving = way > 0
            assert (at[moving] >= low - 1e-12).all()
            assert (at[moving] <= high + 1e-12).all()
            ahead = moving & (at > np.maximum(before, low) + 1e-12)
            waits = moving & ~ahead & (np.maximum(before, low) < high)
            if ahead.any() and waits.any():
                assert steepness[ahead].max() <= steepness[waits].min()


class TestExpectedGradients:
    @pytest.mark.parametrize("background", [*BACKGROUNDS])
    def test_linear_model(
        self, linear: Runtime, pictures: np.ndarray, weight: np.ndarray, background: str
    ) -> None:
        """Exact for the mean of the baselines drawn, wherever on their paths."""
        result = run(
            "expected_gradients", linear, pictures[:1], [1], background=background, n_samples=20
        )[0]
        rng = np.random.default_rng(5)
        rng.permutation(20), rng.random(20)
        drawn = np.mean([BACKGROUNDS[background](pictures[0], rng) for _ in range(20)], axis=0)
        expected = (weight * (pictures[0] - drawn)).sum(-1)
        np.testing.assert_allclose(result.map, expected, atol=1e-3)
        assert result.completeness_error < 1e-3

    def test_the_error_shrinks_with_the_draws(self, gap: Runtime, pictures: np.ndarray) -> None:
        def distance(n: int) -> float:
            result = run("expected_gradients", gap, pictures[:1], [1], n_samples=n)[0]
            figures = result.diagnostics
            change = figures["f_input"] - figures["f_baseline"]
            off = abs(result.map.sum(dtype=np.float64) - change)
            assert result.completeness_error == pytest.approx(off / abs(change), rel=1e-3)
            return off

        assert distance(300) < min(0.02, distance(4))


class TestXrai:
    def test_regions_keep_the_sum_and_come_from_the_highest_mean_down(self) -> None:
        """By hand: four columns, overlapping masks."""
        pixels = np.tile(np.array([4.0, 2.0, -1.0, 0.0], np.float32), (3, 1))
        masks = np.zeros((3, 3, 4), bool)
        masks[0, :, :2] = True  # mean 3
        masks[1, :, 0] = True  # mean 4: first
        masks[2, :, 1:3] = True  # mean ½; what is left of mask 0 has mean 2: second
        ours, taken = grow(pixels, masks, smallest=1)
        np.testing.assert_allclose(ours, np.tile([4.0, 2.0, -1.0, 0.0], (3, 1)))
        assert taken == 3
        assert ours.sum() == pytest.approx(pixels.sum())

    def test_equals_the_slow_way(self) -> None:
        rng = np.random.default_rng(8)
        pixels = rng.normal(size=(12, 12)).astype(np.float32)
        masks = np.stack([rng.random((12, 12)) < share for share in rng.random(40) / 3])
        left, slow = dict(enumerate(masks)), np.full((12, 12), np.nan)
        taken = np.zeros((12, 12), bool)
        while left := {k: m for k, m in left.items() if (m & ~taken).sum() >= 3}:
            means = {k: pixels[m & ~taken].mean() for k, m in left.items()}
            new = left.pop(max(means, key=means.__getitem__)) & ~taken
            slow[new] = pixels[new].mean()
            taken |= new
        slow[~taken] = pixels[~taken].mean()
        np.testing.assert_allclose(grow(pixels, masks, smallest=3)[0], slow, atol=1e-5)

    def test_segments_cover_the_picture_and_follow_its_outlines(self) -> None:
        picture = np.zeros((64, 64, 3), np.float32)
        picture[16:48, 16:48] = (1.0, 0.2, 0.1)
        masks = segments(picture)
        assert masks.any(axis=0).all()
        square = np.zeros((64, 64), bool)
        square[16:48, 16:48] = True
        likeness = [(m & square).sum() / (m | square).sum() for m in masks]
        assert max(likeness) > 0.8

    def test_the_sum_is_that_of_integrated_gradients(self, seen: np.ndarray) -> None:
        model = runtime(ModelRef("efficientnet_lite0"))
        result = run("xrai", model, seen, [281], tolerance=0.1, max_passes=33)[0]
        plain = [
            run("integrated_gradients", model, seen, [281], tolerance=0.1, max_passes=33,
                baseline=name)[0].map
            for name in ("black", "white")
        ]  # fmt: skip
        assert result.map.sum(dtype=np.float64) == pytest.approx(
            np.mean(plain, axis=0).sum(dtype=np.float64), rel=1e-3
        )
        assert len(np.unique(result.map)) <= result.diagnostics["regions"] + 1


class TestSmoothGradAggregates:
    def test_linear_model(self, linear: Runtime, pictures: np.ndarray, weight: np.ndarray) -> None:
        """No copy changes the gradient: its square is w², its variance 0."""
        run_ = lambda **given: run("smoothgrad", linear, pictures[:1], [1], **given)[0].map  # noqa: E731
        squared = run_(aggregate="squared", channels="sum")
        np.testing.assert_allclose(squared, np.square(weight).sum(-1), rtol=1e-4)
        assert run_(aggregate="variance").max() < 1e-6 * squared.max()

    def test_variance_is_the_mean_square_less_the_squared_mean(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        directions = np.eye(3, dtype=np.float32)[[1]]
        rng = np.random.default_rng(5)
        noise = rng.standard_normal((7, 16, 16, 3), dtype=np.float32) * np.float32(
            0.3 * np.ptp(pictures[0])
        )
        gradients = np.stack([gap.gradient(pictures[:1] + one, directions)[1][0] for one in noise])
        for aggregate, expected in (
            ("squared", np.square(gradients).mean(0)),
            ("variance", gradients.var(0)),
        ):
            ours = run(
                "smoothgrad", gap, pictures[:1], [1],
                n_samples=7, noise=0.3, aggregate=aggregate, channels="sum",
            )[0].map  # fmt: skip
            np.testing.assert_allclose(ours, expected.sum(-1), atol=1e-5)

    def test_only_the_mean_is_signed(self) -> None:
        method = METHODS["smoothgrad"]()
        signed = {
            aggregate: method.is_signed({"aggregate": aggregate, "channels": "sum"})
            for aggregate in ("mean", "magnitude", "squared", "variance")
        }
        assert signed == {"mean": True, "magnitude": False, "squared": False, "variance": False}


class TestControls:
    def test_random_blocks_are_seeded_smooth_and_other_for_each_picture(
        self, gap: Runtime, pictures: np.ndarray
    ) -> None:
        a, b = (one.map for one in run("random", gap, pictures, [0, 0], cells=4))
        assert not np.allclose(a, b)
        np.testing.assert_array_equal(run("random", gap, pictures, [1, 2], cells=4)[0].map, a)
        assert np.abs(np.diff(a, axis=0)).max() < 0.3  # a cell is 4 pixels wide
        assert 0 <= a.min() < a.max() <= 1

    def test_edges_are_those_of_scipy(self, gap: Runtime, pictures: np.ndarray) -> None:
        from scipy.ndimage import sobel

        grey = pictures[0] @ np.array([0.299, 0.587, 0.114], np.float32)
        expected = np.hypot(sobel(grey, 0, mode="reflect"), sobel(grey, 1, mode="reflect"))
        np.testing.assert_allclose(run("edges", gap, pictures[:1], [0])[0].map, expected, atol=1e-5)
