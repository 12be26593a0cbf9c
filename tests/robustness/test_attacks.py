"""Every attack: its contract, and what theory says where the answer is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.norms import ball
from core.robustness.sweep import Swept, attacked, default_eps_grid, rounded_towards, sweep

Made = Callable[..., Problem]
EPS = {"linf": 6 / 255, "l2": 0.6, "l1": 8.0, "area": 0.1}
QUICK = {"steps": 8, "restarts": 1, "queries": 40, "classes": 2, "searches": 2, "iterations": 3,
         "rounds": 1, "probes": 10}  # fmt: skip
LONGER = {"carlini_wagner": {"steps": 60, "searches": 4}}
BLIND = ("universal", "hopskipjump")  # one for all; nothing that it could start from
PAIRS = [(a, norm) for a, attack in ATTACKS.items() for norm in attack.norms]


def quick(attack: type[Attack], **given: object) -> dict[str, object]:
    """The defaults, cut down where they mean many passes."""
    few = {p.name: QUICK.get(p.name, p.default) for p in attack.parameters}
    return few | {name: value for name, value in given.items() if name in few}


def run(attack_id: str, problem: Problem, **given: object) -> Swept:
    attack = ATTACKS[attack_id]
    return attacked(attack, problem, quick(attack, **given))  # type: ignore[arg-type]


def moved(attack_id: str, problem: Problem) -> np.ndarray:
    attack = ATTACKS[attack_id]
    return attack().perturb(problem, quick(attack))  # type: ignore[arg-type]


@pytest.mark.parametrize(("attack_id", "norm"), PAIRS)
def test_contract(attack_id: str, norm: str, problem: Made) -> None:
    """Inside the ball and [0, 1], the same for the same seed, and blind to batch-mates."""
    task = problem("rob_curved", norm, EPS[norm], n=6)
    before = task.inputs.copy()
    first = moved(attack_id, task)
    assert first.shape == task.inputs.shape
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert first.min() >= 0
    assert first.max() <= 1
    np.testing.assert_array_equal(task.inputs, before)
    if not ATTACKS[attack_id].minimal:
        assert ball(norm).size(first - task.inputs).max() <= task.eps + 1e-6
    np.testing.assert_array_equal(moved(attack_id, task), first)
    if attack_id != "universal":
        alone = moved(attack_id, task.only(np.array([4])))
        np.testing.assert_allclose(alone[0], first[4], atol=2e-3)


@pytest.mark.parametrize(("attack_id", "norm"), PAIRS)
def test_targets_are_optional_and_heeded(attack_id: str, norm: str, problem: Made) -> None:
    task = problem("rob_curved", norm, 4 * EPS[norm], n=6)
    wanted = replace(task, targets=(task.labels + 1) % 5)
    aimed = task.passes.logits(moved(attack_id, wanted))
    rows = np.arange(6)
    gain = aimed[rows, wanted.targets] - task.passes.logits(task.inputs)[rows, wanted.targets]
    if not ATTACKS[attack_id].control:
        assert (aimed.argmax(axis=1) == wanted.targets).any() or gain.mean() > 0


def linear_distance(problem: Problem, dual: int) -> np.ndarray:
    """|f| / ‖w‖, w being the difference of the two classes' weights."""
    rows = np.arange(len(problem))
    directions = np.zeros((len(problem), 2), np.float32)
    directions[rows, problem.labels] = 1
    directions[rows, 1 - problem.labels] = -1
    logits, gradient = problem.passes.gradient(problem.inputs, directions)
    f = np.einsum("nc,nc->n", logits.astype(np.float64), directions)
    return f / np.linalg.norm(gradient.reshape(len(problem), -1).astype(np.float64), dual, axis=1)


@pytest.mark.parametrize(("norm", "dual"), [("linf", 1), ("l2", 2)])
def test_fgsm_is_optimal_on_a_linear_model(norm: str, dual: int, problem: Made) -> None:
    """It breaks just above the exact distance to the boundary and not just below."""
    task = problem("rob_linear", norm)
    exact = linear_distance(task, dual)
    inside = exact < {"linf": 60 / 255, "l2": 3.0}[norm]  # farther ones meet black or white
    assert inside.sum() >= 8
    for row in np.flatnonzero(inside):
        one = task.only(np.array([row]))
        assert np.isfinite(run("fgsm", replace(one, eps=exact[row] * 1.002)).distances[0])
        assert np.isinf(run("fgsm", replace(one, eps=exact[row] * 0.998)).distances[0])


@pytest.mark.parametrize("attack_id", [a for a, c in ATTACKS.items() if not c.control])
@pytest.mark.parametrize(("norm", "dual"), [("linf", 1), ("l2", 2)])
def test_no_attack_beats_the_exact_distance(
    attack_id: str, norm: str, dual: int, problem: Made
) -> None:
    if norm not in ATTACKS[attack_id].norms:
        pytest.skip(f"{attack_id} is not defined for {norm}")
    task = problem("rob_linear", norm)
    exact = linear_distance(task, dual)
    found = sweep(
        ATTACKS[attack_id], task,
        quick(ATTACKS[attack_id], **LONGER.get(attack_id, {})),  # type: ignore[arg-type]
        default_eps_grid(norm, task.inputs[0].size), rounding=False,
    )  # fmt: skip
    broken = np.isfinite(found.distances)
    assert broken.all() or attack_id in BLIND
    assert (found.distances >= exact * (1 - 1e-4)).all()


@pytest.mark.parametrize(
    ("attack_id", "norm", "dual", "loose"),
    [("deepfool", "linf", 1, 1.03), ("deepfool", "l2", 2, 1.03), ("fab", "linf", 1, 1.03),
     ("fab", "l2", 2, 1.03), ("carlini_wagner", "l2", 2, 1.15), ("hopskipjump", "l2", 2, 2.5)],
)  # fmt: skip
def test_attacks_that_look_for_a_distance_find_it_on_a_linear_model(
    attack_id: str, norm: str, dual: int, loose: float, problem: Made
) -> None:
    task = problem("rob_linear", norm, n=8)
    attack = ATTACKS[attack_id]
    values = {p.name: p.default for p in attack.parameters}
    found = sweep(attack, task, values, (), rounding=False)
    exact = linear_distance(task, dual)
    near = exact < {"linf": 60 / 255, "l2": 3.0}[norm]
    if attack_id in BLIND:
        near &= np.isfinite(found.distances)
    assert near.sum() >= 4
    assert (found.distances[near] <= exact[near] * loose).all()


def test_a_patch_changes_its_square_alone(problem: Made) -> None:
    task = problem("rob_curved", "area", 0.1, n=3)
    values = {p.name: p.default for p in ATTACKS["patch"].parameters}
    placed = ATTACKS["patch"]().perturb(task, values | {"place": "given", "x": 0.0, "y": 1.0})
    changed = (placed != task.inputs).any(axis=-1)
    assert changed[:, 11:, :5].all(axis=(1, 2)).any()
    assert not changed[:, :11].any()
    assert not changed[:, :, 5:].any()


def test_a_universal_perturbation_is_one(problem: Made) -> None:
    task = problem("rob_curved", "linf", 3 / 255)
    delta = moved("universal", task) - task.inputs
    np.testing.assert_allclose(delta, delta[:1] * np.ones_like(delta), atol=1e-6)


def test_stronger_attacks_and_noise_over_the_sample(problem: Made) -> None:
    """Not theorems, but they hold over these pictures: PGD ≥ FGSM > noise, APGD ≥ PGD."""
    task = problem("rob_curved", "linf", 1.5 / 255)
    broken = {
        name: np.isfinite(run(name, task, steps=20).distances).mean()
        for name in ("fgsm", "pgd", "apgd_ce", "apgd_dlr", "uniform_noise", "gaussian_noise")
    }
    assert broken["pgd"] >= broken["fgsm"] > broken["uniform_noise"]
    assert broken["fgsm"] > broken["gaussian_noise"]
    assert broken["apgd_ce"] >= broken["pgd"]
    assert broken["apgd_dlr"] >= broken["pgd"]


def test_noise_has_the_norm_it_says(problem: Made) -> None:
    for norm in ("linf", "l2", "l1"):
        task = problem("rob_curved", norm, EPS[norm])
        for attack_id in ("uniform_noise", "gaussian_noise"):
            sizes = ball(norm).size(moved(attack_id, task) - task.inputs)
            np.testing.assert_allclose(sizes, task.eps, rtol=1e-3)


def test_a_sweep_is_an_envelope_and_attacks_only_what_is_left(
    problem: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = problem("rob_curved", "linf")
    steps = default_eps_grid("linf", task.inputs[0].size)
    seen: list[int] = []
    fgsm = ATTACKS["fgsm"]
    own = fgsm.perturb

    def counted(self: Attack, part: Problem, parameters: object) -> np.ndarray:
        seen.append(len(part))
        return own(self, part, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(fgsm, "perturb", counted)
    found = sweep(fgsm, task, {}, steps, rounding=False)
    assert seen[0] == len(task)
    assert all(a >= b for a, b in pairwise(seen))
    assert seen[-1] < len(task)
    sizes = task.ball.size(found.pictures - task.inputs)
    np.testing.assert_allclose(sizes, found.distances, atol=1e-7)
    assert task.broken(task.passes.logits(found.pictures)).all()


def test_wrong_pictures_have_distance_0(problem: Made) -> None:
    task = problem("rob_curved", "linf", 0.1)
    wrong = replace(task, labels=(task.labels + 1) % 5)
    found = sweep(ATTACKS["pgd"], wrong, quick(ATTACKS["pgd"]), (0.1,), rounding=True)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.distances, 0)
    np.testing.assert_array_equal(found.rounded, 0)


def test_rounding_goes_towards_the_picture_and_stays_in_the_ball() -> None:
    rng = np.random.default_rng(0)
    x = (rng.integers(0, 256, (5, 8, 8, 3)) / 255).astype(np.float32)
    for eps in (0.25 / 255, 1 / 255, 1.5 / 255, 4 / 255):
        moved_ = np.clip(x + np.float32(eps) * rng.choice((-1, 1), x.shape), 0, 1)
        whole = rounded_towards(moved_.astype(np.float32), x)
        np.testing.assert_allclose(whole * 255, np.rint(whole * 255), atol=1e-4)
        assert np.abs(whole - x).max() <= eps + 1e-6
        assert np.abs(whole - x).max() >= np.floor(eps * 255 + 1e-4) / 255 - 1e-6
    assert rounded_towards(x, x) == pytest.approx(x)


def test_rounded_pictures_are_broken_later_never_sooner(problem: Made) -> None:
    task = problem("rob_curved", "linf")
    found = sweep(
        ATTACKS["pgd"], task, quick(ATTACKS["pgd"]),  # type: ignore[arg-type]
        default_eps_grid("linf", task.inputs[0].size), rounding=True,
    )  # fmt: skip
    assert np.isfinite(found.rounded).all()
    levels = found.rounded * 255
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)
    assert (found.distances <= found.rounded + 1e-6).all()


def test_projections_are_the_nearest_points() -> None:
    """Against a search: no point of the ball lies nearer."""
    rng = np.random.default_rng(1)
    delta = rng.normal(size=(4, 2, 2, 1)).astype(np.float32)
    for norm in ("linf", "l2", "l1"):
        own = ball(norm)
        radius = np.full(4, 0.5)
        near = own.shrink(delta, radius)
        assert own.size(near).max() <= 0.5 + 1e-6
        for _ in range(200):
            other = 0.5 * np.stack([own.draw(rng, (2, 2, 1)) for _ in range(4)])
            assert own.size(other).max() <= 0.5 + 1e-6
            gap = ((near - delta) ** 2).sum(axis=(1, 2, 3))
            assert (gap <= ((other - delta) ** 2).sum(axis=(1, 2, 3)) + 1e-5).all()
        step = own.steepest(delta)
        np.testing.assert_allclose(own.size(step), 1, atol=1e-5)


def test_nothing_is_traced_again_from_batch_to_batch(problem: Made) -> None:
    task = problem("rob_curved", "linf", 2 / 255, n=8)
    run("pgd", task)
    run("apgd_ce", task)
    warm = None
    for seed in range(50):
        run("pgd", replace(task, seed=seed), steps=2)
        warm = task.passes.traces if seed == 20 else warm  # type: ignore[attr-defined]
    assert task.passes.traces == warm  # type: ignore[attr-defined]
    assert warm is not None
    assert warm <= 6  # one for each loss, whatever the sizes of batches
