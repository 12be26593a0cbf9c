"""Curves of maps that know nothing of the model: what a map has to beat.

Pixels drawn at random one by one would destroy any prediction and flatter nobody; so the random
control draws coarse blocks, several times. The controls are those that the registry of methods
offers, with their defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.contracts import Array, Curve, Stored
from core.evidence.base import Subject
from core.evidence.curves import Mode, measure_curves
from core.saliency.base import Problem
from core.saliency.registry import get

__all__ = [
    "N_DRAWS",
    "ControlCurves",
    "Measured",
    "beside_controls",
    "control_map",
    "measure_controls",
]

N_DRAWS = 5
"""Draws of the random control: with the edges and 10 steps 111 passes, both curves."""
_FIRST_SEED = 1000  # apart from the seeds that people give their maps
_EDGES = "edges"


@dataclass(frozen=True)
class Measured:
    """One metric's curves: the map, the mean of the random draws, the edges.

    ``draws`` holds the area of each draw.
    """

    map: Curve
    random: Curve
    edges: Curve
    draws: tuple[float, ...]


def control_map(method: str, subject: Subject, seed: int) -> Array:
    """Return the map of a control of the registry, with its default parameters."""
    chosen = get(method)
    problem = Problem(
        subject.passes, subject.input[None], subject.direction[None], None, seed, subject.control
    )
    defaults = {p.name: p.default for p in chosen.parameters}
    return chosen().explain(problem, defaults)[0].map


@dataclass(frozen=True)
class ControlCurves(Stored):
    """Curves of the controls of one picture, the same for every map of it.

    ``curves`` holds the edges and each draw, for each mode; ``passes`` is what they cost.
    """

    curves: tuple[Curve, ...]
    passes: float

    def of(self, mode: Mode) -> tuple[Curve, list[Curve]]:
        """Return the edges' curve and the draws' curves."""
        chosen = [curve for curve in self.curves if curve.metric == mode]
        draws = [curve for curve in chosen if curve.source != _EDGES]
        return next(curve for curve in chosen if curve.source == _EDGES), draws


def measure_controls(subject: Subject, modes: Sequence[Mode]) -> ControlCurves:
    """Measure the controls beside ``subject``; its own map plays no part."""
    maps = {_EDGES: control_map("edges", subject, subject.seed)}
    for i in range(N_DRAWS):
        maps[f"draw {i}"] = control_map("random", subject, subject.seed + _FIRST_SEED + i)
    before = subject.passes.spent
    curves = tuple(measure_curves(subject, maps, modes).values())
    return ControlCurves(curves, subject.passes.spent - before)


def beside_controls(
    subject: Subject, modes: Sequence[Mode], controls: ControlCurves
) -> dict[Mode, Measured]:
    """Measure the map, and lay its curves beside those of the controls."""
    curves = measure_curves(subject, {"map": subject.map}, modes)
    measured = {}
    for mode in modes:
        edges, draws = controls.of(mode)
        areas = tuple(curve.auc for curve in draws)
        measured[mode] = Measured(curves["map", mode], _band(draws), edges, areas)
    return measured


def _band(draws: Sequence[Curve]) -> Curve:
    """Return the mean of curves with the band from their lowest to their highest."""
    scores = np.stack([curve.scores for curve in draws])
    return Curve(
        metric=draws[0].metric,
        source="random",
        fractions=draws[0].fractions,
        scores=scores.mean(axis=0),
        low=scores.min(axis=0),
        high=scores.max(axis=0),
        auc=float(np.mean([curve.auc for curve in draws])),
    )
