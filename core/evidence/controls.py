"""Curves of maps that know nothing of the model: what a map has to beat.

Which maps these are is the modality's to say (:attr:`core.modalities.base.Modality.controls`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.contracts import Array, Curve, Stored
from core.evidence.base import EvaluatedMap
from core.evidence.curves import Mode, measure_curves
from core.modalities.base import Modality

__all__ = [
    "ControlCurves", "Measured", "compare_maps_with_controls", "compare_with_controls",
    "measure_controls"
]  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One metric's curves: the map's, and one for each family of controls.

    Parameters
    ----------
    map : Curve
    families : tuple of Curve
        The mean of a family's maps, with the band from the lowest to the highest where it has
        more than one; ``source`` is the family.
    areas : mapping of str to float
        Area of each control, by its id.
    """

    map: Curve
    families: tuple[Curve, ...]
    areas: Mapping[str, float]


@dataclass(frozen=True)
class ControlCurves(Stored):
    """Curves of the controls of one picture, the same for every map of it.

    ``curves`` holds one for each control and mode, by its id; ``passes`` is what they cost.
    """

    curves: tuple[Curve, ...]
    passes: float

    def of(self, mode: Mode) -> dict[str, Curve]:
        """Return the controls' curves by id."""
        return {curve.source: curve for curve in self.curves if curve.metric == mode}


def measure_controls(evaluated: EvaluatedMap, modes: Sequence[Mode]) -> ControlCurves:
    """Measure the controls for a map's input; the map itself plays no part."""
    drawn = evaluated.modality.controls
    maps = {control.id: control.draw(evaluated.input, evaluated.seed) for control in drawn}
    before = evaluated.passes.spent
    curves = tuple(measure_curves(evaluated, maps, modes).values())
    return ControlCurves(curves, evaluated.passes.spent - before)


def compare_with_controls(
    evaluated: EvaluatedMap, modes: Sequence[Mode], controls: ControlCurves
) -> dict[Mode, Measured]:
    """Measure the map, and lay its curves beside those of the controls."""
    return compare_maps_with_controls({"map": evaluated.map}, evaluated, modes, controls)["map"]


def compare_maps_with_controls(
    maps: Mapping[str, Array],
    evaluated: EvaluatedMap,
    modes: Sequence[Mode],
    controls: ControlCurves,
) -> dict[str, dict[Mode, Measured]]:
    """Measure several maps of the same picture, each beside the same controls."""
    curves = measure_curves(evaluated, maps, modes)
    shown = {mode: _families(evaluated.modality, controls.of(mode)) for mode in modes}
    areas = {mode: {id: c.auc for id, c in controls.of(mode).items()} for mode in modes}
    return {
        name: {
            mode: Measured(replace(curves[name, mode], source="map"), shown[mode], areas[mode])
            for mode in modes
        }
        for name in maps
    }


def _families(modality: Modality, curves: Mapping[str, Curve]) -> tuple[Curve, ...]:
    return tuple(
        _band(family, [curves[c.id] for c in modality.controls if c.family == family])
        for family in modality.families
    )


def _band(family: str, curves: Sequence[Curve]) -> Curve:
    """Return the mean of curves, with the band from their lowest to their highest."""
    scores = np.stack([curve.scores for curve in curves])
    several = len(curves) > 1
    return Curve(
        metric=curves[0].metric,
        source=family,
        fractions=curves[0].fractions,
        scores=scores.mean(axis=0),
        low=scores.min(axis=0) if several else None,
        high=scores.max(axis=0) if several else None,
        auc=float(np.mean([curve.auc for curve in curves])),
    )
