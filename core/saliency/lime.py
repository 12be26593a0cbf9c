"""LIME over regions of the picture (Ribeiro et al. 2016)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import Array, count_text
from core.parameters import OfferedChoice, Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.convergence import TOLERANCE, Convergence
from core.saliency.perturb import BASELINE, Probe, chunks, score_parameter

__all__ = ["Lime", "closeness", "weighted_ridge"]

_RIDGE = 1.0
"""The penalty of the authors' package."""

_LOOK_EVERY = 64
Numbers = npt.NDArray[np.float64]


def closeness(keep: Array, width: float) -> Numbers:
    """Return the weight of each sample: exp(−d²/(2 width²)), d its cosine distance to all ones.

    Parameters
    ----------
    keep : ndarray, shape (N, n_regions)
        1 where the region is shown, 0 where it is hidden.
    width : float
    """
    distance = 1 - np.sqrt(keep.mean(axis=1, dtype=np.float64))
    weights: Numbers = np.exp(-np.square(distance / width) / 2)
    return weights


def weighted_ridge(keep: Array, scores: Numbers, weights: Numbers, penalty: float) -> Numbers:
    """Return the coefficients that minimise Σ wᵢ (fᵢ − β₀ − β·zᵢ)² + penalty ‖β‖².

    In closed form; the intercept β₀ bears no penalty and is left out of the result.
    """
    share = weights / weights.sum()
    z = keep - share @ keep
    f = scores - share @ scores
    normal = (z * weights[:, None]).T @ z
    normal[np.diag_indices_from(normal)] += penalty
    coefficients: Numbers = np.linalg.solve(normal, (z * weights[:, None]).T @ f)
    return coefficients


class Lime(Method):
    """A linear model of the score in which regions are shown, fitted close to the whole picture.

    Each region is hidden with chance ½. Samples that show more count more, by an exponential
    kernel of their cosine distance to the whole picture. The map holds the coefficients. The score
    is the softmax probability, as in the paper, unless asked.
    """

    id = "lime"
    name = "LIME"
    summary = (
        "What each region adds to the score in a linear model of the neighbourhood: blue speaks "
        "for the class, orange against."
    )
    limits = (
        "No finer than its regions, which are a choice; a linear model misses what regions do "
        "together."
    )
    paper = "Ribeiro et al. 2016, Why Should I Trust You?, arXiv:1602.04938"
    signed = True
    needs = frozenset()
    slow = True
    random = True
    parameters = (
        Parameter("n_samples", "int", 500, "Pictures with regions hidden at random", low=16,
                  high=20_000, step=100),
        Parameter("n_regions", "int", 50, "About how many regions", low=4, high=200, step=5),
        OfferedChoice(
            "regions", "choice", "superpixels", "Along the picture's edges, or a square grid",
            source="partitions",
        ),
        Parameter(
            "kernel_width", "float", 0.25, "How fast samples lose weight as more is hidden",
            low=0.05, high=5.0, step=0.05,
        ),
        BASELINE,
        score_parameter("probability"),
        TOLERANCE,
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the coefficients of each picture, every pixel with that of its region."""
        problem.passes.prepare(int(parameters["n_samples"]) * len(problem.inputs))
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        probe = Probe(problem, i, dict(parameters))
        kind, n_regions = str(parameters["regions"]), int(parameters["n_regions"])
        labels = problem.modality.units(probe.input, kind, n_regions)
        n, width = int(parameters["n_samples"]), float(parameters["kernel_width"])
        keep = _samples(n, int(labels.max()) + 1, problem.seed)
        weights = closeness(keep, width)
        scores = np.zeros(n)
        convergence, look = Convergence(float(parameters["tolerance"])), _LOOK_EVERY

        def fit(rows: slice) -> Numbers:
            return weighted_ridge(keep[rows], scores[rows], weights[rows], _RIDGE)

        for start, count in chunks(n):
            done = start + count
            scores[start:done] = probe.masked_regions(labels, keep[start:done])
            probe.progress(done / n, f"{done} of {count_text(n, 'sample')}")
            if done >= look:
                look += _LOOK_EVERY
                if convergence.enough(fit(slice(0, done, 2)), fit(slice(1, done, 2))):
                    break
        convergence.compare(fit(slice(0, done, 2)), fit(slice(1, done, 2)))
        return probe.attribution(
            fit(slice(0, done))[labels],
            convergence.figures(probe.passes) | {"regions": keep.shape[1]},
        )


def _samples(n: int, n_regions: int, seed: int) -> Array:
    """Return which regions each sample shows, ``(n, n_regions)``; the first shows all."""
    keep = np.random.default_rng(seed).random((n, n_regions)) < 0.5
    keep[0] = True
    return keep.astype(np.float32)
