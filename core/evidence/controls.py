"""Curves of maps that know nothing of the model: what a map has to beat.

Pixels drawn at random one by one would destroy any prediction and flatter nobody; so the random
controls are coarse blocks. Beside them stand what photographs suggest to anybody: edges, sharp and
blurred, and the middle.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.contracts import CONTROL_FAMILIES, Array, Curve, Stored
from core.evidence.base import Subject
from core.evidence.curves import Mode, measure_curves
from core.evidence.ignorant import blurred, contrast, laplacian, texture
from core.saliency.base import Problem
from core.saliency.centre import centred
from core.saliency.edges import sobel
from core.saliency.registry import METHODS

__all__ = [
    "CONTROLS",
    "ControlCurves",
    "ControlMap",
    "Measured",
    "beside",
    "beside_controls",
    "control_map",
    "measure_controls",
]

_FIRST_SEED = 1000  # apart from the seeds that people give their maps


def control_map(method: str, subject: Subject, seed: int) -> Array:
    """Return the map of a control of the registry of methods, with its default parameters."""
    chosen = METHODS.find(method)
    problem = Problem(
        subject.passes, subject.input[None], subject.direction[None], None, seed, subject.control
    )
    defaults = {p.name: p.default for p in chosen.parameters}
    return chosen().explain(problem, defaults)[0].map


def _blocks(subject: Subject, *, draw: int) -> Array:
    return control_map("random", subject, subject.seed + _FIRST_SEED + draw)


def _grain(subject: Subject, *, sigma: float) -> Array:
    rng = np.random.default_rng([subject.seed, zlib.crc32(subject.input.tobytes())])
    return blurred(rng.standard_normal(subject.map.shape, dtype=np.float32), sigma)


def _edges(subject: Subject) -> Array:
    return sobel(subject.input)


def _fine_edges(subject: Subject) -> Array:
    return laplacian(subject.input, 1.0)


def _blurred_edges(subject: Subject, *, sigma: float) -> Array:
    return blurred(sobel(subject.input), sigma)


def _texture(subject: Subject, *, sigma: float) -> Array:
    return texture(subject.input, sigma)


def _contrast(subject: Subject, *, sigma: float) -> Array:
    return blurred(contrast(subject.input), sigma)


def _centre(subject: Subject) -> Array:
    return centred(subject.map.shape, 0.33)


@dataclass(frozen=True)
class ControlMap:
    """A map that knows nothing of the model.

    Parameters
    ----------
    id, family : str
        ``family`` is a key of :data:`~core.contracts.CONTROL_FAMILIES`.
    draw : callable
        Subject → map ``(H, W)``; the subject's own map plays no part.
    """

    id: str
    family: str
    draw: Callable[[Subject], Array]


CONTROLS: tuple[ControlMap, ...] = (
    *(ControlMap(f"random {i}", "random", partial(_blocks, draw=i)) for i in range(3)),
    ControlMap("grain", "grain", partial(_grain, sigma=1 / 110)),
    ControlMap("edges", "edges", _edges),
    ControlMap("fine edges", "edges", _fine_edges),
    ControlMap("edges/18", "blurred_edges", partial(_blurred_edges, sigma=1 / 18)),
    ControlMap("edges/9", "blurred_edges", partial(_blurred_edges, sigma=1 / 9)),
    ControlMap("texture", "texture", partial(_texture, sigma=1 / 20)),
    ControlMap("contrast", "contrast", partial(_contrast, sigma=1 / 30)),
    ControlMap("centre", "centre", _centre),
)
"""What a map has to beat, all at once; widths in shares of the shorter side. Curves see the order
of pixels alone, so one spot stands for those of every width.

Chosen, with the lead that a map needs, on 48 pictures of the ImageNet sample and 90 portraits.
"""


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


def measure_controls(subject: Subject, modes: Sequence[Mode]) -> ControlCurves:
    """Measure the controls beside ``subject``; its own map plays no part."""
    maps = {control.id: control.draw(subject) for control in CONTROLS}
    before = subject.passes.spent
    curves = tuple(measure_curves(subject, maps, modes).values())
    return ControlCurves(curves, subject.passes.spent - before)


def beside_controls(
    subject: Subject, modes: Sequence[Mode], controls: ControlCurves
) -> dict[Mode, Measured]:
    """Measure the subject's own map, and lay its curves beside those of the controls."""
    return beside({"map": subject.map}, subject, modes, controls)["map"]


def beside(
    maps: Mapping[str, Array], subject: Subject, modes: Sequence[Mode], controls: ControlCurves
) -> dict[str, dict[Mode, Measured]]:
    """Measure several maps of the subject's picture, each beside the same controls."""
    curves = measure_curves(subject, maps, modes)
    shown = {mode: _families(controls.of(mode)) for mode in modes}
    areas = {mode: {id: c.auc for id, c in controls.of(mode).items()} for mode in modes}
    return {
        name: {
            mode: Measured(replace(curves[name, mode], source="map"), shown[mode], areas[mode])
            for mode in modes
        }
        for name in maps
    }


def _families(curves: Mapping[str, Curve]) -> tuple[Curve, ...]:
    return tuple(
        _band(family, [curves[c.id] for c in CONTROLS if c.family == family])
        for family in CONTROL_FAMILIES
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
