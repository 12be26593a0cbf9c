"""Expected gradients (Erion et al. 2019): integrated gradients averaged over many baselines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.axes import along
from core.parameters import OfferedChoice, Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.completeness import missed

__all__ = ["ExpectedGradients"]

_CHUNK = 16


class ExpectedGradients(Method):
    """E over baselines x′ and t of (x − x′) ⊙ ∂f(x′ + t(x − x′))/∂x.

    Each draw takes a new baseline and one point of its path; the points are spread evenly over
    the paths (one in each of ``n_samples`` strata). The sum estimates f(x) − E f(x′); how far off
    it is, against the mean over the same baselines, is reported.
    """

    id = "expected_gradients"
    name = "Expected gradients"
    summary = (
        "Integrated gradients averaged over many empty pictures, so that none of them is blind "
        "for all: blue for the class, orange against."
    )
    limits = (
        "Random draws: the map is noisy, and its shares add up only roughly. The baselines are "
        "drawn here, not taken from data; another background is another question."
    )
    paper = "Erion et al. 2019, Improving Performance of Deep Learning Models, arXiv:1906.10670"
    signed = True
    random = True
    parameters = (
        Parameter(
            "n_samples", "int", 96, "Draws: a baseline and a point of its path each",
            low=1, high=5000, step=1,
        ),
        OfferedChoice(
            "background", "choice", "plain colours", "Where the empty pictures are drawn from",
            source="backgrounds",
        ),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the mean over the draws for each picture."""
        problem.passes.prepare(len(problem.inputs) * int(parameters["n_samples"]))
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    @staticmethod
    def _one(problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        picture, direction = problem.inputs[i], problem.directions[i]
        n, name = int(parameters["n_samples"]), str(parameters["background"])
        rng = np.random.default_rng(problem.seed)
        at = (rng.permutation(n) + rng.random(n)).astype(np.float32) / np.float32(n)
        total, backgrounds = np.zeros(picture.shape[:-1]), 0.0
        for first in range(0, n, _CHUNK):
            problem.control.check()
            places = at[first : first + _CHUNK]
            starts = np.stack([problem.modality.background(name, picture, rng) for _ in places])
            differences = picture - starts
            directions = np.repeat(direction[None], len(places), axis=0)
            points = starts + along(places, starts) * differences
            _, gradients = problem.passes.gradient(points, directions)
            total += (gradients * differences).sum(axis=(0, -1), dtype=np.float64)
            backgrounds += float((problem.passes.logits(starts) @ direction).sum())
            done = first + len(places)
            problem.control.progress((i + done / n) / len(problem.inputs), f"draw {done} of {n}")
        f_input = float(problem.passes.logits(picture[None])[0] @ direction)
        f_background = backgrounds / n
        error, off = missed(float(total.sum()) / n, f_background, f_input)
        return Attribution(
            (total / n).astype(np.float32),
            completeness_error=error,
            diagnostics={
                "f_input": f_input,
                "f_baseline": f_background,
                "gradient_passes": n,
                "forward_passes": n + 1,
            }
            | ({"absolute_error": off} if error is None else {}),
        )
