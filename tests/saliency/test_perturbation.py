"""Perturbation methods on models whose answer is known: linear ones, constant ones, blind ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.control import LocalControl
from core.modalities.picture.modality import PICTURE
from core.modalities.picture.regions import superpixels
from core.modalities.units import grid
from core.saliency import perturb
from core.saliency.base import Attribution, Problem
from core.saliency.convergence import Convergence
from core.saliency.lime import closeness, weighted_ridge
from core.saliency.perturb import blend
from core.saliency.picture.rise import Masks
from core.saliency.registry import METHODS
from core.saliency.sobol import jansen

SIDE = 16
SAMPLED = {
    "rise": {"n_masks": 192},
    "sobol": {"n_designs": 16, "cells": 4},
    "lime": {"n_samples": 192, "regions": "grid", "n_regions": 16},
}
ALL = {"occlusion": {"patch": 4, "stride": 2}, **SAMPLED}


class Passes:
    """Logits from a function of the pixels, and how many pictures were asked for."""

    def __init__(self, logits: Callable[[np.ndarray], np.ndarray]) -> None:
        self._logits = logits
        self.pictures = 0
        self.largest = 0

    def logits(self, batch: np.ndarray) -> np.ndarray:
        self.pictures += len(batch)
        self.largest = max(self.largest, len(batch))
        return self._logits(batch).astype(np.float32)

    def prepare(self, n_passes: int) -> None:
        pass


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.3, (SIDE, SIDE, 3, 3))


@pytest.fixture(scope="module")
def linear(weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.tensordot(x, weights, axes=3)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(3).random((2, SIDE, SIDE, 3), dtype=np.float32)


def explain(
    method: str,
    passes: Callable[[np.ndarray], np.ndarray] | Passes,
    pictures: np.ndarray,
    targets: tuple[int, ...] = (1,),
    seed: int = 0,
    **given: object,
) -> list[Attribution]:
    model = passes if isinstance(passes, Passes) else Passes(passes)
    directions = np.eye(3, dtype=np.float32)[list(targets)]
    task = Problem(model, pictures, directions, None, seed, LocalControl(), PICTURE)
    values = {p.name: p.default for p in PICTURE.parameters(METHODS[method].parameters)} | given
    return METHODS[method]().explain(task, values)


class TestOcclusion:
    def test_a_patch_of_a_linear_model(
        self, linear: Callable, weights: np.ndarray, pictures: np.ndarray
    ) -> None:
        """The drop is Σ w ⊙ (x − x′) over the patch."""
        result = explain("occlusion", linear, pictures[:1], patch=4, stride=4, baseline="black")[0]
        expected = (weights[..., 1] * pictures[0]).sum(-1).reshape(4, 4, 4, 4).sum(axis=(1, 3))
        np.testing.assert_allclose(result.map[::4, ::4], expected, atol=1e-4)
        np.testing.assert_allclose(result.map, expected.repeat(4, 0).repeat(4, 1), atol=1e-4)
        assert result.diagnostics["forward_passes"] == 16 + 1

    def test_overlapping_patches_are_averaged(
        self, linear: Callable, weights: np.ndarray, pictures: np.ndarray
    ) -> None:
        result = explain("occlusion", linear, pictures[:1], patch=8, stride=3, baseline="white")[0]
        shares = (weights[..., 1] * (pictures[0] - 1)).sum(-1)
        starts = [0, 3, 6, 8]  # the last one ends flush with the border
        row, column = 7, 15
        covering = [
            shares[y : y + 8, x : x + 8].sum()
            for y in starts
            for x in starts
            if y <= row < y + 8 and x <= column < x + 8
        ]
        assert result.map[row, column] == pytest.approx(np.mean(covering), abs=1e-4)

    def test_a_patch_wider_than_the_picture_hides_all(
        self, linear: Callable, pictures: np.ndarray
    ) -> None:
        result = explain("occlusion", linear, pictures[:1], patch=512, stride=512)[0]
        whole, grey = linear(np.stack([pictures[0], np.full_like(pictures[0], 0.5)]))[:, 1]
        np.testing.assert_allclose(result.map, whole - grey, atol=1e-4)


class TestRise:
    def test_masks_are_those_of_the_paper(self) -> None:
        """Coins enlarged bilinearly to (s + 1) cells, cut out at an offset within one cell."""
        import cv2

        coins_of, offsets_of = np.random.default_rng(5).spawn(2)
        masks = Masks((30, 44), cells=4, visible=0.3, seed=5).draw(6)
        coins = (coins_of.random((6, 4, 4)) < 0.3).astype(np.float32)
        offsets = (offsets_of.random((6, 2)) * (8, 11)).astype(int)
        for mask, coin, (y, x) in zip(masks, coins, offsets, strict=True):
            large = cv2.resize(coin, (5 * 11, 5 * 8), interpolation=cv2.INTER_LINEAR)
            np.testing.assert_allclose(mask, large[y : y + 30, x : x + 44], atol=1e-5)

    def test_masks_show_their_share(self) -> None:
        masks = Masks((32, 32), cells=7, visible=0.3, seed=0).draw(4000)
        assert masks.min() >= 0
        assert masks.max() <= 1
        assert masks.mean() == pytest.approx(0.3, abs=0.01)
        assert np.ptp(masks.mean(axis=0)) < 0.06

    def test_uncentred_is_the_formula_of_the_paper(
        self, linear: Callable, pictures: np.ndarray
    ) -> None:
        given = {"n_masks": 50, "centred": False, "baseline": "black", "visible": 0.4}
        result = explain("rise", linear, pictures[:1], **given)[0]
        masks = Masks((SIDE, SIDE), cells=7, visible=0.4, seed=0).draw(50)
        logits = linear(masks[..., None] * pictures[0])
        scores = np.exp(logits[:, 1]) / np.exp(logits).sum(-1)
        expected = np.einsum("n,nhw->hw", scores, masks) / (50 * 0.4)
        np.testing.assert_allclose(result.map, expected, atol=1e-5)

    def test_it_approaches_the_covariance_of_a_linear_model(
        self, linear: Callable, weights: np.ndarray, pictures: np.ndarray
    ) -> None:
        """E (f − E f) M / p = Cov(M, M) · c / p, where c are the pixels' contributions."""
        contributions = (weights[..., 1] * (pictures[0] - 0.5)).sum(-1).ravel()
        flat = Masks((SIDE, SIDE), cells=4, visible=0.5, seed=99).draw(20_000).reshape(20_000, -1)
        expected = np.cov(flat.T) @ contributions / 0.5

        def agreement(n: int) -> float:
            given = {"cells": 4, "score": "logit", "n_masks": n, "seed": 7}
            result = explain("rise", linear, pictures[:1], **given)[0]
            return float(np.corrcoef(result.map.ravel(), expected)[0, 1])

        few, some, many = agreement(32), agreement(320), agreement(3200)
        assert few < some < many
        assert many > 0.98

    def test_centring_takes_one_number_away_and_most_of_the_noise(
        self, linear: Callable, pictures: np.ndarray
    ) -> None:
        shifted = lambda x: linear(x) + np.array([0, 20, 0])  # noqa: E731
        given = {"score": "logit", "n_masks": 400}
        raw, centred = (
            explain("rise", shifted, pictures[:1], centred=c, **given)[0] for c in (False, True)
        )
        many = explain("rise", shifted, pictures[:1], score="logit", n_masks=6000, seed=1)[0]
        noise = [float(np.std(a.map - many.map)) for a in (raw, centred)]
        assert noise[1] < noise[0] / 2
        assert raw.map.mean() == pytest.approx(20, abs=2)


class TestSobol:
    def test_jansen_on_numbers_by_hand(self) -> None:
        base, swapped = np.array([1.0, 2.0]), np.array([[2.0, 1.0], [2.0, 4.0]])
        np.testing.assert_allclose(jansen(base, swapped, 2.0), [1 / 8, 4 / 8])
        assert not jansen(base, swapped, 0.0).any()

    def test_a_linear_function_of_cells(
        self, linear: Callable, weights: np.ndarray, pictures: np.ndarray
    ) -> None:
        """f = Σ aⱼ mⱼ, m uniform: the total-order index of cell j is aⱼ² / Σ a²."""
        result = explain("sobol", linear, pictures[:1], cells=4, n_designs=256, baseline="black")[0]
        a = (weights[..., 1] * pictures[0]).sum(-1).reshape(4, 4, 4, 4).sum(axis=(1, 3))
        np.testing.assert_allclose(result.map[::4, ::4], a**2 / (a**2).sum(), atol=0.02)
        assert result.diagnostics["forward_passes"] == 256 * (16 + 2)
        assert result.diagnostics["halves_correlation"] > 0.95

    def test_interactions_count_in_full_for_each(self) -> None:
        """f = m₁ m₂: S_T = 4/7 for both (Var = 7/144, E Var(f | m₁) = 1/36)."""
        product = lambda x: np.stack([x[:, 0, 0, 0] * x[:, 15, 15, 0]] * 3, axis=-1)  # noqa: E731
        white = np.ones((1, SIDE, SIDE, 3), np.float32)
        given = {"cells": 2, "n_designs": 256, "baseline": "black"}
        result = explain("sobol", product, white, **given)[0]
        np.testing.assert_allclose(result.map[0, 0], 4 / 7, atol=0.04)
        np.testing.assert_allclose(result.map[15, 15], 4 / 7, atol=0.04)
        assert not result.map[0, 15]
        assert not result.map[15, 0]


class TestLime:
    def test_the_regions_of_a_linear_model(
        self, linear: Callable, weights: np.ndarray, pictures: np.ndarray
    ) -> None:
        given = {"score": "logit", "regions": "grid", "n_regions": 16, "n_samples": 2000}
        result = explain("lime", linear, pictures[:1], baseline="black", **given)[0]
        a = (weights[..., 1] * pictures[0]).sum(-1).reshape(4, 4, 4, 4).sum(axis=(1, 3))
        np.testing.assert_allclose(result.map[::4, ::4], a, rtol=0.03, atol=0.01)
        assert result.diagnostics["regions"] == 16

    def test_ridge_and_kernel_equal_scikit_learn(self) -> None:
        from sklearn.linear_model import Ridge
        from sklearn.metrics.pairwise import cosine_distances

        rng = np.random.default_rng(0)
        keep = (rng.random((80, 9)) < 0.5).astype(np.float32)
        keep[0], keep[1] = 1, 0
        scores = rng.normal(size=80)
        distance = cosine_distances(keep, keep[:1]).ravel()
        kernel = np.sqrt(np.exp(-(distance**2) / 0.25**2))
        np.testing.assert_allclose(closeness(keep, 0.25), kernel, atol=1e-6)
        theirs = Ridge(alpha=1.0).fit(keep, scores, sample_weight=kernel).coef_
        ours = weighted_ridge(keep, scores, closeness(keep, 0.25), 1.0)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("method", ALL)
class TestAll:
    def test_a_constant_model_gives_no_information(self, method: str, pictures: np.ndarray) -> None:
        constant = lambda x: np.tile([1.0, 2.0, 3.0], (len(x), 1))  # noqa: E731
        result = explain(method, constant, pictures[:1], **ALL[method])[0]
        np.testing.assert_allclose(result.map, 0, atol=1e-6)

    def test_ignored_pixels_get_next_to_nothing(
        self, method: str, linear: Callable, pictures: np.ndarray
    ) -> None:
        """A model that sees the upper half only; one cell of the masks may straddle the edge."""

        def upper(x: np.ndarray) -> np.ndarray:
            seen = x.copy()
            seen[:, SIDE // 2 :] = 0
            return linear(seen)

        given = ALL[method] | {"score": "logit"}
        given |= {"n_masks": 4000, "cells": 4} if method == "rise" else {}
        given |= {"n_samples": 2000} if method == "lime" else {}
        magnitude = abs(explain(method, upper, pictures[:1], **given)[0].map)
        ignored, seen = magnitude[SIDE // 2 + 4 :], magnitude[: SIDE // 2]
        assert ignored.max() < (0.15 if method == "rise" else 0.02) * seen.max()
        if method in ("occlusion", "sobol"):
            assert not ignored.any()

    def test_chunks_do_not_change_the_map(
        self,
        method: str,
        linear: Callable,
        pictures: np.ndarray,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        large = explain(method, linear, pictures[:1], **ALL[method])[0]
        monkeypatch.setattr(perturb, "CHUNK", 5)
        passes = Passes(linear)
        small = explain(method, passes, pictures[:1], **ALL[method])[0]
        assert passes.largest <= 5
        np.testing.assert_allclose(small.map, large.map, atol=1e-5)
        assert small.diagnostics["forward_passes"] == large.diagnostics["forward_passes"]

    def test_batch_mates_do_not_change_the_map(
        self, method: str, linear: Callable, pictures: np.ndarray
    ) -> None:
        together = explain(method, linear, pictures, (0, 1), **ALL[method])
        alone = explain(method, linear, pictures[1:], (1,), **ALL[method])
        np.testing.assert_allclose(together[1].map, alone[0].map, atol=1e-6)

    def test_seeds(self, method: str, linear: Callable, pictures: np.ndarray) -> None:
        a, b, c = (
            explain(method, linear, pictures[:1], seed=seed, **ALL[method])[0].map
            for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(a, b)
        assert np.array_equal(a, c) is not METHODS[method].random

    def test_passes_are_counted(self, method: str, linear: Callable, pictures: np.ndarray) -> None:
        passes = Passes(linear)
        result = explain(method, passes, pictures[:1], **ALL[method])[0]
        assert result.diagnostics["forward_passes"] == passes.pictures
        assert passes.largest <= perturb.CHUNK


@pytest.mark.parametrize("method", SAMPLED)
class TestConvergence:
    def test_stopping_early_saves_passes(
        self, method: str, linear: Callable, pictures: np.ndarray
    ) -> None:
        more = {"rise": {"n_masks": 3000}, "sobol": {"n_designs": 128}, "lime": {"n_samples": 3000}}
        given = SAMPLED[method] | more[method] | {"score": "logit"}
        full = explain(method, linear, pictures[:1], **given)[0]
        early = explain(method, linear, pictures[:1], tolerance=0.3, **given)[0]
        assert early.diagnostics["forward_passes"] < full.diagnostics["forward_passes"]
        assert early.diagnostics["converged"] is True
        assert early.diagnostics["halves_correlation"] >= 0.7
        assert np.corrcoef(early.map.ravel(), full.map.ravel())[0, 1] > 0.7

    def test_the_standard_error_is_that_of_repeated_runs(
        self, method: str, linear: Callable, pictures: np.ndarray
    ) -> None:
        # Of the probability: LIME fits a linear model without any error to speak of.
        given = SAMPLED[method] | {"score": "probability"}
        runs = [explain(method, linear, pictures[:1], seed=s, **given)[0] for s in range(12)]
        maps = np.stack([run.map for run in runs])
        seen = np.sqrt(maps.var(axis=0, ddof=1).mean()) / maps.mean(axis=0).std()
        said = np.mean([run.diagnostics["relative_standard_error"] for run in runs])
        # Quasi-random designs are steadier than two halves of them suggest; never less steady.
        assert 0.6 * seen < said < (4 if method == "sobol" else 1.6) * seen


def test_halves_that_are_constant_agree_only_if_equal() -> None:
    convergence = Convergence(0.1)
    assert convergence.enough(np.zeros(4), np.zeros(4))
    assert not convergence.enough(np.zeros(4), np.arange(4.0))
    assert not Convergence(0.0).enough(np.arange(4.0), np.arange(4.0))


def test_blending() -> None:
    rng = np.random.default_rng(0)
    picture, empty = rng.random((2, 3, 4, 3), dtype=np.float32)
    masks = rng.random((5, 3, 4), dtype=np.float32)
    expected = empty + masks[..., None] * (picture - empty)
    np.testing.assert_allclose(blend(picture, empty, masks), expected, atol=1e-6)


class TestRegions:
    @pytest.mark.parametrize("n", [4, 20, 60])
    @pytest.mark.parametrize("kind", ["smooth", "noise", "flat"])
    def test_superpixels_hang_together_and_are_numbered(self, kind: str, n: int) -> None:
        from skimage.measure import label

        y, x = np.mgrid[0:48, 0:64] / np.float32(64)
        picture = {
            "smooth": np.stack([np.sin(9 * x), np.cos(7 * y), x * y], -1) / 2 + 0.5,
            "noise": np.random.default_rng(0).random((48, 64, 3)),
            "flat": np.full((48, 64, 3), 0.3),
        }[kind].astype(np.float32)
        labels = superpixels(picture, n)
        assert labels.dtype == np.int32
        assert labels.shape == (48, 64)
        assert np.array_equal(np.unique(labels), np.arange(labels.max() + 1))
        assert n / 2 <= labels.max() + 1 <= 2 * n
        assert label(labels + 1, connectivity=1).max() == labels.max() + 1
        np.testing.assert_array_equal(labels, superpixels(picture, n))

    def test_grid_covers_uneven_pictures(self) -> None:
        labels = grid((10, 7), (3, 2))
        sizes = np.bincount(labels.ravel())
        assert len(sizes) == 6
        assert sizes.min() >= 3 * 3
        assert sizes.max() <= 4 * 4
        assert grid((2, 2), (8, 8)).max() == 3
