"""Expected gradients (Erion et al. 2021): integrated gradients averaged over a background.

For a background picture b and a point α of the way from b to x, (x − b) ⊙ ∇f(b + α(x − b)) is an
estimate whose mean over b and α adds up to f(x) − E f(b). Here every background picture gets its
own strata of α, and counts by its weight: on a linear model the result is w ⊙ (x − E b) exactly.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.axes import along
from core.contracts import Array
from core.parameters import Parameter, Value
from core.shapley.base import Background, Explainer, Floats, ShapProblem, Shares

__all__ = ["GradientExplainer"]

Indices = npt.NDArray[np.int_]

_BATCH = 16
_REGIONS = 40


class GradientExplainer(Explainer):
    """Expected gradients against background pictures."""

    id = "gradient"
    name = "Expected gradients"
    summary = (
        "The picture is compared with a background of other pictures: each pixel gets what "
        "changing it from theirs to this one's adds to the score, along the straight way."
    )
    limits = (
        "The shares only estimate their sum: see the additivity error. They depend on the "
        "background, and the pictures on the way are blends that no camera ever saw."
    )
    paper = (
        "Erion et al. 2021, Improving performance of deep learning models with axiomatic "
        "attribution priors and expected gradients, arXiv:1906.10670"
    )
    needs = frozenset({"gradient"})
    needs_background = True
    parameters = (
        Parameter(
            "n_samples", "int", 200, "Points on the ways from the background to spend gradients at",
            low=10, high=2000, step=10,
        ),
        Parameter(
            "n_background", "int", 20, "Background pictures to choose from those given",
            low=2, high=100, step=1,
        ),
    )  # fmt: skip

    def explain(self, problem: ShapProblem, parameters: Mapping[str, Value]) -> Shares:
        """Return the mean over background and points for each class."""
        background = problem.background
        if background is None:
            raise ValueError("expected gradients need a background")
        which, at, weights = _plan(background, int(parameters["n_samples"]), problem.seed)
        values = np.zeros((len(problem.targets), *problem.input.shape[:-1]))
        passes, total = 0, len(at) * len(problem.targets)
        for start in range(0, len(at), _BATCH):
            part = slice(start, start + _BATCH)
            others = background.inputs[which[part]]
            difference = problem.input - others
            points = others + along(at[part].astype(np.float32), others) * difference
            for k, target in enumerate(problem.targets):
                problem.control.check()
                gradients = _gradients(problem, points, target)
                shares = (gradients * difference).sum(axis=-1)
                values[k] += np.tensordot(weights[part], shares, axes=1)
                passes += len(points)
                problem.control.progress(passes / total, f"gradient {passes} of {total}")
        base = background.weights @ background.logits[:, list(problem.targets)].astype(np.float64)
        return Shares(
            values,
            base,
            problem.segments(_REGIONS),
            f"the average of {background.words}",
            evaluations=len(background.inputs),
            gradient_passes=passes,
        )


def _gradients(problem: ShapProblem, points: Array, target: int) -> Array:
    directions = np.zeros((len(points), problem.n_classes), np.float32)
    directions[:, target] = 1.0
    return problem.passes.gradient(points, directions)[1]


def _plan(background: Background, n_samples: int, seed: int) -> tuple[Indices, Floats, Floats]:
    """Return, for each point, its background picture, its place in (0, 1), and its weight."""
    rng = np.random.default_rng(seed)
    counts = np.maximum(1, np.rint(background.weights * n_samples)).astype(int)
    which = np.repeat(np.arange(len(counts)), counts)
    strata = np.concatenate([np.arange(n) for n in counts])
    at = (strata + rng.random(len(which))) / counts[which]
    return which, at, background.weights[which] / counts[which]
