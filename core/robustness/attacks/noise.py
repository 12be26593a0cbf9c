"""Noise of a given norm: the control that an attack must beat."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np

from core.axes import along
from core.contracts import Array
from core.parameters import Parameter, Value
from core.robustness.attacks.base import Attack, Problem

__all__ = ["GaussianNoise", "UniformNoise"]

_HALVINGS = 12


class _Noise(Attack):
    """Draws whose size in the norm is ε exactly, where the picture's bounds allow that."""

    paper = "Control; Fawzi et al. 2016, Robustness of classifiers: from adversarial to random noise, arXiv:1608.08967"  # noqa: E501
    norms = ("linf", "l2", "l1")
    needs = frozenset({"classes"})
    iterative = False
    random = True
    control = True
    parameters = (
        Parameter("draws", "int", 1, "Draws that are tried on each picture", low=1, high=100,
                  step=1),
    )  # fmt: skip

    @abstractmethod
    def values(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Return one draw of any size."""

    def perturb(self, problem: Problem, parameters: Mapping[str, Value]) -> Array:
        """Return the pictures with the first draw that broke them, or the last."""
        draws = int(parameters["draws"])
        reached = problem.inputs.copy()
        left = np.arange(len(problem))
        for draw in range(draws):
            problem.control.check()
            part = problem.only(left)
            shape = part.inputs.shape[1:]
            noise = np.stack([self.values(part.rng(i, draw), shape) for i in range(len(part))])
            reached[left] = part.project(_scaled(part, noise))
            if draw + 1 < draws:
                left = left[~part.broken(problem.passes.logits(reached[left]))]
                if not len(left):
                    break
        return reached


def _scaled(problem: Problem, noise: Array) -> Array:
    """Stretch the noise until what is left of it inside [0, 1] has norm ε."""
    x = problem.inputs
    sizes = problem.ball.size(noise).astype(np.float32)
    noise = noise / along(sizes, noise)

    def stretched(factor: Array) -> Array:
        scale: Array = along(factor.astype(np.float32), noise)
        return np.asarray(np.clip(x + scale * noise, 0, 1))

    low = np.full(len(x), problem.eps)
    if problem.norm == "linf":
        return stretched(low)
    high = 16 * low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        small = problem.ball.size(stretched(middle) - x) <= problem.eps
        low, high = np.where(small, middle, low), np.where(small, high, middle)
    return stretched(low)


class UniformNoise(_Noise):
    """Uniform noise."""

    id = "uniform_noise"
    name = "Uniform noise"
    summary = "Uniform noise of norm ε: what chance breaks."
    limits = "A control, no attack: that a model withstands it says nothing about attacks."

    def values(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Return values uniform in [−1, 1]."""
        return rng.uniform(-1, 1, shape).astype(np.float32)


class GaussianNoise(_Noise):
    """Gaussian noise."""

    id = "gaussian_noise"
    name = "Gaussian noise"
    summary = "Gaussian noise of norm ε; in L∞ cut at ε, with σ = ε / 2."
    limits = "A control, no attack: that a model withstands it says nothing about attacks."

    def values(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Return Gaussian values, cut at two deviations."""
        return np.clip(rng.standard_normal(shape), -2, 2).astype(np.float32)
