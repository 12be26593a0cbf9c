"""What theory and the literature promise of curves, checks and attacks (REFERENCES.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from core import api
from core.parameters import Value
from core.robustness.attacks.base import Hits, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.checks.context import CheckContext, beyond_chance
from core.robustness.checks.outcomes import CHECKS
from core.robustness.sweep import attacked, default_eps_grid

Made = Callable[..., Problem]
FAST = {"steps": 40, "restarts": 1, "classes": 1, "queries": 10}
AT_A_RADIUS = ("fgsm", "bim", "pgd", "apgd_ce", "apgd_dlr", "standard")


def fast(attack_id: str) -> Mapping[str, Value]:
    return {p.name: FAST.get(p.name, p.default) for p in ATTACKS[attack_id].parameters}


@pytest.mark.parametrize("attack_id", [a for a, c in ATTACKS.items() if not c.minimal])
def test_at_eps_0_nothing_moves(attack_id: str, problem: Made) -> None:
    """So the first point of every curve is the clean accuracy."""
    norm = ATTACKS[attack_id].norms[0]
    task = problem("rob_curved", norm, 0.0, n=4)
    few = {name: min(int(value), 3) if name in FAST else value
           for name, value in fast(attack_id).items()}  # fmt: skip
    moved = ATTACKS[attack_id]().perturb(task, few)
    np.testing.assert_array_equal(moved, task.inputs)


@pytest.mark.parametrize("attack_id", AT_A_RADIUS)
@pytest.mark.parametrize(("norm", "dual", "most"), [("linf", 1, 60 / 255), ("l2", 2, 3.0)])
def test_attacks_at_a_radius_break_a_linear_model_just_above_the_exact_distance(
    attack_id: str, norm: str, dual: int, most: float, problem: Made
) -> None:
    """Just above |f| / ‖w‖ every picture falls, just below none does."""
    task = problem("rob_linear", norm)
    rows = np.arange(len(task))
    signs = np.zeros((len(task), 2), np.float32)
    signs[rows, task.labels], signs[rows, 1 - task.labels] = 1, -1
    logits, gradient = task.passes.gradient(task.inputs, signs)
    lead = np.einsum("nc,nc->n", logits.astype(np.float64), signs)
    exact = lead / np.linalg.norm(gradient.reshape(len(task), -1).astype(np.float64), dual, axis=1)
    near = np.flatnonzero(exact < most)[:4]  # farther ones meet black or white
    assert len(near) == 4
    for row in near:
        one = task.only(np.array([row]))
        for factor, broken in ((1.03, True), (0.998, False)):
            at = replace(one, eps=float(exact[row] * factor))
            found = attacked(ATTACKS[attack_id], at, fast(attack_id))
            assert np.isfinite(found.distances[0]) == broken, factor


def test_half_of_all_range_leaves_at_most_chance_and_all_of_it_nothing(folder: Path) -> None:
    """At L∞ ε = ½ every picture can be made the same grey, so no model is above chance."""
    for model in ("rob_curved", "rob_stopped"):
        found = api.robustness(
            str(folder), model=model, split="train", limit=32, checks=False, rounding=False,
            attacks=["pgd" if model == "rob_curved" else "square"], eps="0.5,1",
        )  # fmt: skip
        _, half, whole = (p.accuracy for p in found.worst_case[0].points)
        assert half <= 1 / 5
        assert whole == 0 or model == "rob_stopped"


def test_the_ladder_holds_the_epsilons_of_security_curves() -> None:
    linf, l2 = (np.array(default_eps_grid(norm, 12288)) for norm in ("linf", "l2"))
    for eps in (0.25, 0.5, 1, 2, 4, 8, 16, 32):
        assert np.isclose(linf, eps / 255).any()
    for eps in (0.25, 0.5, 1, 2):
        assert np.isclose(l2, eps).any()
    assert linf[-1] == 1
    assert l2[-1] == pytest.approx(np.sqrt(12288))


class _Runs:
    """An exam whose independent runs are given: which of 200 pictures each ε breaks."""

    def __init__(self, broken: list[int], problem: Problem) -> None:
        self.problem = replace(problem, eps=1 / 255)
        self._broken, self.asked = broken, list[float]()

    def pgd(self, *, steps: int, eps: float) -> Hits:
        assert steps == 10
        self.asked.append(eps * 255)
        return np.asarray(np.arange(200) < self._broken[len(self.asked) - 1])


@pytest.mark.parametrize(
    ("broken", "passed"),
    [([20, 60, 90, 180], True), ([20, 60, 57, 180], True), ([20, 60, 40, 180], False)],
)
def test_raw_runs_may_rise_by_chance_alone(broken: list[int], passed: bool, problem: Made) -> None:
    """The curve is carried; the check looks at independent runs, with a binomial tolerance."""
    ask = next(q.ask for q in CHECKS if q.id == "monotone")
    runs = _Runs(broken, problem("rob_curved"))
    verdict, _, figures = ask(cast(CheckContext, runs))
    assert verdict is passed
    assert runs.asked == pytest.approx([0.5, 1, 2, 4])
    assert figures["accuracy_2"] == pytest.approx(1 - broken[2] / 200)


def test_the_sign_test_holds_its_level() -> None:
    rng = np.random.default_rng(0)
    against = rng.binomial(40, 0.5, 4000)
    assert np.mean([beyond_chance(int(a), 40 - int(a)) for a in against]) <= 0.01
    assert beyond_chance(30, 10)


@pytest.mark.slow
def test_an_undefended_imagenet_model_falls_within_half_a_level(
    imagenet_sample: list[tuple[Path, int]], tmp_path: Path
) -> None:
    """So a grid that began at 1/255 would show a cliff and no curve."""
    names = api.class_names("efficientnet_lite0")
    rows = ["file_name,label,split"]
    for i, (path, _) in enumerate(imagenet_sample[:24]):
        for split in ("train", "test"):  # a folder has to have both
            (tmp_path / f"{split}-{path.name}").write_bytes(path.read_bytes())
            rows.append(f"{split}-{path.name},{i},{split}")
    (tmp_path / "metadata.csv").write_text("\n".join(rows))
    (tmp_path / "classes.txt").write_text("\n".join(names[k] for _, k in imagenet_sample[:24]))
    found = api.robustness(
        str(tmp_path), split="test", attacks=["pgd"], checks=False, rounding=False,
        parameters={"pgd": {"steps": 10, "relative_step": 0.25}}, eps="0.25/255,0.5/255,1/255",
    )  # fmt: skip
    clean, quarter, half, _ = (p.accuracy for p in found.worst_case[0].points)
    assert clean > 0.6
    assert quarter < clean
    assert half < 0.15
