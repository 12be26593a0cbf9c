"""Masked models are marked, each by name, and honest ones are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from core import api
from core.calibration.unmasked_models import ARCHITECTURES, CLASSES, SIZE, pictures, trained
from core.contracts import ModelRef, Robustness
from core.control import LocalControl
from core.models.runtime import runtime
from core.robustness.attacks.base import Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks import gradients as checks_gradients
from core.robustness.checks.adaptive_gradients import Averaged, Estimated
from core.robustness.checks.context import CheckContext
from core.robustness.checks.gradient_check import gradient_check
from core.robustness.checks.gradient_masking import MASKS, masked
from core.robustness.passes import AttackPasses
from core.robustness.sweep import attacked

EPS = 8 / 255
BASE = "honest_base"
QUESTIONS = {
    "logits": checks_gradients.logits,
    "deterministic": checks_gradients.deterministic,
    "gradient": checks_gradients.there,
    "slopes": checks_gradients.slope,
    "foretold": checks_gradients.foretold,
}
"""What takes a few passes."""
FINDS = {
    "decoy": "slopes", "decoy_off_grid": "slopes", "decoy_signs": "slopes", "scaled": "logits",
    "squashed": "gradient", "rounded": "gradient", "quantised": "gradient", "rippled": "foretold",
    "stochastic": "deterministic", "straight_through": "slopes", "stopped": "gradient",
}  # fmt: skip
"""The check that must see each mask."""


@pytest.fixture(scope="module", autouse=True)
def zoo() -> None:
    """Register a trained model and all that masks make of it."""
    base = trained("conv_relu_max", seed=3)
    api.register_model(BASE, base, input_size=SIZE, n_classes=CLASSES)
    for mask in MASKS:
        api.register_model(f"masked_{mask}", masked(BASE, mask), input_size=SIZE, n_classes=CLASSES)


def context(model: str, *, eps: float = EPS, n: int = 12) -> CheckContext:
    """Return an exam about pictures that the model has right, before any attack."""
    passes = AttackPasses(runtime(ModelRef(model)))
    inputs, labels = pictures(4 * n, seed=9)
    right = np.flatnonzero(passes.logits(inputs).argmax(axis=1) == labels)[:n]
    control = LocalControl()
    problem = Problem(
        passes, inputs[right], labels[right], "linf", eps, np.arange(len(right)), 0, control
    )
    sample = SimpleNamespace(passes=passes, model=passes.model)
    none = np.zeros(len(right), bool)
    return CheckContext(cast(Any, sample), problem, none, none, control)


def marks(model: str, **options: Any) -> dict[str, bool | None]:
    about = context(model, **options)
    return {name: ask(about)[0] for name, ask in QUESTIONS.items()}


def test_every_mask_is_listed() -> None:
    assert set(FINDS) == set(MASKS)


@pytest.mark.parametrize("mask", MASKS)
def test_a_masked_model_is_marked_by_the_check_that_is_made_for_it(mask: str) -> None:
    assert marks(f"masked_{mask}")[FINDS[mask]] is False


def test_the_model_behind_the_masks_passes_them_all() -> None:
    assert set(marks(BASE).values()) == {True}


def test_answers_stay_those_of_the_model_behind_exact_masks() -> None:
    inputs, _ = pictures(8, seed=2)
    own = runtime(ModelRef(BASE)).logits(inputs)
    for mask, chosen in MASKS.items():
        if chosen.exact:
            logits = AttackPasses(runtime(ModelRef(f"masked_{mask}"))).logits(inputs)
            scale = 1e4 if mask == "scaled" else 1
            np.testing.assert_allclose(logits, scale * own, rtol=1e-3, atol=1e-3 * scale)


@pytest.mark.parametrize(
    ("architecture", "adversarial"),
    [("linear", False), ("conv_relu", True), ("conv_gelu", False), ("resnet8", False)],
)
def test_honest_models_are_not_marked(architecture: str, adversarial: bool) -> None:
    name = f"honest_{architecture}_{adversarial}"
    api.register_model(
        name, trained(architecture, seed=1, adversarial=adversarial), input_size=SIZE,
        n_classes=CLASSES,
    )  # fmt: skip
    assert {id for id, passed in marks(name).items() if passed is False} == set()


def test_slopes_are_the_losses_own_however_large_the_step() -> None:
    """ReLU kinks and rounding do not matter: from a hundredth of a level to 16 levels."""
    for eps in (0.01 / 255, 1 / 255, 64 / 255):
        found = gradient_check(context(BASE, eps=eps).problem)
        assert found.wrong.mean() < 0.05
        assert found.error < 0.1


def test_rounding_is_seen_through() -> None:
    """BPDA: with the identity's gradient in place of the rounding's, the attack works again."""
    about = context("masked_quantised", eps=24 / 255)
    passed, detail, figures = checks_gradients.straight(about)
    assert passed is False
    assert "Round (BPDA)" in detail
    assert figures["repaired"] > figures["own"] + 0.3
    clean, said, _ = checks_gradients.straight(context(BASE))
    assert clean is True
    assert "holds no rounding" in said


def test_gradients_are_averaged_over_draws() -> None:
    about = context("masked_stochastic", n=4)
    task = about.problem
    once = [task.passes.ascent(task.inputs, "ce", task.labels)[2] for _ in range(2)]
    mean = [Averaged(task.passes, draws=16).ascent(task.inputs, "ce", task.labels)[2]
            for _ in range(2)]  # fmt: skip
    assert np.abs(mean[0] - mean[1]).mean() < 0.5 * np.abs(once[0] - once[1]).mean()
    _, detail, figures = checks_gradients.averaged(about)
    assert "averaged over 8 draws (EOT)" in detail
    assert set(figures) == {"repaired", "own"}
    assert "does not draw" in checks_gradients.averaged(context(BASE))[1]


def test_estimated_gradients_break_what_hides_its_own() -> None:
    """Without any gradient or surrogate: differences of forward passes along tiles."""
    about = context("masked_stopped", eps=32 / 255)
    task = about.problem
    passes = Estimated(task.passes, step=16 / 255, pairs=12, seed=0)
    values = {p.name: p.default for p in ATTACKS.find("pgd").parameters} | {"steps": 20}
    blind = attacked(ATTACKS.find("pgd"), task, values).distances
    seen = attacked(ATTACKS.find("pgd"), replace(task, passes=passes), values).distances
    assert np.isfinite(seen).mean() > np.isfinite(blind).mean() + 0.3


# ---- through the front door


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bars")
    inputs, labels = pictures(32, seed=4)
    rows = ["file_name,label"]
    for i, (picture, label) in enumerate(zip(inputs, labels, strict=True)):
        Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(root / f"{i:03}.png")
        rows.append(f"{i:03}.png,{label}")
    (root / "metadata.csv").write_text("\n".join(rows))
    (root / "classes.txt").write_text("\n".join(api.class_names(BASE)))
    return root


def judged(model: str, folder: Path, *, eps: str = "8/255") -> Robustness:
    return api.robustness(
        f"folder:{folder}", model=model, split="train", limit=24, eps=eps, rounding=False
    )


def test_a_decoy_is_not_believed(folder: Path) -> None:
    """0.4.0 said "The curve can be believed." of it: 11 checks passed, none failed."""
    found = judged("masked_decoy", folder)
    assert found.trust == "not trusted"
    assert "The loss changes as gradients say" in found.verdict
    assert found.verdict.startswith("✗ Do not trust this curve")


@pytest.mark.slow
@pytest.mark.parametrize("mask", MASKS)
def test_no_masked_model_is_believed(mask: str, folder: Path) -> None:
    found = judged(f"masked_{mask}", folder)
    assert found.trust == "not trusted", found.verdict


@pytest.mark.slow
@pytest.mark.parametrize("adversarial", [False, True])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_honest_model_is_marked(architecture: str, adversarial: bool, folder: Path) -> None:
    """All checks, on every architecture, trained plainly and adversarially: 28 models."""
    name = f"all_{architecture}_{adversarial}"
    builder = trained(architecture, seed=2, adversarial=adversarial, steps=120)
    api.register_model(name, builder, input_size=SIZE, n_classes=CLASSES)
    found = judged(name, folder, eps="1/255,2/255,4/255,8/255,16/255")
    assert {c.id: c.detail for c in found.checks if c.passed is False} == {}
