"""Integrated gradients (Sundararajan et al. 2017) along a path refined where it bends.

The trapezoid of each interval of the path predicts how f changes over it, and the change itself
is known from the same passes. Where the two disagree most, the interval is halved. Both errors
that remain are reported with the map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.parameters import Parameter, Value
from core.saliency.base import Attribution, Method, Problem

__all__ = ["IntegratedGradients"]

Positions = npt.NDArray[np.float64]

_BISECT = 16
_SMALLEST_CHANGE = 1e-6
DEFECT_TOLERANCE = 0.10
"""Summed absolute defect of the intervals, relative to |f(x) − f(baseline)|, to stay under."""

_BASELINES = {"black": 0.0, "grey": 0.5, "white": 1.0}


@dataclass
class _Path:
    """Points on the straight path: position, f, and (x − baseline) · gradient per pixel."""

    at: Positions
    f: Array
    slopes: Array  # (points, H, W): summed over channels; its sum over pixels is df/dt

    def defects(self) -> Positions:
        """Return, per interval, the known change of f minus its trapezoid."""
        rates = self.slopes.sum(axis=(1, 2), dtype=np.float64)
        widths = np.diff(self.at)
        return np.diff(self.f) - widths * (rates[1:] + rates[:-1]) / 2

    def insert(self, at: Positions, f: Array, slopes: Array) -> None:
        """Add points and keep the order."""
        order = np.argsort(np.concatenate([self.at, at]), kind="stable")
        self.at = np.concatenate([self.at, at])[order]
        self.f = np.concatenate([self.f, f])[order]
        self.slopes = np.concatenate([self.slopes, slopes])[order]

    def attribution(self) -> Array:
        """Return the trapezoidal integral of the slopes, ``(H, W)``."""
        widths = np.diff(self.at)
        weights = np.zeros_like(self.at)
        weights[:-1] += widths / 2
        weights[1:] += widths / 2
        return np.tensordot(weights.astype(np.float32), self.slopes, axes=1)


class IntegratedGradients(Method):
    """(x − x′) ⊙ ∫ ∂f(x′ + t(x − x′))/∂x dt: the shares add up to f(x) − f(x′)."""

    id = "integrated_gradients"
    name = "Integrated gradients"
    summary = (
        "How the score builds up from an empty picture to this one, shared out over the pixels: "
        "blue speaks for the class, orange against."
    )
    limits = "It depends on the baseline: what looks like the baseline can get no share."
    paper = "Sundararajan et al. 2017, Axiomatic Attribution, arXiv:1703.01365"
    signed = True
    parameters = (
        Parameter(
            "baseline", "choice", "black", "The empty picture that the path starts from",
            choices=tuple(_BASELINES),
        ),
        Parameter(
            "tolerance", "float", 0.01, "Relative completeness error at which refining stops",
            low=0.0001, high=0.5, step=0.005,
        ),
        Parameter(
            "max_passes", "int", 300, "Most gradient passes to spend",
            low=2, high=5000, step=10,
        ),
    )  # fmt: skip

    def explain(self, problem: Problem, parameters: Mapping[str, Value]) -> list[Attribution]:
        """Return the refined path integral of each picture with both errors reached."""
        return [self._one(problem, i, parameters) for i in range(len(problem.inputs))]

    def _one(self, problem: Problem, i: int, parameters: Mapping[str, Value]) -> Attribution:
        picture, direction = problem.inputs[i], problem.directions[i]
        baseline = np.full_like(picture, _BASELINES[str(parameters["baseline"])])
        cap, tolerance = int(parameters["max_passes"]), float(parameters["tolerance"])

        def evaluate(at: Positions) -> tuple[Array, Array]:
            problem.control.check()
            points = baseline + at[:, None, None, None].astype(np.float32) * (picture - baseline)
            directions = np.repeat(direction[None], len(at), axis=0)
            logits, gradients = problem.passes.gradient(points, directions)
            return logits @ direction, (gradients * (picture - baseline)).sum(axis=-1)

        at = np.linspace(0.0, 1.0, min(_BISECT + 1, cap))
        path = _Path(at, *evaluate(at))
        while True:
            defects = path.defects()
            change = max(abs(float(path.f[-1] - path.f[0])), _SMALLEST_CHANGE)
            error = abs(float(defects.sum())) / change
            defect = float(np.abs(defects).sum()) / change
            passes = len(path.at)
            share = max(passes / cap, min(1.0, tolerance / max(error, 1e-12)))
            problem.control.progress(
                (i + min(share, 1.0)) / len(problem.inputs), f"completeness error {error:.1%}"
            )
            if (error <= tolerance and defect <= DEFECT_TOLERANCE) or passes >= cap:
                break
            count = min(_BISECT, cap - passes, len(defects))
            worst = np.sort(np.argsort(np.abs(defects))[-count:])
            middle = (path.at[worst] + path.at[worst + 1]) / 2
            path.insert(middle, *evaluate(middle))
        return Attribution(
            path.attribution(),
            completeness_error=error,
            diagnostics={
                "f_input": float(path.f[-1]),
                "f_baseline": float(path.f[0]),
                "absolute_defect": defect,
                "gradient_passes": passes,
                "converged": error <= tolerance and defect <= DEFECT_TOLERANCE,
            },
        )
