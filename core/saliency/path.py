"""Integrals of the gradient along a path of inputs, refined where the path bends.

The trapezoid of each interval predicts how f changes over it, and the change itself is known from
the same passes. Where the two disagree most, the interval is halved. Both errors that remain are
part of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.axes import along, inner
from core.contracts import Array
from core.parameters import OfferedChoice, Parameter, Value
from core.saliency.base import Attribution, Problem
from core.saliency.completeness import missed, smallest_change

__all__ = [
    "BASELINE", "DEFECT_TOLERANCE", "MAX_PASSES", "TOLERANCE", "Integral", "Path", "Positions",
    "attribution", "chosen", "integrals", "integrate", "refine",
]  # fmt: skip

Positions = npt.NDArray[np.float64]
Evaluate = Callable[[Positions], tuple[Array, Array]]
Report = Callable[[float, float], None]

_BISECT = 16
DEFECT_TOLERANCE = 0.10
"""Summed absolute defect of the intervals, relative to |f(x) − f(baseline)|, to stay under."""

TOLERANCE = Parameter(
    "tolerance", "float", 0.01, "Relative completeness error at which refining stops",
    low=0.0001, high=0.5, step=0.005,
)  # fmt: skip
BASELINE = OfferedChoice(
    "baseline", "choice", "black", "The empty picture that the path starts from: a plain one, the "
    "picture's mean colour, the picture blurred, noise, or the average of the maps from "
    "{averaged}",
    source="path_baselines",
)  # fmt: skip
MAX_PASSES = Parameter(
    "max_passes", "int", 300, "Most gradient passes to spend, for each baseline",
    low=2, high=5000, step=10,
)  # fmt: skip


@dataclass(frozen=True)
class Integral:
    """The shares of the pixels in the change of f along one path.

    Parameters
    ----------
    map : ndarray of float32, shape (*sites,)
    f_start, f_end : float
    error : float or None
        |Σ map − (f_end − f_start)| relative to the change; ``None`` where f does not change.
    off : float
        The same in units of f.
    passes : int
        Gradient passes spent.
    defect : float, optional
        The error summed over the intervals without cancelling, relative to the change, where the
        path is refined.
    converged : bool, optional
    """

    map: Array
    f_start: float
    f_end: float
    error: float | None
    off: float
    passes: int
    defect: float | None = None
    converged: bool | None = None


@dataclass
class Path:
    """Points on the path: position t, f, and the share of each pixel in df/dt.

    Where the path has a corner its position comes twice, with the slopes before and behind.
    """

    at: Positions
    f: Array
    slopes: Array  # (points, *sites): summed over channels; its sum over pixels is df/dt

    def defects(self) -> Positions:
        """Return, per interval, the known change of f minus its trapezoid."""
        rates = self.slopes.sum(axis=inner(self.slopes), dtype=np.float64)
        widths = np.diff(self.at)
        return np.diff(self.f) - widths * (rates[1:] + rates[:-1]) / 2

    def insert(self, at: Positions, f: Array, slopes: Array) -> None:
        """Add points and keep the order."""
        order = np.argsort(np.concatenate([self.at, at]), kind="stable")
        self.at = np.concatenate([self.at, at])[order]
        self.f = np.concatenate([self.f, f])[order]
        self.slopes = np.concatenate([self.slopes, slopes])[order]

    def integral(self) -> Array:
        """Return the trapezoidal integral of the slopes, ``(*sites,)``."""
        widths = np.diff(self.at)
        weights = np.zeros_like(self.at)
        weights[:-1] += widths / 2
        weights[1:] += widths / 2
        return np.tensordot(weights.astype(np.float32), self.slopes, axes=1)


def integrate(evaluate: Evaluate, *, tolerance: float, cap: int, report: Report) -> Integral:
    """Integrate along a path from t = 0 to t = 1 that starts with even intervals.

    Parameters are those of :func:`refine`.
    """
    at = np.linspace(0.0, 1.0, min(_BISECT + 1, cap))
    path = Path(at, *evaluate(at))
    return refine(path, evaluate, tolerance=tolerance, cap=cap, report=report)


def refine(
    path: Path, evaluate: Evaluate, *, tolerance: float, cap: int, report: Report
) -> Integral:
    """Halve intervals until the completeness error is small or the passes are spent.

    Parameters
    ----------
    path : Path
        What is known already; points are added to it.
    evaluate : callable
        Positions → f ``(n,)`` and slopes of the sites ``(n, *sites)``.
    tolerance : float
        Relative completeness error at which refining stops, once the summed defect is below
        :data:`DEFECT_TOLERANCE` as well.
    cap : int
        Most passes, those behind ``path`` included.
    report : callable
        Called after each round with the share of the work done and the error.
    """
    while True:
        defects = path.defects()
        smallest = float(smallest_change(path.f[0], path.f[-1]))
        change = max(abs(float(path.f[-1] - path.f[0])), smallest)
        error = abs(float(defects.sum())) / change
        defect = float(np.abs(defects).sum()) / change
        passes = len(np.unique(path.at))
        converged = error <= tolerance and defect <= DEFECT_TOLERANCE
        share = max(passes / cap, min(1.0, tolerance / max(error, 1e-12)))
        report(min(share, 1.0), error)
        if converged or passes >= cap:
            break
        count = min(_BISECT, cap - passes, len(defects))
        worst = np.sort(np.argsort(np.abs(defects))[-count:])
        worst = worst[path.at[worst] < path.at[worst + 1]]
        middle = (path.at[worst] + path.at[worst + 1]) / 2
        path.insert(middle, *evaluate(middle))
    f_start, f_end = float(path.f[0]), float(path.f[-1])
    relative, off = missed(f_end - f_start - float(defects.sum()), f_start, f_end)
    known = None if relative is None else defect
    return Integral(path.integral(), f_start, f_end, relative, off, passes, known, converged)


def chosen(problem: Problem, parameters: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the baselines that the parameter ``baseline`` asks for."""
    name = str(parameters["baseline"])
    return problem.modality.choices["averaged"] if name == "average" else (name,)


def integrals(
    problem: Problem, i: int, baselines: Sequence[str], *, tolerance: float, cap: int
) -> list[Integral]:
    """Integrate along the straight paths from each baseline to input ``i``."""
    done = []
    for k, name in enumerate(baselines):
        start = problem.modality.empty(name, problem.inputs[i], seed=problem.seed)

        def report(share: float, error: float, before: int = k) -> None:
            part = (before + share) / len(baselines)
            problem.control.progress(
                (i + part) / len(problem.inputs), f"completeness error {error:.1%}"
            )

        evaluate = _straight(problem, i, start)
        done.append(integrate(evaluate, tolerance=tolerance, cap=cap, report=report))
    return done


def _straight(problem: Problem, i: int, start: Array) -> Evaluate:
    direction = problem.directions[i]
    difference = problem.inputs[i] - start

    def evaluate(at: Positions) -> tuple[Array, Array]:
        problem.control.check()
        points = start + along(at.astype(np.float32), problem.inputs) * difference
        directions = np.repeat(direction[None], len(at), axis=0)
        logits, gradients = problem.passes.gradient(points, directions)
        return logits @ direction, (gradients * difference).sum(axis=-1)

    return evaluate


def attribution(
    integrals: Sequence[Integral], names: Sequence[str], **more: float | int | str | bool
) -> Attribution:
    """Return the mean of integrals over the baselines ``names``, with the worst of their errors.

    The figures name f of each baseline where there are several. From a baseline that scores as the
    picture does there is no change for an error to be a share of: its error is ``absolute_error``.
    """
    figures: dict[str, Any] = {"f_input": integrals[0].f_end}
    if len(integrals) == 1:
        figures["f_baseline"] = integrals[0].f_start
    for name, integral in zip(names, integrals, strict=True):
        if len(integrals) > 1:
            figures[f"f_baseline_{name}"] = integral.f_start
    relative = [i.error for i in integrals if i.error is not None]
    defects = [i.defect for i in integrals if i.defect is not None]
    if len(relative) < len(integrals):
        figures["absolute_error"] = max(i.off for i in integrals if i.error is None)
    if defects:
        figures["absolute_defect"] = max(defects)
    if integrals[0].converged is not None:
        figures["converged"] = all(i.converged for i in integrals)
    figures["gradient_passes"] = sum(i.passes for i in integrals)
    return Attribution(
        np.stack([i.map for i in integrals]).mean(axis=0),
        completeness_error=max(relative, default=None),
        diagnostics=figures | more,
    )
