"""SmoothGrad (Smilkov et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.reduce import CHANNELS, REDUCERS

__all__ = ["SmoothGrad"]

_CHUNK = 16


class SmoothGrad(Method):
    """The mean gradient over noisy copies of the picture."""

    id = "smoothgrad"
    name = "SmoothGrad"
    summary = "The gradient averaged over noisy copies of the picture, which steadies it."
    limits = "The noise level is a choice that changes the map; still sensitivity, not importance."
    paper = "Smilkov et al. 2017, SmoothGrad, arXiv:1706.03825"
    random = True
    parameters = (
        Parameter("n_samples", "int", 20, "Noisy copies", low=1, high=500, step=1),
        Parameter(
            "noise", "float", 0.2, "Standard deviation of the noise, as a share of the "
            "picture's range of values", low=0.0, high=1.0, step=0.01,
        ),
        Parameter(
            "aggregate", "choice", "mean",
            "Average the gradients themselves, or their magnitudes",
            choices=("mean", "magnitude"),
        ),
        CHANNELS,
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the reduced mean gradient of each picture."""
        maps = []
        for i, picture in enumerate(problem.inputs):
            mean = self._mean(problem, picture, problem.directions[i], parameters, done=i)
            maps.append(Attribution(REDUCERS[str(parameters["channels"])](mean)))
        return maps

    def _mean(
        self,
        problem: Problem,
        picture: Array,
        direction: Array,
        parameters: Mapping[str, Value],
        *,
        done: int,
    ) -> Array:
        # A generator of its own for each picture: its map does not depend on its batch-mates.
        rng = np.random.default_rng(problem.seed)
        n = int(parameters["n_samples"])
        sigma = np.float32(float(parameters["noise"]) * np.ptp(picture))
        total = np.zeros_like(picture)
        for start in range(0, n, _CHUNK):
            problem.control.check()
            count = min(_CHUNK, n - start)
            noise = rng.standard_normal((count, *picture.shape), dtype=np.float32)
            noise *= sigma
            noise += picture
            directions = np.repeat(direction[None], count, axis=0)
            _, gradients = problem.passes.gradient(noise, directions)
            if parameters["aggregate"] == "magnitude":
                np.abs(gradients, out=gradients)
            total += gradients.sum(axis=0)
            share = (done + (start + count) / n) / len(problem.inputs)
            problem.control.progress(share, f"{start + count} of {n} noisy copies")
        return total / np.float32(n)
