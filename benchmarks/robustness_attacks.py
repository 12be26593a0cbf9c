"""Attacks against ART and Foolbox: the same model, pictures, ε, steps and step sizes.

Where a peer is not installed (requirements-bench.txt) its rows say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import fmean, median
from typing import Any

import numpy as np

from benchmarks.base import Options, Row, alternate, at_least, faster, info, main
from benchmarks.workload import model_inputs, stack, warm_runtime
from core.contracts import Array, ModelRef
from core.control import LocalControl
from core.data.registry import open_dataset
from core.models.runtime import Runtime, runtime
from core.models.zoo import specs
from core.parameters import Value
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.passes import AttackPasses
from core.robustness.sweep import TOLERANCE, attacked, sweep

__all__ = ["measure"]

_EPSILONS = (0.25 / 255, 0.5 / 255, 1 / 255, 2 / 255)
_STEPS, _RELATIVE = 10, 0.25
_PGD: dict[str, Value] = {
    "steps": _STEPS, "relative_step": _RELATIVE, "restarts": 1, "momentum": 0.0,
}  # fmt: skip
_PORTRAITS = "portraits_fair"
_STARTS = 3


def measure(options: Options) -> list[Row]:
    """Time PGD-10 over four ε, and compare what stands; then agreement on portraits."""
    model = warm_runtime()
    inputs = stack(model_inputs(options.some(16, 4)))
    problem = _problem(model, inputs, model.logits(inputs).argmax(axis=1).astype(np.int64))
    rows = _speed(problem, model, options)
    if _PORTRAITS in specs():
        return rows + _agreement(options)
    missing = info("Agreement with ART on portraits", None, note=f"{_PORTRAITS} is not shipped")
    return [*rows, missing]


def _problem(model: Runtime, inputs: Array, labels: Any) -> Problem:
    passes = AttackPasses(model)
    return Problem(passes, inputs, labels, "linf", 0.0, np.arange(len(inputs)), 0, LocalControl())


def _speed(problem: Problem, model: Runtime, options: Options) -> list[Row]:
    keras_model = model.network().model
    peers: dict[str, tuple[float, Callable[[], list[int]]]] = {
        "ART": (4, lambda: _art_pgd(keras_model, problem)),
        "Foolbox": (3, lambda: _foolbox_pgd(keras_model, problem)),
    }

    def ours() -> list[int]:
        found = sweep(ATTACKS.find("pgd"), problem, _PGD, _EPSILONS, rounding=False)
        return [int((found.distances > eps + TOLERANCE).sum()) for eps in _EPSILONS]

    rows = []
    for name, (target, theirs) in peers.items():
        claim = f"PGD-10, {len(problem)} pictures × {len(_EPSILONS)} ε, against {name}"
        try:
            standing = theirs()
        except ImportError as error:
            rows.append(info(claim, None, note=f"not installed: {error}"))
            continue
        mine, other = alternate(ours, theirs, repeats=options.some(3, 1), warm_up=0)
        left = ours()
        worst = max(a - b for a, b in zip(left, standing, strict=True))
        note = f"left standing {left}, there {standing}"
        rows.append(
            faster(claim, median(mine), median(other), at_least=target, unit="s", note=note)
        )
        rows.append(at_least(f"PGD-10 not weaker than {name}'s (pictures)", -worst, -1, note=note))
    return rows


def _art(model: Any, n_classes: int, size: int) -> Any:
    from art.estimators.classification import TensorFlowV2Classifier

    from core.models.tensorflow import keras

    return TensorFlowV2Classifier(
        model=model, nb_classes=n_classes, input_shape=(size, size, 3), clip_values=(0, 1),
        loss_object=keras.losses.CategoricalCrossentropy(from_logits=True),
    )  # fmt: skip


def _art_pgd(model: Any, problem: Problem) -> list[int]:
    from art.attacks.evasion import ProjectedGradientDescentTensorFlowV2

    estimator = _art(model, problem.passes.n_classes, problem.inputs.shape[1])
    targets = np.eye(problem.passes.n_classes, dtype=np.float32)[problem.labels]
    left = []
    for eps in _EPSILONS:
        attack = ProjectedGradientDescentTensorFlowV2(
            estimator, eps=eps, eps_step=_RELATIVE * eps, max_iter=_STEPS, num_random_init=1,
            batch_size=len(problem), verbose=False,
        )  # fmt: skip
        moved = attack.generate(problem.inputs, targets)
        left.append(int((~problem.broken(problem.passes.logits(moved))).sum()))
    return left


def _foolbox_pgd(model: Any, problem: Problem) -> list[int]:
    import foolbox

    from core.models.tensorflow import tf

    wrapped = foolbox.TensorFlowModel(model, bounds=(0, 1))
    attack = foolbox.attacks.LinfPGD(rel_stepsize=_RELATIVE, steps=_STEPS, random_start=True)
    _, _, success = attack(
        wrapped, tf.constant(problem.inputs), tf.constant(problem.labels), epsilons=list(_EPSILONS)
    )
    return [int((~row.numpy()).sum()) for row in success]


def _agreement(options: Options) -> list[Row]:
    """Compare accuracies on portraits: PGD-40 within a point, APGD-CE at least as strong."""
    model = runtime(ModelRef(_PORTRAITS))
    part = open_dataset("portraits").part("test")
    rows = range(options.some(400, 32))
    inputs = part.pixels(rows, model.spec.input_size).astype(np.float32) / np.float32(255)
    problem = _problem(model, inputs, part.labels[: len(inputs)])
    eps = 4 / 255
    try:
        theirs = {
            "pgd": _mean(lambda start: _art_accuracy(model, problem, eps, start=start)),
            "apgd_ce": _art_accuracy(model, problem, eps, apgd=True),
        }
    except ImportError as error:
        return [info("Agreement with ART on portraits", None, note=f"not installed: {error}")]
    pgd = dict(_PGD, steps=40, relative_step=0.1)
    mine = {
        "pgd": _mean(
            lambda start: _accuracy(ATTACKS.find("pgd"), replace(problem, seed=start), eps, pgd)
        ),
        "apgd_ce": _accuracy(ATTACKS.find("apgd_ce"), problem, eps, {"steps": 40, "restarts": 1}),
    }
    apart = 100 * abs(mine["pgd"] - theirs["pgd"])
    stronger = 100 * (theirs["apgd_ce"] - mine["apgd_ce"])
    return [
        at_least(
            "PGD-40 on portraits, 1 − distance to ART (points)", 1 - apart, 0,
            note=f"accuracy {mine['pgd']:.3f}, ART {theirs['pgd']:.3f}, n {len(problem)}, "
            f"means of {_STARTS} random starts",
        ),
        at_least(
            "APGD-CE on portraits, lead over ART's at 40 iterations (points)", stronger, 0,
            note=f"accuracy {mine['apgd_ce']:.3f}, ART {theirs['apgd_ce']:.3f}, n {len(problem)}",
        ),
    ]  # fmt: skip


def _accuracy(
    attack: type[Attack], problem: Problem, eps: float, values: dict[str, Value]
) -> float:
    found = attacked(attack, replace(problem, eps=eps), values)
    return float((found.distances > eps + TOLERANCE).mean())


def _mean(accuracy: Callable[[int], float]) -> float:
    """Return the mean over random starts: one alone moves it by more than a point."""
    return fmean(accuracy(start) for start in range(_STARTS))


def _art_accuracy(
    model: Runtime, problem: Problem, eps: float, *, apgd: bool = False, start: int = 0
) -> float:
    from art.attacks.evasion import (
        AutoProjectedGradientDescent,
        ProjectedGradientDescentTensorFlowV2,
    )

    np.random.seed(start)  # ART draws from the global generator
    estimator = _art(model.network().model, model.n_classes, model.spec.input_size)
    targets = np.eye(model.n_classes, dtype=np.float32)[problem.labels]
    if apgd:
        attack = AutoProjectedGradientDescent(
            estimator, eps=eps, eps_step=2 * eps, max_iter=40, nb_random_init=1, batch_size=64,
            loss_type="cross_entropy", verbose=False,
        )  # fmt: skip
    else:
        attack = ProjectedGradientDescentTensorFlowV2(
            estimator, eps=eps, eps_step=0.1 * eps, max_iter=40, num_random_init=1, batch_size=64,
            verbose=False,
        )  # fmt: skip
    moved = attack.generate(problem.inputs, targets)
    return float((~problem.broken(problem.passes.logits(moved.astype(np.float32)))).mean())


if __name__ == "__main__":
    main(measure, __doc__)
