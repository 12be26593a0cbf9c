"""What a request without options runs: as strong as the strongest, within a point."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from core import api
from core.calibration.unmasked_models import CLASSES, SIZE, pictures, trained
from core.contracts import ModelRef, Norm
from core.control import LocalControl
from core.models import zoo
from core.models.runtime import runtime
from core.parameters import Value
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.passes import AttackPasses
from core.robustness.request import _defaults
from core.robustness.sweep import TOLERANCE, attacked

MODEL, EPS = "default_resnet8", 8 / 255


@pytest.fixture(scope="module")
def problem() -> Problem:
    """A residual network whose loss is rough: fixed steps get stuck on it."""
    api.register_model(MODEL, trained("resnet8", seed=1), input_size=SIZE, n_classes=CLASSES)
    passes = AttackPasses(runtime(ModelRef(MODEL)))
    inputs, labels = pictures(160, seed=5)
    right = np.flatnonzero(passes.logits(inputs).argmax(axis=1) == labels)[:128]
    control = LocalControl()
    return Problem(passes, inputs[right], labels[right], "linf", EPS, right, 0, control)


def broken(problem: Problem, name: str, given: Mapping[str, Value]) -> Hits:
    if not len(problem):
        return np.zeros(0, bool)
    values = {p.name: p.default for p in ATTACKS.find(name).parameters} | dict(given)
    return np.asarray(attacked(ATTACKS.find(name), problem, values).distances <= EPS + TOLERANCE)


def test_the_default_is_within_a_point_of_the_best_of_four(problem: Problem) -> None:
    """FGSM and PGD-40, the default of 0.4.0, left 59 % where APGD-CE leaves 44 %."""
    chosen = _defaults("linf", zoo.get(MODEL))
    attacks = {n: v for n, v in chosen.items() if not ATTACKS[n].control}
    default = np.any([broken(problem, n, v) for n, v in attacks.items()], axis=0)
    best = {
        "apgd_ce": float(broken(problem, "apgd_ce", {}).mean()),
        "apgd_dlr": float(broken(problem, "apgd_dlr", {}).mean()),
        "fab": float(broken(problem, "fab", {"steps": 30}).mean()),
    }
    assert default.mean() >= max(best.values()) - 0.01
    left = problem.only(np.flatnonzero(~default)[:24])
    assert broken(left, "square", {"queries": 500}).mean() <= 0.05
    old = broken(problem, "fgsm", {}) | broken(problem, "pgd", {})
    assert old.mean() < max(best.values()) - 0.05, "here the old default fell short"


@pytest.mark.parametrize("norm", ["linf", "l2", "l1", "area"])
def test_every_norm_has_a_default_that_it_is_defined_for(norm: Norm, problem: Problem) -> None:
    chosen = _defaults(norm, zoo.get(MODEL))
    assert any(not ATTACKS[name].control for name in chosen)
    for name, given in chosen.items():
        assert norm in ATTACKS[name].norms
        assert set(given) <= {p.name for p in ATTACKS[name].parameters}


def test_the_default_s_steps_are_in_the_command_that_repeats_it() -> None:
    asked = api.robustness_request("portraits", model="portraits_fair", limit=8)
    assert tuple(asked.attacks) == ("fgsm", "apgd_ce", "apgd_dlr", "fab", "uniform_noise")
    assert "--param fab.steps=20" in asked.command
    named = api.robustness_request(
        "portraits", model="portraits_fair", limit=8, attacks=list(asked.attacks),
        parameters={name: dict(given) for name, given in asked.attacks.items()},
    )  # fmt: skip
    assert named.key == asked.key
