"""RISE (Petsiuk et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contracts import Array, count_text
from core.modalities.picture.resample import interpolation
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.convergence import TOLERANCE, Convergence
from core.saliency.perturb import BASELINE, Probe, chunks, score_parameter

__all__ = ["Masks", "Rise"]

_LOOK_EVERY = 64
Numbers = npt.NDArray[np.float64]


class Masks:
    """Random masks in [0, 1]: coarse coins, enlarged bilinearly and cut out at a random offset.

    Parameters
    ----------
    size : tuple of int
        ``(H, W)``.
    cells : int
        Coins along each side (s in the paper).
    visible : float
        Chance that a coin shows the picture (p).
    seed : int
    """

    def __init__(self, size: tuple[int, int], cells: int, visible: float, seed: int) -> None:
        # A stream each: what is drawn does not depend on how many are drawn at once.
        self._coins, self._offsets = np.random.default_rng(seed).spawn(2)
        self._cells = cells
        self._visible = visible
        steps = [-(-length // cells) for length in size]  # one cell in pixels, rounded up
        self._steps = np.array(steps)
        self._axes = [
            _cut_outs(interpolation((cells + 1) * step, cells), length, step)
            for length, step in zip(size, steps, strict=True)
        ]

    def draw(self, n: int, visible: Numbers | None = None) -> Array:
        """Return the next ``n`` masks, float32 ``(n, H, W)``.

        ``visible`` gives each of the ``(cells, cells)`` coins a chance of its own.
        """
        chances = self._visible if visible is None else visible
        coins = self._coins.random((n, self._cells, self._cells)) < chances
        offsets = (self._offsets.random((n, 2)) * self._steps).astype(np.intp)
        rows = self._axes[0][offsets[:, 0]]
        columns = self._axes[1][offsets[:, 1]].transpose(0, 2, 1)
        return np.matmul(np.matmul(rows, coins.astype(np.float32)), columns)


def _cut_outs(enlarged: Array, length: int, n: int) -> Array:
    """Return ``length`` rows of a matrix from each of the offsets 0 … n − 1."""
    return np.stack([enlarged[offset : offset + length] for offset in range(n)])


class _Sums:
    """What is kept of masks M and scores f, for the even and the odd draws apart."""

    def __init__(self, size: tuple[int, int], *, visible: float, centred: bool) -> None:
        self._visible = visible
        self._centred = centred
        self._n = np.zeros(2)
        self._f = np.zeros(2)
        self._masks = np.zeros((2, *size))
        self._weighted = np.zeros((2, *size))

    def add(self, first: int, masks: Array, scores: Numbers) -> None:
        """Take in consecutive draws, of which ``first`` is the number of the first."""
        for half in (0, 1):
            rows = slice((half - first) % 2, None, 2)
            f = scores[rows]
            self._n[half] += len(f)
            self._f[half] += f.sum()
            self._masks[half] += masks[rows].sum(axis=0)
            # Not a matrix product: BLAS threads spin on after it and slow the next pass by a fifth.
            self._weighted[half] += np.einsum("n,nhw->hw", f.astype(np.float32), masks[rows])

    def halves(self) -> tuple[Numbers, Numbers]:
        """Return the maps of the even and of the odd draws, ``(H, W)`` each."""
        return self._map(slice(0, 1)), self._map(slice(1, 2))

    def whole(self) -> Numbers:
        """Return the map of all draws, ``(H, W)``."""
        return self._map(slice(0, 2))

    def _map(self, draws: slice) -> Numbers:
        n = self._n[draws].sum()
        mean = self._f[draws].sum() / n if self._centred else 0.0
        total = self._weighted[draws].sum(axis=0) - mean * self._masks[draws].sum(axis=0)
        scaled: Numbers = total / (n * self._visible)
        return scaled


class Rise(Method):
    """Σ f(x ⊙ M) · M / (N p) over N random masks: the mean score when a pixel is seen.

    With ``centred``, the mean score over all masks is taken away from each f. In expectation that
    lowers the whole map by one number, E f, and leaves its order; it also takes away most of the
    sampling noise, and 0 means "seeing this pixel changes nothing". The score is the softmax
    probability, as in the paper, unless asked.
    """

    id = "rise"
    name = "RISE"
    summary = (
        "Which pixels raise the score when they happen to be visible: blue ones raise it, orange "
        "ones lower it."
    )
    limits = "Random masks leave noise: few masks, a grainy map. No finer than the masks' cells."
    paper = "Petsiuk et al. 2018, RISE, arXiv:1806.07421"
    signed = True
    needs = frozenset({"plane"})
    slow = True
    random = True
    parameters = (
        Parameter(
            "n_masks", "int", 500, "Random masks; the paper takes 8000", low=2, high=20_000,
            step=100,
        ),
        Parameter("cells", "int", 7, "Cells of a mask along each side", low=2, high=32, step=1),
        Parameter(
            "visible", "float", 0.5, "Chance that a cell shows the picture", low=0.05, high=0.95,
            step=0.05,
        ),
        Parameter(
            "centred", "bool", True,
            "Take the mean score away, so that 0 means no influence; false gives the paper's map",
        ),
        BASELINE,
        score_parameter("probability"),
        TOLERANCE,
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the map of each picture and how far its halves agree."""
        problem.passes.prepare(int(parameters["n_masks"]) * len(problem.inputs))
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        probe = Probe(problem, i, dict(parameters))
        size = (problem.inputs.shape[1], problem.inputs.shape[2])
        n, visible = int(parameters["n_masks"]), float(parameters["visible"])
        masks = Masks(size, int(parameters["cells"]), visible, problem.seed)
        sums = _Sums(size, visible=visible, centred=bool(parameters["centred"]))
        convergence, look = Convergence(float(parameters["tolerance"])), _LOOK_EVERY
        for start, count in chunks(n):
            drawn = masks.draw(count)
            sums.add(start, drawn, probe.masked(drawn))
            done = start + count
            probe.progress(done / n, f"{done} of {count_text(n, 'mask')}")
            if done >= look:
                look += _LOOK_EVERY
                if convergence.enough(*sums.halves()):
                    break
        convergence.compare(*sums.halves())
        return probe.attribution(
            sums.whole(),
            convergence.figures(probe.passes),
            rises_from=0.0 if parameters["centred"] else 1.0,
        )
