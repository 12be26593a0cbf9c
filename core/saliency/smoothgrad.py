"""SmoothGrad (Smilkov et al. 2017), its squares and its variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.reduce import CHANNELS, REDUCERS

__all__ = ["SmoothGrad"]

Doubles = npt.NDArray[np.float64]

_CHUNK = 16


@dataclass
class _Sums:
    """Running sums over noisy copies; in float64, for a variance is a small difference of them."""

    plain: Doubles
    magnitude: Doubles
    squared: Doubles
    count: int = 0

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> _Sums:
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def add(self, gradients: Array) -> None:
        self.count += len(gradients)
        self.plain += gradients.sum(axis=0, dtype=np.float64)
        self.magnitude += np.abs(gradients).sum(axis=0, dtype=np.float64)
        self.squared += np.square(gradients, dtype=np.float64).sum(axis=0)


_AGGREGATES: dict[str, Callable[[_Sums], Doubles]] = {
    "mean": lambda s: s.plain / s.count,
    "magnitude": lambda s: s.magnitude / s.count,
    "squared": lambda s: s.squared / s.count,
    "variance": lambda s: np.maximum(s.squared / s.count - (s.plain / s.count) ** 2, 0),
}


class SmoothGrad(Method):
    """The mean gradient over noisy copies of the picture.

    Or, by ``aggregate``, of its magnitude, of its square (SmoothGrad-SQ: Hooker et al. 2018,
    arXiv:1806.10758), or its variance (VarGrad: Adebayo et al. 2018, arXiv:1810.03307).
    """

    id = "smoothgrad"
    name = "SmoothGrad"
    summary = "The gradient averaged over noisy copies of the picture, which steadies it."
    limits = (
        "The noise level is a choice that changes the map; still sensitivity, not importance. The "
        "variance shows where the gradient is unsteady, and is 0 where it never changes."
    )
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
            "What is taken over the copies: the mean of the gradients, of their magnitudes or of "
            "their squares (SmoothGrad-SQ), or their variance (VarGrad)",
            choices=tuple(_AGGREGATES),
        ),
        CHANNELS,
    )  # fmt: skip

    def is_signed(self, parameters: Mapping[str, Value]) -> bool:
        """Only the plain mean keeps the sign of the gradient."""
        return parameters["aggregate"] == "mean" and super().is_signed(parameters)

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the reduced aggregate of each picture."""
        maps = []
        for i in range(len(problem.inputs)):
            sums = self._sums(problem, i, parameters)
            aggregate = _AGGREGATES[str(parameters["aggregate"])](sums)
            reduce = REDUCERS[str(parameters["channels"])]
            maps.append(Attribution(reduce(aggregate.astype(np.float32))))
        return maps

    @staticmethod
    def _sums(problem: Problem, i: int, parameters: Mapping[str, Value]) -> _Sums:
        # A generator of its own for each picture: its map does not depend on its batch-mates.
        rng = np.random.default_rng(problem.seed)
        picture, direction = problem.inputs[i], problem.directions[i]
        n = int(parameters["n_samples"])
        sigma = np.float32(float(parameters["noise"]) * np.ptp(picture))
        sums = _Sums.empty(picture.shape)
        for start in range(0, n, _CHUNK):
            problem.control.check()
            count = min(_CHUNK, n - start)
            noise = rng.standard_normal((count, *picture.shape), dtype=np.float32)
            noise *= sigma
            noise += picture
            directions = np.repeat(direction[None], count, axis=0)
            _, gradients = problem.passes.gradient(noise, directions)
            sums.add(gradients)
            share = (i + (start + count) / n) / len(problem.inputs)
            problem.control.progress(share, f"{start + count} of {n} noisy copies")
        return sums
