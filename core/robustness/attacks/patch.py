"""An adversarial patch (Brown et al. 2017, arXiv:1712.09665), made for each picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, LossName, Problem

__all__ = ["Patch", "corners"]


class Patch(Attack):
    """A square that may have any colours; ε is the share of the picture that it covers."""

    id = "patch"
    name = "Adversarial patch"
    summary = "A square of any colours on each picture; ε is the share of its area."
    limits = "Made for one picture at one place: it need not work when it is printed and moved."
    paper = "Brown et al. 2017, Adversarial patch, arXiv:1712.09665"
    norms = ("area",)
    random = True
    parameters = (
        Parameter("steps", "int", 40, "Steps", low=1, high=1000, step=10),
        Parameter("step_size", "float", 0.1, "Size of a step, in pixels of [0, 1]", low=0.001,
                  high=1, step=0.01),
        Parameter("place", "choice", "random", "Where it lies", choices=("random", "given")),
        Parameter("x", "float", 0.5, "Its middle, from left to right, where the place is given",
                  low=0, high=1, step=0.05),
        Parameter("y", "float", 0.5, "Its middle, from top to bottom, where the place is given",
                  low=0, high=1, step=0.05),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures with their patches."""
        inside = _masks(problem, parameters)
        if not inside.any():
            return problem.inputs.copy()
        grey = np.float32(0.5)
        reached = np.where(inside, grey, problem.inputs)
        loss: LossName = "margin" if problem.targets is None else "margin_targeted"
        left = np.arange(len(problem))
        for _ in range(int(parameters["steps"])):
            problem.control.check()
            part = problem.only(left)
            logits, _, gradient = problem.passes.ascent(
                reached[left], loss, part.labels, part.targets
            )
            going = ~part.broken(logits)
            left, gradient = left[going], gradient[going]
            if not len(left):
                break
            step = np.float32(float(parameters["step_size"])) * np.sign(gradient)
            moved = np.clip(reached[left] + step, 0, 1)
            reached[left] = np.where(inside[left], moved, problem.inputs[left])
        return np.asarray(reached, np.float32)


def _masks(problem: Problem, parameters: Mapping[str, Value]) -> Array:
    n, height, width, _ = problem.inputs.shape
    side = min(int(np.sqrt(problem.eps * height * width)), height, width)
    inside = np.zeros((n, height, width, 1), bool)
    for i in range(n):
        x, y = float(parameters["x"]), float(parameters["y"])
        if parameters["place"] == "random":
            x, y = problem.rng(i).uniform(0, 1, 2)
        top, left = corners(x, y, side, height, width)
        inside[i, top : top + side, left : left + side] = True
    return np.asarray(inside)


def corners(x: float, y: float, side: int, height: int, width: int) -> tuple[int, int]:
    """Return top and left of a square around (x, y), moved inside the picture.

    >>> corners(0.5, 0.0, 4, 16, 16)
    (0, 6)
    """
    top = min(max(round(y * height - side / 2), 0), height - side)
    left = min(max(round(x * width - side / 2), 0), width - side)
    return top, left
