"""Blur IG (Xu, Venugopalan & Sundararajan 2020): integrated gradients from blurred to sharp."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem
from core.saliency.path import MAX_PASSES, TOLERANCE, Positions, attribution, integrate

__all__ = ["BlurIg", "BlurPath"]


class BlurPath:
    """The picture at every width of a Gaussian, exactly, with its derivative.

    On the cosine transform of the picture (mirrored at its border) the Gaussian is a product with
    exp(−σ²ω²/2), and its derivative by σ a product with −σω² more: no differences, no cut-off
    kernel. The path runs from σ = ``widest`` at t = 0 to σ = 0 at t = 1, slower where it is
    sharp: σ = widest · (1 − t)².
    """

    def __init__(self, picture: Array, widest: float) -> None:
        from scipy.fft import dctn

        self._cosines = dctn(picture.astype(np.float64), axes=(0, 1), norm="ortho")
        rows, columns = (np.pi * np.arange(n) / n for n in picture.shape[:2])
        self._squares = (rows[:, None] ** 2 + columns[None] ** 2)[..., None]
        self._widest = widest

    def point(self, t: float) -> tuple[Array, Array]:
        """Return the picture at ``t`` and its derivative by t, ``(H, W, C)`` each."""
        from scipy.fft import idctn

        sigma = self._widest * (1 - t) ** 2
        damped = self._cosines * np.exp(-(sigma**2) * self._squares / 2)
        by_sigma = -sigma * self._squares * damped
        by_t = by_sigma * (-2 * self._widest * (1 - t))
        both = idctn(np.concatenate([damped, by_t], axis=-1), axes=(0, 1), norm="ortho")
        blurred, moved = np.split(both, 2, axis=-1)
        return blurred.astype(np.float32), moved.astype(np.float32)


class BlurIg(Method):
    """∫ ∂f(x_t)/∂x_t ⊙ dx_t/dt dt, where x_t sharpens from a wide blur to the picture."""

    id = "blur_ig"
    name = "Blur IG"
    summary = (
        "How the score builds up while the picture sharpens out of a blur, shared out over the "
        "pixels: blue for the class, orange against."
    )
    limits = (
        "Evidence that survives the widest blur (the overall colour) gets no share: see "
        "f(baseline). Flat areas get none either."
    )
    paper = "Xu et al. 2020, Attribution in Scale and Space, arXiv:2004.03383"
    needs = frozenset({"gradient", "plane"})
    signed = True
    parameters = (
        Parameter(
            "max_sigma", "float", 0.2, "Standard deviation of the widest blur, as a share of the "
            "picture's side", low=0.01, high=1.0, step=0.01,
        ),
        TOLERANCE,
        MAX_PASSES,
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the refined path integral of each picture with both errors reached."""
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    @staticmethod
    def _one(problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        picture, direction = problem.inputs[i], problem.directions[i]
        widest = float(parameters["max_sigma"]) * max(picture.shape[:2])
        path = BlurPath(picture, widest)

        def evaluate(at: Positions) -> tuple[Array, Array]:
            problem.control.check()
            points, derivatives = zip(*(path.point(float(t)) for t in at), strict=True)
            directions = np.repeat(direction[None], len(at), axis=0)
            logits, gradients = problem.passes.gradient(np.stack(points), directions)
            return logits @ direction, (gradients * np.stack(derivatives)).sum(axis=-1)

        def report(share: float, error: float) -> None:
            part = (i + share) / len(problem.inputs)
            problem.control.progress(part, f"completeness error {error:.1%}")

        integral = integrate(
            evaluate,
            tolerance=float(parameters["tolerance"]),
            cap=int(parameters["max_passes"]),
            report=report,
        )
        return attribution([integral], ["blur"], max_sigma_pixels=widest)
