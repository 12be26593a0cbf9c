"""Each explainer against theory and, where there is one, against shap."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import ModelRef
from core.models.runtime import Runtime, runtime
from core.shapley.background import medoids
from core.shapley.base import Background
from core.shapley.gradient import GradientExplainer
from core.shapley.kernel import KernelExplainer
from core.shapley.partition import PartitionExplainer
from core.shapley.regions import sums
from tests.shapley.conftest import FunctionPasses, parameters, problem


def bent(batch: np.ndarray) -> np.ndarray:
    """Three outputs with interactions between far pixels; the lowest row counts nowhere."""
    rng = np.random.default_rng(9)
    seen = batch[:, :-1]
    w = rng.normal(size=(3, *seen.shape[1:]))
    lines = np.einsum("khwc,nhwc->nk", w, seen)
    return np.tanh(lines) * 3 + np.maximum(lines[:, ::-1], 0) + seen[:, 0, 0, :1] * lines


@pytest.fixture
def small() -> np.ndarray:
    return np.random.default_rng(1).random((6, 4, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def linear(toys: None) -> Runtime:
    return runtime(ModelRef("toy_linear"))


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(3).random((16, 16, 3), dtype=np.float32)


def weights(model: Runtime) -> np.ndarray:
    return model.network().model.get_layer("out").kernel.numpy().T.reshape(3, 16, 16, 3)


def shap_partition(picture: np.ndarray, masker: object, max_evals: int) -> np.ndarray:
    import shap

    state = np.random.get_state()
    try:
        image = shap.maskers.Image(masker, picture.shape)
        oracle = shap.PartitionExplainer(lambda batch: bent(batch).astype(np.float32), image)
        told = oracle(picture[None], max_evals=max_evals, silent=True, fixed_context=None)
    finally:
        np.random.set_state(state)
    return np.moveaxis(told.values[0].sum(axis=2), -1, 0)


class TestPartition:
    @pytest.mark.parametrize("budget", [22, 60, 200])
    @pytest.mark.parametrize(("masker", "theirs"), [("grey", 0.5), ("blur", "blur(128,128)")])
    def test_shap_finds_the_same_with_the_same_budget(
        self, masker: str, theirs: object, budget: int
    ) -> None:
        seen = np.random.default_rng(2).random((16, 12, 3)).astype(np.float32)
        given = parameters(PartitionExplainer, max_evals=budget, masker=masker)
        ours = PartitionExplainer().explain(problem(FunctionPasses(bent), seen, (0, 1, 2)), given)
        expected = shap_partition(seen, theirs, budget)
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(ours.values, expected, atol=2e-5)
        assert ours.evaluations == budget

    def test_to_the_last_pixel_as_well(self, small: np.ndarray) -> None:
        given = parameters(PartitionExplainer, max_evals=5000, masker="black")
        told = PartitionExplainer().explain(problem(FunctionPasses(bent), small, (0, 1, 2)), given)
        np.testing.assert_allclose(told.values, shap_partition(small, 0.0, 100_000), atol=2e-5)

    def test_a_row_that_counts_nowhere_gets_nothing(self, small: np.ndarray) -> None:
        given = parameters(PartitionExplainer, max_evals=5000, masker="black")
        told = PartitionExplainer().explain(problem(FunctionPasses(bent), small, (0, 1, 2)), given)
        np.testing.assert_allclose(told.values[:, -1], 0, atol=1e-6)
        assert (np.abs(told.values[:, :-1]).max(axis=(1, 2)) > 0.01).all()

    def test_a_linear_model_gets_weight_times_difference(
        self, linear: Runtime, picture: np.ndarray
    ) -> None:
        given = parameters(PartitionExplainer, max_evals=600, masker="grey")
        told = PartitionExplainer().explain(problem(linear, picture, (1,)), given)
        expected = (weights(linear)[1] * (picture - 0.5)).sum(axis=-1)
        # Rectangles that were not halved to the end hold their pixels' mean: compare quarters.
        blocks = lambda m: m.reshape(2, 8, 2, 8).sum(axis=(1, 3))  # noqa: E731
        np.testing.assert_allclose(blocks(told.values[0]), blocks(expected), atol=1e-3)


class TestKernel:
    def test_a_linear_model_gets_weight_times_difference(
        self, linear: Runtime, picture: np.ndarray
    ) -> None:
        given = parameters(KernelExplainer, max_evals=250, n_segments=16, masker="white")
        told = KernelExplainer().explain(problem(linear, picture, (0, 2)), given)
        for k, target in enumerate((0, 2)):
            pixels = (weights(linear)[target] * (picture - 1)).sum(axis=-1)
            expected = np.bincount(told.segments.ravel(), weights=pixels.ravel())
            np.testing.assert_allclose(sums(told.values, told.segments)[k], expected, atol=1e-3)

    def test_few_pieces_need_few_evaluations(self, linear: Runtime, picture: np.ndarray) -> None:
        given = parameters(KernelExplainer, max_evals=10_000, n_segments=4)
        told = KernelExplainer().explain(problem(linear, picture), given)
        assert told.evaluations == 2 ** (told.segments.max() + 1)


class TestExpectedGradients:
    def background(self, model: Runtime, n: int, weight: np.ndarray | None = None) -> Background:
        pictures = np.random.default_rng(4).random((n, 16, 16, 3), dtype=np.float32)
        share = np.full(n, 1 / n) if weight is None else weight
        return Background(pictures, share, model.logits(pictures), "test pictures")

    @pytest.mark.parametrize("weight", [None, np.array([0.7, 0.2, 0.1])])
    def test_a_linear_model_gets_weight_times_difference_from_the_mean(
        self, linear: Runtime, picture: np.ndarray, weight: np.ndarray | None
    ) -> None:
        background = self.background(linear, 3, weight)
        mean = np.average(background.inputs, axis=0, weights=background.weights)
        told = GradientExplainer().explain(
            problem(linear, picture, (0, 2), background=background),
            parameters(GradientExplainer, n_samples=20),
        )
        for k, target in enumerate((0, 2)):
            expected = (weights(linear)[target] * (picture - mean)).sum(axis=-1)
            np.testing.assert_allclose(told.values[k], expected, atol=1e-4)
            np.testing.assert_allclose(
                told.base_values[k], linear.logits(mean[None].astype(np.float32))[0, target],
                atol=1e-4,
            )  # fmt: skip

    def test_more_points_add_up_better(self, toys: None, picture: np.ndarray) -> None:
        model = runtime(ModelRef("toy_gap"))
        background = self.background(model, 4)
        logit = model.logits(picture[None])[0, 1]

        def error(n: int) -> float:
            told = GradientExplainer().explain(
                problem(model, picture, (1,), background=background),
                parameters(GradientExplainer, n_samples=n),
            )
            return abs(float(told.values.sum() + told.base_values[0] - logit))

        assert error(400) < 0.02
        assert error(400) < error(10)

    def test_passes_are_counted(self, linear: Runtime, picture: np.ndarray) -> None:
        told = GradientExplainer().explain(
            problem(linear, picture, (0, 1), background=self.background(linear, 5)),
            parameters(GradientExplainer, n_samples=50),
        )
        assert told.gradient_passes == 100


@pytest.mark.parametrize("masker", ["blur", "inpaint", "mean", "grey", "black", "white"])
@pytest.mark.parametrize("explainer", [PartitionExplainer, KernelExplainer])
def test_shares_add_up_exactly_for_every_masker(explainer: type, masker: str) -> None:
    seen = np.random.default_rng(5).random((16, 16, 3)).astype(np.float32)
    passes = FunctionPasses(bent)
    told = explainer().explain(
        problem(passes, seen, (0, 1, 2)), parameters(explainer, max_evals=250, masker=masker)
    )
    total = told.values.sum(axis=(1, 2)) + told.base_values
    np.testing.assert_allclose(total, bent(seen[None])[0], atol=1e-3)
    assert passes.seen <= 250
    regions = sums(told.values, told.segments)
    np.testing.assert_allclose(regions.sum(axis=1), told.values.sum(axis=(1, 2)), atol=1e-6)
    assert np.array_equal(np.unique(told.segments), np.arange(regions.shape[1]))
    assert 4 <= regions.shape[1] <= 64


def test_what_was_evaluated_is_not_evaluated_again() -> None:
    seen = np.random.default_rng(6).random((16, 16, 3)).astype(np.float32)
    passes = FunctionPasses(bent)
    given = parameters(PartitionExplainer, max_evals=100)
    first = PartitionExplainer().explain(problem(passes, seen, (0,), name="one"), given)
    after = passes.seen
    again = PartitionExplainer().explain(problem(passes, seen, (0,), name="one"), given)
    assert passes.seen == after
    np.testing.assert_array_equal(first.values, again.values)
    assert again.evaluations == 100
    PartitionExplainer().explain(problem(passes, seen, (2,), name="one"), given)
    assert passes.seen < after + 100, "another class uses what is known"
    PartitionExplainer().explain(problem(passes, seen, (0,), name="another"), given)
    assert passes.seen >= after + 100


def test_medoids_stand_for_their_clusters() -> None:
    rng = np.random.default_rng(7)
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    points = np.concatenate([c + rng.normal(0, 0.3, (n, 2)) for c, n in zip(centres, (6, 3, 1))])
    chosen, shares = medoids(points.astype(np.float32), 3, seed=0)
    assert shares.tolist() == [0.6, 0.3, 0.1]
    assert [i in span for i, span in zip(chosen, (range(6), range(6, 9), range(9, 10)))] == [
        True
    ] * 3


def test_alike_pictures_need_fewer_medoids() -> None:
    points = np.repeat(np.array([[0.0, 1.0], [5.0, 1.0]], np.float32), 4, axis=0)
    with pytest.warns(Warning, match="distinct clusters"):
        chosen, shares = medoids(points, 4, seed=0)
    assert shares.sum() == pytest.approx(1)
    assert len(chosen) == 2
