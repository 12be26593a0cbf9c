"""Expected gradients (Erion et al. 2019): integrated gradients averaged over many baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.baselines import blur
from core.saliency.completeness import missed

__all__ = ["BACKGROUNDS", "ExpectedGradients"]

_CHUNK = 16


def _noise(picture: Array, rng: np.random.Generator) -> Array:
    return rng.random(picture.shape, dtype=np.float32)


def _plain(picture: Array, rng: np.random.Generator) -> Array:
    return np.broadcast_to(rng.random(3, dtype=np.float32), picture.shape)


def _blurred(picture: Array, rng: np.random.Generator) -> Array:
    return blur(picture, float(rng.uniform(0.05, 0.25)) * max(picture.shape[:2]))


def _noisy(picture: Array, rng: np.random.Generator) -> Array:
    noise = rng.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(picture + np.float32(0.5) * noise, 0, 1)


BACKGROUNDS: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "plain colours": _plain,
    "blurred copies": _blurred,
    "noisy copies": _noisy,
    "uniform noise": _noise,
}
"""How a baseline is drawn: one colour; the picture blurred by 5 to 25 % of its side; the picture
with Gaussian noise of 0.5, clipped; every value uniform."""


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
        Parameter(
            "background", "choice", "plain colours", "Where the empty pictures are drawn from",
            choices=tuple(BACKGROUNDS),
        ),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the mean over the draws for each picture."""
        problem.passes.prepare(len(problem.inputs) * int(parameters["n_samples"]))
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    @staticmethod
    def _one(problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        picture, direction = problem.inputs[i], problem.directions[i]
        n, draw = int(parameters["n_samples"]), BACKGROUNDS[str(parameters["background"])]
        rng = np.random.default_rng(problem.seed)
        at = (rng.permutation(n) + rng.random(n)).astype(np.float32) / np.float32(n)
        total, backgrounds = np.zeros(picture.shape[:2]), 0.0
        for first in range(0, n, _CHUNK):
            problem.control.check()
            chunk = at[first : first + _CHUNK, None, None, None]
            starts = np.stack([draw(picture, rng) for _ in chunk])
            differences = picture - starts
            directions = np.repeat(direction[None], len(chunk), axis=0)
            _, gradients = problem.passes.gradient(starts + chunk * differences, directions)
            total += (gradients * differences).sum(axis=(0, 3), dtype=np.float64)
            backgrounds += float((problem.passes.logits(starts) @ direction).sum())
            done = first + len(chunk)
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
