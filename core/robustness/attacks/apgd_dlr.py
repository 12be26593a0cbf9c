"""Targeted APGD on the difference of logits ratio (Croce and Hein 2020, arXiv:2003.01690)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.auto_pgd import auto_pgd
from core.robustness.attacks.base import Attack, Labels, Problem

__all__ = ["ApgdDlr", "likeliest_others"]


class ApgdDlr(Attack):
    """APGD towards each of the likeliest wrong classes in turn."""

    id = "apgd_dlr"
    name = "APGD-DLR (targeted)"
    summary = "APGD towards each likely wrong class, on a loss that no scale of logits can mask."
    limits = "The ratio needs four classes; with three or two it falls back on fewer logits."
    paper = "Croce and Hein 2020, Reliable evaluation of adversarial robustness, arXiv:2003.01690"
    needs = frozenset({"gradient", "classes", "one_class"})
    random = True
    parameters = (
        Parameter("steps", "int", 100, "Steps towards each class", low=2, high=1000, step=10),
        Parameter("classes", "int", 9, "Likeliest wrong classes that are tried", low=1, high=100,
                  step=1),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures after the first class that broke them, or the last."""
        reached = problem.inputs.copy()
        aims = likeliest_others(problem, int(parameters["classes"]))
        left = np.arange(len(problem))
        for number, goal in enumerate(aims):
            part = problem.only(left)
            reached[left] = auto_pgd(
                part, part.random_start(number), loss="dlr_targeted",
                steps=int(parameters["steps"]), targets=goal[left],
            )  # fmt: skip
            if number + 1 < len(aims):
                left = left[~part.broken(problem.passes.logits(reached[left]))]
                if not len(left):
                    break
        return reached


def likeliest_others(problem: Problem, most: int) -> list[Labels]:
    """Return for each picture the likeliest wrong classes, best first: arrays ``(N,)``.

    Where the problem has targets, they are the only ones.
    """
    if problem.targets is not None:
        return [problem.targets]
    logits = problem.passes.logits(problem.inputs).copy()
    logits[np.arange(len(problem)), problem.labels] = -np.inf
    ranked = np.argsort(-logits, axis=1, kind="stable")
    return [ranked[:, i].astype(np.int64) for i in range(min(most, problem.passes.n_classes - 1))]
