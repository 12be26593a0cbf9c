"""RISE whose masks follow what was seen, read by Gaussian-process regression."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import Array, count_text
from core.modalities.picture.resample import upsample
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.perturb import BASELINE, Probe, chunks, score_parameter
from core.saliency.picture.rise import Masks

__all__ = ["AdaptiveRise", "Surface"]

Numbers = npt.NDArray[np.float64]
_FIRST, _ROUNDS = 0.4, 3
"""The share of masks that are RISE's own, and in how many rounds the others follow."""
_LOWEST, _HIGHEST = 0.3, 0.7
"""Chances that a cell is seen, at the bottom and at the top of the map so far."""
_GRID = 28
"""Places of the regression along each side, at most."""
_REACH = 3 / 28
"""How far one place speaks for its neighbours (σ of the kernel), of a side."""
_NOISE = 0.3
"""Variance of what places do not explain, of that which they do on average."""


class Surface:
    """What the score owes to each place: f(M) = mean + Σ w(p) M(p) + noise, w smooth.

    w has a Gaussian process for prior, with a squared exponential kernel (Rasmussen & Williams
    2006, Gaussian Processes for Machine Learning, chapter 2), so that a few hundred masks say
    something of 784 places; RISE's weighted mean is the same without the knowledge of how masks
    overlap.

    Parameters
    ----------
    size : tuple of int
        ``(H, W)`` of the masks.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._means = [_means(length, min(length, _GRID)) for length in size]
        self._kernels = [_kernel(len(means)) for means in self._means]
        self._masks: list[Numbers] = []
        self._scores: list[Numbers] = []

    def add(self, masks: Array, scores: Numbers) -> None:
        """Take in masks ``(n, H, W)`` and the scores of the input behind them."""
        self._masks.append(np.matmul(np.matmul(self._means[0], masks), self._means[1].T))
        self._scores.append(scores)

    def weights(self) -> tuple[Numbers, float]:
        """Return the mean of w, and how well masks are foretold by all the others.

        Returns
        -------
        w : ndarray, shape (h, w)
            Of at most 28 × 28 places.
        foretold : float
            R² of each score by the regression without it: 1 at best; at 0 or below, w says nothing.
        """
        masks, scores = np.concatenate(self._masks), np.concatenate(self._scores)
        masks = masks - masks.mean(axis=0)
        scores = scores - scores.mean()
        n = len(scores)
        spread = np.matmul(np.matmul(self._kernels[0], masks), self._kernels[1]).reshape(n, -1)
        covariance = spread @ masks.reshape(n, -1).T
        scale = np.trace(covariance) / n
        inverse = np.linalg.inv(covariance / scale + _NOISE * np.eye(n))
        shares = inverse @ scores
        w = (shares @ spread / scale).reshape(masks.shape[1:])
        missed, total = np.square(shares / np.diag(inverse)).sum(), np.square(scores).sum()
        return w, float(1 - missed / total) if total > 0 else 0.0


class AdaptiveRise(Method):
    """RISE at fewer passes: the first masks are RISE's, later ones show what seems to matter.

    Each round ranks the cells by the map so far; the higher, the likelier a cell is seen. Random
    masks that hide half of an object rarely keep its class, and tell little; these do, and differ
    in the parts that are left to tell apart. The regression (:class:`Surface`) corrects for masks
    that are not drawn evenly, which RISE's mean would take for evidence.
    """

    id = "adaptive_rise"
    name = "Adaptive RISE"
    summary = (
        "Which regions raise the score when they are visible, from masks that look again where "
        "something was found."
    )
    limits = (
        "A smooth map, no finer than a ninth of a side. It looks where it found something first: "
        "what speaks against the class, or only together with hidden parts, is seen less sharply."
    )
    paper = "Petsiuk et al. 2018, RISE, arXiv:1806.07421, with masks drawn adaptively"
    signed = True
    needs = frozenset({"plane"})
    slow = True
    random = True
    parameters = (
        Parameter("n_masks", "int", 250, "Masks in all", low=20, high=2000, step=10),
        Parameter("cells", "int", 7, "Cells of a mask along each side", low=2, high=16, step=1),
        BASELINE,
        score_parameter("probability"),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the map of each picture and how well it foretells masks it has not seen."""
        problem.passes.prepare(int(parameters["n_masks"]) * len(problem.inputs))
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        probe = Probe(problem, i, dict(parameters))
        size = (problem.inputs.shape[1], problem.inputs.shape[2])
        n, cells = int(parameters["n_masks"]), int(parameters["cells"])
        masks = Masks(size, cells, 0.5, problem.seed)
        surface = Surface(size)
        first = round(_FIRST * n)
        ends = np.linspace(first, n, _ROUNDS + 1).round().astype(int)
        visible: Numbers = np.full((cells, cells), 0.5)
        done = 0
        for end in ends:
            for _, count in chunks(int(end) - done):
                drawn = masks.draw(count, visible)
                surface.add(drawn, probe.masked(drawn))
                done += count
                probe.progress(done / n, f"{done} of {count_text(n, 'mask')}")
            w, foretold = surface.weights()
            visible = _chances(w, cells)
        return probe.attribution(
            upsample(w.astype(np.float32), size),
            {"forward_passes": probe.passes, "masks_first": first, "foretold_r2": foretold},
        )


def _chances(w: Numbers, cells: int) -> Numbers:
    """Return the chance of each cell to be seen, ``(cells, cells)``, by its rank in the map."""
    from scipy.stats import rankdata

    rows, columns = (_means(length, cells) for length in w.shape)
    ranks = rankdata(rows @ w @ columns.T).reshape(cells, cells)
    chances: Numbers = _LOWEST + (_HIGHEST - _LOWEST) * (ranks - 1) / (cells * cells - 1)
    return chances


def _means(length: int, parts: int) -> Numbers:
    """Return the matrix ``(parts, length)`` that averages equal parts of a side."""
    edges = np.linspace(0, length, parts + 1)
    at = np.arange(length)
    covered = np.minimum(at + 1, edges[1:, None]) - np.maximum(at, edges[:-1, None])
    means: Numbers = np.maximum(covered, 0) * parts / length
    return means


def _kernel(n: int) -> Numbers:
    at = np.arange(n) / n
    kernel: Numbers = np.exp(-((at[:, None] - at) ** 2) / (2 * _REACH**2))
    return kernel
