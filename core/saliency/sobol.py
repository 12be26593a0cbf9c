"""Sobol attribution (Fel et al. 2021): total-order indices of the cells of a grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.modalities.units import grid
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.convergence import TOLERANCE, Convergence
from core.saliency.perturb import BASELINE, Probe, score_parameter

__all__ = ["Sobol", "jansen"]

_LOOK_FROM = 8
Numbers = npt.NDArray[np.float64]


def jansen(base: Numbers, swapped: Numbers, variance: float) -> Numbers:
    """Return total-order Sobol indices (Jansen 1999, Comput. Phys. Commun. 117).

    Parameters
    ----------
    base : ndarray, shape (N,)
        f(Aₙ).
    swapped : ndarray, shape (N, d)
        f(Aₙ) with coordinate j taken from Bₙ.
    variance : float
        Var f; where it is 0 all indices are 0.

    Returns
    -------
    ndarray, shape (d,)
        Σₙ (f(Aₙ) − f(Aₙ with j from Bₙ))² / (2 N Var f).
    """
    if variance == 0:
        return np.zeros(swapped.shape[1])
    half_squares: Numbers = np.square(base[:, None] - swapped).mean(axis=0) / 2
    return half_squares / variance


class Sobol(Method):
    """Share of Var f that a cell has a hand in, alone or together with others.

    Each cell fades towards the baseline by a factor of its own, drawn from a scrambled Sobol
    sequence. The score is the logit, as in the authors' experiments with models that end in one.
    """

    id = "sobol"
    name = "Sobol"
    summary = (
        "How much of the score's ups and downs a cell has a hand in when all cells fade at random: "
        "interactions count in full."
    )
    limits = "It says that a cell matters, not in which direction; cells, not pixels; many passes."
    paper = "Fel et al. 2021, Look at the Variance!, arXiv:2111.04138"
    needs = frozenset()
    slow = True
    random = True
    parameters = (
        Parameter("cells", "int", 8, "Cells along each side", low=2, high=16, step=1),
        Parameter(
            "n_designs", "int", 16, "Designs; each takes a pass for every cell, and two more",
            low=4, high=256, step=4,
        ),
        BASELINE,
        score_parameter("logit"),
        TOLERANCE,
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the indices of each picture, every pixel with that of its cell."""
        cells, n = int(parameters["cells"]), int(parameters["n_designs"])
        problem.passes.prepare(n * (cells ** (problem.inputs.ndim - 2) + 2) * len(problem.inputs))
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        probe = Probe(problem, i, dict(parameters))
        cells, n = int(parameters["cells"]), int(parameters["n_designs"])
        sites = problem.inputs.shape[1:-1]
        labels = grid(sites, (cells,) * len(sites))
        a, b = _designs(n, int(labels.max()) + 1, problem.seed)
        convergence = Convergence(float(parameters["tolerance"]))
        scores = np.zeros((n, a.shape[1] + 2))
        for done in range(1, n + 1):
            fades = _rows(a[done - 1], b[done - 1])
            scores[done - 1] = probe.masked_regions(labels, fades)
            probe.progress(done / n, f"{done} of {n} designs")
            if done >= _LOOK_FROM and convergence.enough(*_halves(scores[:done])):
                break
        used = scores[:done]
        convergence.compare(*_halves(used))
        return probe.attribution(_indices(used)[labels], convergence.figures(probe.passes))


def _designs(n: int, n_cells: int, seed: int) -> tuple[Array, Array]:
    """Return the matrices A and B, ``(n, n_cells)`` each, of a scrambled Sobol sequence."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(2 * n_cells, rng=np.random.default_rng(seed))
    points = sequence.random_base2((n - 1).bit_length())[:n].astype(np.float32)
    return points[:, :n_cells], points[:, n_cells:]


def _rows(a: Array, b: Array) -> Array:
    """Return A, B, and A with each coordinate in turn taken from B: ``(d + 2, d)``."""
    rows = np.tile(a, (len(a) + 2, 1))
    rows[1] = b
    each = np.arange(len(a))
    rows[each + 2, each] = b
    return rows


def _indices(scores: Numbers) -> Numbers:
    """Return the indices from rows of scores of A, B and A with each coordinate of B."""
    return jansen(scores[:, 0], scores[:, 2:], float(scores[:, :2].var(ddof=1)))


def _halves(scores: Numbers) -> tuple[Numbers, Numbers]:
    return _indices(scores[::2]), _indices(scores[1::2])
