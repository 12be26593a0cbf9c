"""Randomisation checks: the weights that are drawn anew, and what the maps make of it."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from core import api
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import Cancelled, CapabilityError, InputError
from core.evidence.sanity import measure as room
from core.evidence.sanity.cascade import Cascade
from core.evidence.sanity.similarity import spearman, ssim
from core.evidence.thresholds import SANITY_SPEARMAN
from core.modalities.picture.probes import probes
from core.models import zoo
from core.models.runtime import runtime
from core.workspace import open_store


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("guided_backprop", "fail"),
        ("gradcam", "pass"),
        pytest.param("saliency", "pass", marks=pytest.mark.slow),
    ],
)
def test_guided_backprop_fails_where_gradient_and_gradcam_pass(method: str, expected: str) -> None:
    """Adebayo et al. 2018, on the real default model."""
    found = api.sanity(method=method)
    assert found.verdict == expected, found.words
    assert [s.layer for s in found.stages] == [
        "logits", "head_activation", "block10_add", "block4_add", "block2_add",
    ]  # fmt: skip
    mean = np.mean([s.spearman for s in found.stages])
    assert (mean > SANITY_SPEARMAN + 0.1) if expected == "fail" else (mean < SANITY_SPEARMAN - 0.1)
    assert found.threshold == SANITY_SPEARMAN
    assert found.n_pictures == 6
    assert "He's normal distribution" in found.protocol
    assert f"{mean:.2f}" in found.words
    # Guided backpropagation does not even look at the class.
    assert found.random_logit is not None
    assert (found.random_logit > 0.95) == (method == "guided_backprop")


@pytest.mark.parametrize("method", ["edges", "random"])
def test_controls_keep_their_map_at_every_stage(toys: None, method: str) -> None:
    found = api.sanity(model="toy_gap", method=method)
    assert found.verdict == "fail"
    assert [(s.spearman, s.ssim) for s in found.stages] == [pytest.approx((1.0, 1.0))] * 2
    assert found.random_logit is None


def test_the_gradient_of_a_linear_model_is_its_weights(toys: None) -> None:
    """So with weights drawn anew nothing of the map is left, and no class is like another."""
    found = api.sanity(model="toy_linear", method="saliency", seed=3)
    (only,) = found.stages
    assert only.layer == "out"
    assert abs(only.spearman) < 0.2
    assert abs(found.random_logit) < 0.2
    assert found.verdict == "pass"
    assert found.versions
    assert found.model == "toy_linear"


def test_computed_once_and_the_same_for_the_same_seed(toys: None) -> None:
    request = api.sanity_request(model="toy_gap", method="saliency", seed=11)
    first, again = api.answer(request), api.answer(request)
    assert (first.cached, again.cached) == (False, True)
    assert again.stages == first.stages
    (repeated,) = room.sanity([request], LocalControl())
    assert repeated.stages == first.stages
    other = api.sanity(model="toy_gap", method="saliency", seed=12)
    assert other.stages != first.stages


def test_parameters_and_layer_are_part_of_the_question(toys: None) -> None:
    keys = {
        api.sanity_request(model="toy_gap", **options).key
        for options in (
            {"method": "saliency"},
            {"method": "saliency", "parameters": {"channels": "sum"}},
            {"method": "saliency", "thorough": True},
            {"method": "saliency", "seed": 1},
            {"method": "gradcam"},
        )
    }
    assert len(keys) == 5
    # The declared layer by name is the declared layer.
    named = api.sanity_request(model="toy_gap", method="gradcam", layer="features")
    assert named.key in keys


def test_a_cascade_that_costs_too_much_is_not_run(
    toys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SANITY_PASSES", 10)
    found = api.sanity(model="toy_gap", method="smoothgrad", seed=21)
    assert found.verdict == "unknown"
    assert found.stages == ()
    assert found.random_logit is None
    assert "would cost more than 10 forward passes" in found.words
    asked = api.sanity(model="toy_gap", method="smoothgrad", seed=21, thorough=True)
    assert asked.verdict in ("pass", "fail", "unclear")
    assert len(asked.stages) == 2


def test_can_be_stopped(toys: None) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        room.sanity([api.sanity_request(model="toy_gap", seed=31)], LocalControl(stop=stop))


def test_progress_only_grows(toys: None) -> None:
    seen: list[tuple[float, str]] = []
    control = LocalControl(on_progress=lambda fraction, words: seen.append((fraction, words)))
    room.sanity([api.sanity_request(model="toy_gap", method="smoothgrad", seed=32)], control)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert 0.9 < fractions[-1] <= 1.0
    assert any("drawn anew down to features" in words for _, words in seen)


def test_a_forward_only_model_has_no_check(toys: None) -> None:
    zoo.register(replace(zoo.get("toy_gap"), id="toy_forward", gradients=False))
    with pytest.raises(CapabilityError, match="forward-only"):
        api.sanity_request(model="toy_forward", method="edges")
    with pytest.raises(CapabilityError, match="needs gradients"):
        api.sanity_request(model="toy_forward", method="saliency")


def test_bad_names_are_told(toys: None) -> None:
    with pytest.raises(InputError, match="no method 'gradcamm'"):
        api.sanity_request(method="gradcamm")
    with pytest.raises(InputError, match="no layer 'nowhere'"):
        api.sanity_request(model="toy_gap", method="gradcam", layer="nowhere")


# ---- the weights


def randomised(model: str, seed: int = 0):
    from core.models.randomised import Randomised

    ref = ModelRef(model)
    recalibrate_batch_norm = probes(zoo.get(model).input_shape)
    return Randomised(
        ref, store=open_store(), seed=seed, recalibrate_batch_norm=recalibrate_batch_norm
    )


def test_every_layer_with_weights_belongs_to_one_stage() -> None:
    copy = randomised("efficientnet_lite0")
    stages = copy.stages()
    weighted = [layer.name for layer in copy.network().model.layers if layer.weights]
    assert sorted(name for _, names in stages for name in names) == sorted(weighted)
    order = {name: i for i, name in enumerate(weighted)}
    deepest = [max(order[name] for name in names) for _, names in stages]
    assert deepest == sorted(deepest, reverse=True)
    assert stages[0] == ("logits", ["logits"])


def test_traced_passes_follow_the_new_weights_and_the_shared_model_stays() -> None:
    """Batch normalisation is folded in the traces, and the guided pass is a copy of its own."""
    shared = runtime(ModelRef("efficientnet_lite0"))
    shown = probes((224, 224, 3))[:1]
    directions = np.eye(1000, dtype=np.float32)[[281]]
    before = shared.network().logits(shown)
    copy = randomised("efficientnet_lite0")
    np.testing.assert_allclose(copy.logits(shown), before, atol=1e-3)
    _, guided = copy.guided_gradient(shown, directions)
    _, plain = copy.gradient(shown, directions)
    for _, names in copy.stages():
        copy.randomise(names)
    network = copy.network()
    drawn = copy.logits(shown)
    eager = network.model(shown, training=False).numpy()
    np.testing.assert_allclose(drawn, eager, atol=1e-3 * np.abs(eager).max())
    assert np.abs(drawn - before).max() > 0.1
    assert np.isfinite(drawn).all()
    assert drawn.std() > 0.05
    after_guided = copy.guided_gradient(shown, directions)[1]
    after_plain = copy.gradient(shown, directions)[1]
    assert abs(np.corrcoef(plain.ravel(), after_plain.ravel())[0, 1]) < 0.1
    assert not np.allclose(guided, after_guided)
    assert after_plain.any()
    np.testing.assert_array_equal(shared.network().logits(shown), before)


def test_the_head_alone_leaves_the_features(toys: None) -> None:
    copy = randomised("toy_gap")
    shown = probes((16, 16, 3))
    logits, features = copy.features(shown)
    assert copy.stages() == [("out", ["out"]), ("features", ["features"])]
    copy.randomise(["out"])
    drawn, same = copy.features(shown)
    np.testing.assert_array_equal(features, same)
    assert not np.allclose(logits, drawn)
    copy.randomise(["features"])
    assert not np.allclose(features, copy.features(shown)[1])


# ---- the figures


def test_spearman_reads_magnitudes_and_ranks() -> None:
    a = np.random.default_rng(0).normal(size=(9, 9)).astype(np.float32)
    assert spearman(a, a) == pytest.approx(1)
    assert spearman(a, -(np.abs(a) ** 3)) == pytest.approx(1)
    assert spearman(np.abs(a), 1 / (1 + np.abs(a))) == pytest.approx(-1)
    assert spearman(a, np.ones_like(a)) == 0
    assert ssim(a, 5 * a) == pytest.approx(1, abs=1e-5)
    assert ssim(a, np.random.default_rng(1).normal(size=(9, 9))) < 0.5


def cascade(*probes: float) -> Cascade:
    similarity = np.array([probes, probes])
    return Cascade(("b", "a"), similarity, similarity, None)


def test_verdicts() -> None:
    assert cascade(0.1, 0.12, 0.09).verdict == "pass"
    assert cascade(0.9, 0.92, 0.91).verdict == "fail"
    unclear = cascade(0.2, 0.8, 0.55)
    assert unclear.verdict == "unclear"
    low, high = unclear.interval
    assert low < SANITY_SPEARMAN < high
    assert f"{low:.2f} to {high:.2f}" in unclear.words
    assert cascade(1.0, 1.0).verdict == "fail"
    assert cascade(0.4).verdict == "pass"  # one picture has no interval
