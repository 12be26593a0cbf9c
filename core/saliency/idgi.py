"""IDGI (Yang et al. 2023): integrated gradients without the noise across the path."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along, inner
from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.completeness import missed
from core.saliency.path import BASELINE, Integral, attribution, chosen

__all__ = ["Idgi"]

_CHUNK = 16


class Idgi(Method):
    """Σ over steps of (f(xⱼ₊₁) − f(xⱼ)) · gⱼ² / Σ gⱼ² with the gradient gⱼ at the step's start.

    The known change of f over each step is shared out in the direction of the gradient, the only
    one in which f changes to first order. The shares therefore add up to f(x) − f(x′) exactly,
    however few the steps. Where the gradient is 0 everywhere, that of the step's end is taken;
    were it 0 as well, the change would stay unshared and show in the completeness error.
    """

    id = "idgi"
    name = "IDGI"
    summary = (
        "Integrated gradients freed from noise across its path: the change of the score, step by "
        "step, shared out where the gradient is strong. Blue where the steps that a pixel had a "
        "hand in raised the score, orange where they lowered it."
    )
    limits = (
        "The sign is the step's, not the pixel's: all pixels of one step get shares of one sign, "
        "so the map does not tell what speaks for the class from what speaks against it. It adds "
        "up by construction: that is no sign of accuracy. It depends on the baseline."
    )
    paper = "Yang et al. 2023, IDGI, arXiv:2303.14242"
    signed = True
    signs = ("score fell", "score rose")
    random = True
    parameters = (
        BASELINE,
        Parameter(
            "n_steps", "int", 64, "Steps along the path, for each baseline",
            low=1, high=500, step=1,
        ),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the shared-out changes of each picture."""
        names, n_steps = chosen(problem, parameters), int(parameters["n_steps"])
        attributions = []
        for i in range(len(problem.inputs)):
            done = []
            for k, name in enumerate(names):
                start = problem.modality.empty(name, problem.inputs[i], seed=problem.seed)
                part = (i * len(names) + k, len(problem.inputs) * len(names))
                done.append(_integral(problem, i, start, n_steps, part))
            attributions.append(attribution(done, names))
        return attributions


def _integral(
    problem: Problem, i: int, start: Array, n_steps: int, part: tuple[int, int]
) -> Integral:
    picture, direction = problem.inputs[i], problem.directions[i]
    at = np.linspace(0.0, 1.0, n_steps + 1, dtype=np.float32)
    f = np.zeros(n_steps + 1)
    shares = np.zeros((n_steps + 1, *picture.shape[:-1]), np.float32)
    for first in range(0, n_steps + 1, _CHUNK):
        problem.control.check()
        chunk = slice(first, min(first + _CHUNK, n_steps + 1))
        points = start + along(at[chunk], problem.inputs) * (picture - start)
        directions = np.repeat(direction[None], len(points), axis=0)
        logits, gradients = problem.passes.gradient(points, directions)
        f[chunk], shares[chunk] = logits @ direction, _shares(gradients)
        share = (part[0] + chunk.stop / (n_steps + 1)) / part[1]
        problem.control.progress(share, f"point {chunk.stop} of {n_steps + 1}")
    flat = shares[:-1].max(axis=inner(shares), keepdims=True) == 0
    begin = np.where(flat, shares[1:], shares[:-1])
    total = np.tensordot(np.diff(f), begin.astype(np.float64), axes=1)
    ends = float(f[0]), float(f[-1])
    error, off = missed(float(total.sum()), *ends)
    return Integral(total.astype(np.float32), *ends, error, off, n_steps + 1)


def _shares(gradients: Array) -> Array:
    """Return g² / Σ g² per site, ``(n, *sites)``; 0 everywhere where g is."""
    squares = np.square(gradients, dtype=np.float64).sum(axis=-1)
    totals = squares.sum(axis=inner(squares), keepdims=True)
    return np.divide(squares, totals, out=np.zeros_like(squares), where=totals > 0)
