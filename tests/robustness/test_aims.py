"""What attacks are after, on a linear model whose distances are known exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core import api
from core.cli import main
from core.contracts import ModelRef
from core.control import LocalControl
from core.errors import CapabilityError, InputError
from core.models.runtime import runtime
from core.models.tensorflow import keras
from core.robustness.attacks.base import Problem
from core.robustness.attacks.goals import AttackGoal, TopPasses, read_goal
from core.robustness.attacks.registry import ATTACKS
from core.robustness.passes import AttackPasses
from core.robustness.sweep import sweep

L = keras.layers
SIZE, N = 16, 4
WEIGHT = 0.05
NAMES = ("one", "two", "three", "four")
EPSILONS = np.linspace(0.005, 0.4, 80)
MODEL = "portraits_fair"


def linear(inputs: Any, n_classes: int) -> Any:
    """Each class has pixels of its own, so that the sign of the gradient is the best step of all.

    Within ε, a logit changes by ε · s at most, s the sum of its weights, the same for all classes.
    """
    out = L.Dense(n_classes, name="out")
    model = keras.Model(keras.utils.get_source_inputs(inputs), out(L.Flatten()(inputs)))
    kernel = np.zeros((SIZE * SIZE * 3, n_classes), np.float32)
    for k in range(n_classes):
        kernel[k::n_classes, k] = WEIGHT * (-1) ** np.arange(len(kernel[k::n_classes]))
    out.set_weights([kernel, np.array([0.5, 0.0, -0.7, 0.2], np.float32)])
    return model


@pytest.fixture(scope="module")
def problem() -> Problem:
    api.register_model("aims_linear", linear, input_size=SIZE, n_classes=N, labels=NAMES,
                       replace=True)  # fmt: skip
    inputs = np.random.default_rng(0).uniform(0.42, 0.58, (12, SIZE, SIZE, 3)).astype(np.float32)
    model = runtime(ModelRef("aims_linear"))
    labels = model.logits(inputs).argmax(axis=1).astype(np.int64)
    return Problem(AttackPasses(model), inputs, labels, "linf", 0.0, np.arange(12), 0,
                   LocalControl())  # fmt: skip


def known(problem: Problem, goal: AttackGoal) -> np.ndarray:
    """The exact distances: a lead falls by 2 ε s."""
    logits = problem.passes.logits(problem.inputs).astype(np.float64)
    own = logits[np.arange(len(logits)), problem.labels]
    s = WEIGHT * SIZE * SIZE * 3 / N
    if goal.index is not None or goal.least_likely:
        wanted = logits.argmin(axis=1) if goal.least_likely else np.full(len(logits), goal.index)
        lead = logits.max(axis=1) - logits[np.arange(len(logits)), wanted]
    else:
        lead = own - np.sort(logits, axis=1)[:, -1 - goal.k]
    return lead / (2 * s)


GOALS = [
    AttackGoal(),
    AttackGoal(index=2),
    AttackGoal(least_likely=True),
    AttackGoal(k=2),
    AttackGoal(k=3),
]


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.text or "untargeted")
@pytest.mark.parametrize("attack", ["fgsm", "pgd", "bim", "apgd_ce", "carlini_wagner", "square"])
def test_distances_are_those_that_are_known(
    attack: str, goal: AttackGoal, problem: Problem
) -> None:
    kept = (
        problem
        if goal.index is None
        else problem.only(np.flatnonzero(problem.labels != goal.index))
    )
    assert len(kept)
    exact = known(kept, goal)
    posed = goal.posed(kept)
    parameters = {p.name: p.default for p in ATTACKS[attack].parameters}
    if attack == "carlini_wagner":
        posed, exact = _in_l2(posed), None
    if attack == "square":
        parameters["queries"] = 300
    epsilons = EPSILONS[::5] if attack == "square" else EPSILONS
    found = sweep(ATTACKS[attack], posed, parameters, epsilons, rounding=False)
    hit = np.isfinite(found.distances)
    logits = kept.passes.logits(found.pictures)
    assert _reached(goal, kept, logits)[hit].all()
    if exact is None or attack == "square":
        assert hit.any()
        if exact is not None:
            assert (found.distances[hit] >= exact[hit] - 1e-4).all(), "none is nearer than can be"
        return
    assert hit.all()
    grid = EPSILONS[np.searchsorted(EPSILONS, exact)]
    np.testing.assert_allclose(found.distances, grid, atol=2e-3 + np.diff(EPSILONS)[0])
    assert (found.distances >= exact - 1e-4).all()


def _of_others(problem: Problem, goal: AttackGoal) -> Problem:
    rows = np.flatnonzero(problem.labels != goal.index)
    return problem if goal.index is None else problem.only(rows)


def _in_l2(problem: Problem) -> Problem:
    return replace(problem, norm="l2")


def _reached(goal: AttackGoal, problem: Problem, logits: np.ndarray) -> np.ndarray:
    if goal.index is not None:
        return logits.argmax(axis=1) == goal.index
    if goal.least_likely:
        clean = problem.passes.logits(problem.inputs)
        return logits.argmax(axis=1) == clean.argmin(axis=1)
    own = logits[np.arange(len(logits)), problem.labels]
    return (logits > own[:, None]).sum(axis=1) >= goal.k


@pytest.mark.parametrize(
    "goal", [AttackGoal(index=2), AttackGoal(least_likely=True)], ids=lambda goal: goal.text
)
@pytest.mark.parametrize("attack", ["apgd_dlr", "fab", "deepfool"])
def test_attacks_towards_one_class_reach_it(
    attack: str, goal: AttackGoal, problem: Problem
) -> None:
    kept = (
        problem
        if goal.index is None
        else problem.only(np.flatnonzero(problem.labels != goal.index))
    )
    parameters = {p.name: p.default for p in ATTACKS[attack].parameters}
    found = sweep(ATTACKS[attack], goal.posed(kept), parameters, EPSILONS, rounding=False)
    hit = np.isfinite(found.distances)
    assert hit.mean() > 0.5
    assert _reached(goal, kept, kept.passes.logits(found.pictures))[hit].all()
    assert (found.distances[hit] >= known(kept, goal)[hit] - 1e-4).all()


def test_the_first_k_are_left_by_the_margin_and_by_what_is_broken(problem: Problem) -> None:
    posed = AttackGoal(k=2).posed(problem)
    logits = np.array([[3, 2, 1, 0], [1, 2, 0, 3], [2, 2, 2, 0]] * 4, np.float32)
    posed = posed.only(np.arange(12))
    first = np.zeros(12, np.int64)
    posed = replace(posed, labels=first)
    assert posed.broken(logits)[:3].tolist() == [False, True, False], "ties fall to the lower index"
    assert posed.margin(logits)[:2].tolist() == [2.0, -1.0]
    assert posed.margin(logits)[2] > 0
    assert isinstance(posed.passes, TopPasses)


# ---- named


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        (None, AttackGoal()), ("", AttackGoal()), ("untargeted", AttackGoal()),
        ("least-likely", AttackGoal(least_likely=True)),
        ("top-1", AttackGoal()), ("top-3", AttackGoal(k=3)), ("two", AttackGoal(index=1)),
        ("class:1", AttackGoal(index=1)),
        ("2", AttackGoal(index=2)),
    ],
)  # fmt: skip
def test_an_aim_is_read_and_read_again(text: str | None, goal: AttackGoal) -> None:
    assert read_goal(text, _find, N) == goal
    assert AttackGoal.parse(goal.text) == read_goal(goal.text, _find, N) == goal


@pytest.mark.parametrize("text", ["top-4", "top-0", "nobody", "least", "class:nobody"])
def test_what_is_no_aim_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_goal(text, _find, N)


def _find(text: str) -> int:
    if text in NAMES:
        return NAMES.index(text)
    if text.isdigit() and int(text) < N:
        return int(text)
    raise InputError(f"There is no class {text}.")


# ---- requests


def request(**more: Any) -> Any:
    return api.robustness_request("portraits", model=MODEL, limit=12, eps="4/255",
                                  checks=False, **{"attacks": ["fgsm"]} | more)  # fmt: skip


def test_keys_of_untargeted_requests_stay_and_others_are_their_own() -> None:
    plain = request()
    assert plain.key == request(target="untargeted").key
    assert "target" not in plain.parts()
    keys = {request(target=t).key for t in (None, "least-likely", "0", "1")}
    assert len(keys) == 4
    assert len({request(target=t).chunk_key("fgsm", 0) for t in (None, "least-likely", "0")}) == 3
    assert "--target class:0" in request(target="0").command
    assert not api.robustness_request("portraits", model=MODEL, target="0", limit=4).checks


def test_what_cannot_leave_the_first_k_is_refused_and_not_proposed() -> None:
    api.register_model("aims_linear", linear, input_size=SIZE, n_classes=N, labels=NAMES,
                       replace=True)  # fmt: skip
    from core.models import zoo
    from core.robustness.request import _attacks

    spec = zoo.get("aims_linear")
    assert set(_attacks(None, {}, "linf", spec, AttackGoal(k=2))) == {
        "fgsm",
        "apgd_ce",
        "uniform_noise",
    }
    assert "fab" in _attacks(None, {}, "linf", spec, AttackGoal(index=1))
    with pytest.raises(
        CapabilityError, match=r"fab pushes a picture towards one class: .* behind 2"
    ):
        _attacks(["fab"], {}, "linf", spec, AttackGoal(k=2))


@pytest.mark.parametrize("target", ["0", "least-likely"])
def test_a_curve_towards_a_class(target: str) -> None:
    asked = request(target=target, attacks=["pgd"], parameters={"pgd": {"steps": 5}})
    found = api.answer(asked)
    assert found.target == (f"class:{target}" if target == "0" else target)
    if target == "0":
        assert 0 not in found.labels
    for example in found.examples:
        assert target != "0" or example.answer == 0
    any_class = api.answer(request(attacks=["pgd"], parameters={"pgd": {"steps": 5}}))
    assert any_class.target == ""
    broken = dict(zip(any_class.ids, np.isfinite(any_class.distances[0]), strict=True))
    for id, distance in zip(found.ids, found.distances[0], strict=True):
        assert broken[id] or np.isinf(distance), "what is turned into one class is turned"
    assert api.robustness_document(found)["target"] == found.target
    assert "target" not in api.robustness_document(any_class)


def test_the_command_line_says_what_it_was_after(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["robustness", "--dataset", "portraits", "--model", MODEL, "--limit", "12", "--attack",
             "fgsm", "--eps", "4/255", "--target", "least-likely"]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "Target: least-likely." in capfd.readouterr().out
    with pytest.raises(SystemExit):
        main([*words, "--json"])
    document = json.loads(capfd.readouterr().out)
    assert document["target"] == "least-likely"
    assert document["checks"] == []
    with pytest.raises(SystemExit) as ended:
        main([*words[:-1], "nobody"])
    assert ended.value.code == 2
    assert "untargeted, least-likely, top-5, or a class" in capfd.readouterr().err


# ---- one picture


def test_one_picture_is_turned_into_the_class_that_was_named(problem: Problem) -> None:
    pixels = np.rint(problem.inputs[0] * 255).astype(np.uint8)
    options: dict[str, Any] = {"model": "aims_linear", "geometry": "squash", "method": "saliency",
                               "eps": "8/255,40/255,100/255"}  # fmt: skip
    label, logits = int(problem.labels[0]), problem.passes.logits(problem.inputs[:1])[0]
    other = int(np.argsort(-logits)[2])
    picture = api.open_picture(pixels)
    plain = api.explanation_drift_request(picture, **options)
    assert plain.key == api.explanation_drift_request(picture, towards="untargeted", **options).key
    assert "towards" not in plain.parts()
    found = api.answer(api.explanation_drift_request(picture, towards=NAMES[other], **options))
    assert found.steps[0].top[0].index == label
    assert found.steps[-1].top[0].index == other
    assert f"--towards class:{other}" in found.command
    least = api.answer(api.explanation_drift_request(picture, towards="least-likely", **options))
    assert least.steps[-1].top[0].index == int(logits.argmin())
    behind = api.answer(api.explanation_drift_request(picture, towards="top-3", **options))
    assert label not in [score.index for score in behind.steps[-1].top[:3]]
    with pytest.raises(InputError, match=f"taken for {NAMES[label]} already"):
        api.answer(api.explanation_drift_request(picture, towards=NAMES[label], **options))
    with pytest.raises(CapabilityError, match="fab pushes a picture towards one class"):
        api.explanation_drift_request(picture, towards="top-3", attack="fab", **options)
