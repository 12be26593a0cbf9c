"""The fast adaptive boundary attack, targeted (Croce and Hein 2019, arXiv:1907.02044)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along
from core.contracts import Array, Norm
from core.parameters import Parameter, Value
from core.robustness.attacks.apgd_dlr import likeliest_others
from core.robustness.attacks.base import Attack, Labels, Problem
from core.robustness.attacks.bisection import bisected
from core.robustness.attacks.margins import nearest_boundary

__all__ = ["Fab", "onto_plane"]

_FURTHER = 1.05
_BACK = 0.9
_MOST_TOWARDS = 0.1
_BISECTIONS = 40
_ROUNDS = 5


class Fab(Attack):
    """Projects onto the linearised boundary inside [0, 1], leaning towards the original picture."""

    id = "fab"
    name = "FAB (targeted)"
    summary = "Walks along the boundary of each likely class towards the picture: small distances."
    limits = "As local as its gradients: masked ones lead it astray."
    paper = "Croce and Hein 2019, Minimally distorted adversarial examples, arXiv:1907.02044"
    needs = frozenset({"gradient", "classes", "one_class"})
    minimal = True
    parameters = (
        Parameter("steps", "int", 50, "Steps towards each class", low=1, high=500, step=10),
        Parameter("classes", "int", 9, "Likeliest wrong classes that are tried", low=1, high=100,
                  step=1),
    )  # fmt: skip

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the nearest broken pictures found over the classes."""
        nearest = np.full(len(problem), np.inf)
        best = problem.inputs.copy()
        for rival in likeliest_others(problem, int(parameters["classes"])):
            _walk(problem, rival, int(parameters["steps"]), best, nearest)
        hit = np.flatnonzero(np.isfinite(nearest))
        if len(hit):
            best[hit] = bisected(problem.only(hit), best[hit], rounds=_ROUNDS)
        return best


def _walk(problem: Problem, rival: Labels, steps: int, best: Array, nearest: Array) -> None:
    x = problem.inputs
    here = x.copy()
    for _ in range(steps):
        problem.control.check()
        boundary = nearest_boundary(problem, here, [rival])
        sizes = problem.ball.size(here - x)
        better = problem.broken(boundary.logits) & (sizes < nearest)
        best[better], nearest[better] = here[better], sizes[better]
        hit = problem.broken(boundary.logits)
        here[hit] = x[hit] + np.float32(_BACK) * (here[hit] - x[hit])
        normal, lead = -boundary.gradient, boundary.margin
        # The lead at ``here`` was linearised there; a step back only changes where it is read.
        lead = lead - (1 / _BACK - 1) * hit * _inner(normal, here - x)
        from_here = onto_plane(here, normal, -lead, problem.norm)
        offset = -lead - _inner(normal, x - here)
        from_x = onto_plane(x, normal, offset, problem.norm)
        a, b = problem.ball.size(from_here), problem.ball.size(from_x)
        towards = np.minimum(a / np.maximum(a + b, 1e-12), _MOST_TOWARDS)
        lean = along(towards.astype(np.float32), x)
        further = np.float32(_FURTHER)
        moved = (1 - lean) * (here + further * from_here) + lean * (x + further * from_x)
        here = np.asarray(np.clip(moved, 0, 1), np.float32)


def _inner(a: Array, b: Array) -> Array:
    return np.einsum("nhwc,nhwc->n", a, b, dtype=np.float64)


def onto_plane(x: Array, normal: Array, offset: Array, norm: Norm) -> Array:
    """Return the smallest δ with normal · δ = offset and x + δ inside [0, 1].

    Where no point of the plane lies inside, the nearest corner to it.

    Parameters
    ----------
    x, normal : ndarray, shape (N, H, W, 3)
    offset : ndarray, shape (N,)
    """
    sign = along(np.sign(offset).astype(np.float32), normal)
    wanted = np.abs(offset)
    way = normal * sign  # the direction in which normal · δ grows towards the offset
    room = np.where(way > 0, 1 - x, x)
    speed = np.ones_like(way) if norm == "linf" else np.abs(way)

    def reached(factor: Array) -> Array:
        steps = np.minimum(along(factor.astype(np.float32), speed) * speed, room)
        return np.asarray(np.sign(way) * steps)

    high = np.full(len(x), 1.0)
    if norm != "linf":
        peak = np.abs(way).reshape(len(x), -1)
        high = 1 / np.maximum(np.where(peak > 0, peak, np.inf).min(axis=1), 1e-12)
    low = np.zeros(len(x))
    for _ in range(_BISECTIONS):
        # Geometrically in L2, where factors spread over many orders.
        middle = (low + high) / 2 if norm == "linf" else np.sqrt(np.maximum(low, 1e-9) * high)
        enough = _inner(way, reached(middle)) >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return reached(high)
