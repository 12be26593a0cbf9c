"""Randomised smoothing as a way to certify (Cohen et al. 2019, arXiv:1902.02918)."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import InputError
from core.parameters import Parameter, Value
from core.robustness.certificates.base import Certifier, Task
from core.robustness.certificates.certificate import Certificate
from core.robustness.certificates.votes import certify, radius

__all__ = ["Smoothing"]

_STEPS = 4
"""Points of the automatic curve for each σ."""


class Smoothing(Certifier):
    """What the model says most often of noisy copies of a picture."""

    id = "smoothing"
    name = "Randomised smoothing"
    summary = (
        "The class that most noisy copies are given is certain within an L2 ball, whatever the "
        "network: any model can be asked, and may abstain."
    )
    limits = (
        "It certifies the smoothed model, which answers by a vote over noisy copies, with "
        "probability 1 − α a picture. A model that was never trained with noise of this σ sees "
        "little in it."
    )
    paper = "Cohen et al. 2019, Certified Adversarial Robustness via Randomized Smoothing, arXiv:1902.02918"  # noqa: E501
    norm = "l2"
    needs = frozenset({"classes"})
    chunk = 8  # a thousand passes each
    parameters = (
        Parameter("sigma", "float", 0.1, "Standard deviation of the noise, in pixels of [0, 1]",
                  low=0.01, high=2.0, step=0.05),
        Parameter("n0", "int", 100, "Noisy copies that choose the class", low=1, high=10_000,
                  step=50),
        Parameter("n", "int", 1000, "Noisy copies that its share is estimated from", low=10,
                  high=1_000_000, step=500),
        Parameter("alpha", "float", 0.001, "Probability that a certificate is wrong",
                  low=1e-6, high=0.5, step=0.001),
    )  # fmt: skip

    def certify(self, task: Task, parameters: Mapping[str, Value]) -> list[Certificate]:
        """Certify each picture with noise of its own.

        Raises
        ------
        InputError
            If there are so few copies that even all of them together certify nothing.
        """
        sigma, alpha = float(parameters["sigma"]), float(parameters["alpha"])
        n0, n = int(parameters["n0"]), int(parameters["n"])
        if radius(n, n, sigma=sigma, alpha=alpha) == 0:
            raise InputError(
                f"n={n} noisy copies certify nothing at alpha={alpha:g}, even if all agree. Take "
                "more copies, or a larger alpha."
            )
        task.model.prepare((n0 + n) * len(task.inputs))
        found = []
        for picture, i in zip(task.inputs, task.ids, strict=True):
            one = certify(
                task.model.logits, picture, sigma=sigma, n_select=n0, n_estimate=n, alpha=alpha,
                seed=(task.seed, int(i)), control=task.control,
            )  # fmt: skip
            found.append(one)
            task.control.progress(len(found) / len(task.inputs))
        return found

    def radius_grid(self, parameters: Mapping[str, Value], n_values: int) -> tuple[float, ...]:
        """Return quarters of σ, up to what full agreement would certify."""
        del n_values
        step = float(parameters["sigma"]) / _STEPS
        return tuple(step * (i + 1) for i in range(int(self.ceiling(parameters) / step) + 1))

    def ceiling(self, parameters: Mapping[str, Value]) -> float:
        """Return what is certain where all noisy copies agree."""
        n = int(parameters["n"])
        return radius(n, n, sigma=float(parameters["sigma"]), alpha=float(parameters["alpha"]))
