"""An ensemble like AutoAttack's (Croce and Hein 2020, arXiv:2003.01690)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along
from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.apgd_ce import ApgdCe
from core.robustness.attacks.apgd_dlr import ApgdDlr
from core.robustness.attacks.base import Attack, Problem
from core.robustness.attacks.fab import Fab
from core.robustness.attacks.square import Square

__all__ = ["Standard"]

_MEMBERS: tuple[type[Attack], ...] = (ApgdCe, ApgdDlr, Fab, Square)


class Standard(Attack):
    """APGD-CE, targeted APGD-DLR, FAB and Square in turn, each on what the ones before left."""

    id = "standard"
    name = "Standard ensemble"
    summary = "APGD-CE, APGD-DLR, FAB and Square in turn, each on what is left: a reliable verdict."
    limits = "Not adaptive: a defence made against these four needs attacks made against it."
    paper = "Croce and Hein 2020, Reliable evaluation of adversarial robustness, arXiv:2003.01690"
    needs = frozenset({"gradient", "classes", "one_class"})
    random = True
    ensemble = True
    parameters = (
        Parameter("steps", "int", 100, "Steps of APGD and FAB", low=2, high=1000, step=10),
        Parameter("classes", "int", 9, "Likeliest wrong classes that are tried", low=1, high=100,
                  step=1),
        Parameter("queries", "int", 5000, "Queries of Square for each picture", low=10,
                  high=100000, step=500),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures as the first member that broke them left them, or the last."""
        reached = problem.inputs.copy()
        left = np.arange(len(problem))
        for member in _MEMBERS:
            if not len(left):
                break
            part = problem.only(left)
            values = {p.name: parameters.get(p.name, p.default) for p in member.parameters}
            moved = member().perturb(part, values)
            inside = part.ball.size(moved - part.inputs) <= part.eps + 1e-6
            kept = np.where(along(inside, moved), moved, part.inputs)
            reached[left] = kept
            left = left[~part.broken(part.passes.logits(kept))]
        return reached
