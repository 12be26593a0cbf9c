"""How often a map beats the controls: maps that know nothing, and methods, over many pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.contracts import Array, Check
from core.control import LocalControl
from core.evidence.base import EvaluatedMap
from core.evidence.checks import beats_controls
from core.evidence.controls import compare_maps_with_controls, measure_controls
from core.evidence.curves import MODES
from core.evidence.passes import CountedPasses
from core.modalities.picture.uninformed_maps import FAMILIES
from core.models.runtime import Runtime
from core.saliency.base import Problem
from core.saliency.registry import METHODS

__all__ = ["ANOTHER", "Judged", "judged_maps", "verdicts"]

ANOTHER = "another_picture"
"""Grad-CAM of another picture: it knows the model, and not this picture."""

Judged = dict[str, tuple[Array, Check]]
"""By name of the map: the map ``(H, W)``, and the verdict on it."""


def verdicts(evaluated: EvaluatedMap, maps: Mapping[str, Array]) -> dict[str, Check]:
    """Return the verdict of the check against controls for each map ``(H, W)``, by name.

    The controls are measured once; the map's own curves play no part. With K maps, C controls
    and n steps about 2(K + C)(n − 1) passes.
    """
    found = compare_maps_with_controls(maps, evaluated, MODES, measure_controls(evaluated, MODES))
    return {
        name: beats_controls(replace(evaluated, map=map_), found[name])
        for name, map_ in maps.items()
    }


def judged_maps(
    model: Runtime, pictures: Sequence[Array], *, methods: Sequence[str] = (), seed: int = 0
) -> Iterator[Judged]:
    """Judge, for each picture, one map of every family that knows nothing, and of each method.

    Parameters
    ----------
    model : Runtime
        Explained is the class that it predicts.
    pictures : sequence of ndarray of float32, shape (H, W, 3)
        In [0, 1], at the model's input size; two or more, for one lends its map to the next.
    methods : sequence of str
        Ids of saliency methods, with their defaults; those of :data:`FAMILIES` and
        :data:`ANOTHER` are judged in any case.
    seed : int
        Of the families' draws and the methods.
    """
    evaluated_maps = [_evaluated_map(model, picture, seed) for picture in pictures]
    for i, evaluated in enumerate(evaluated_maps):
        maps = {
            id: family.draw(evaluated.input, np.random.default_rng([seed, i, k]))
            for k, (id, family) in enumerate(FAMILIES.items())
        }
        maps[ANOTHER] = _map("gradcam", evaluated_maps[i - 1], seed)
        maps |= {id: _map(id, evaluated, seed) for id in methods}
        checks = verdicts(evaluated, maps)
        yield {name: (map_, checks[name]) for name, map_ in maps.items()}


def _evaluated_map(model: Runtime, picture: Array, seed: int) -> EvaluatedMap:
    direction = np.zeros(model.n_classes, np.float32)
    direction[model.logits(picture[None])[0].argmax()] = 1.0
    return EvaluatedMap(
        passes=CountedPasses(model),
        input=picture,
        direction=direction,
        map=np.zeros(picture.shape[:2], np.float32),
        zero=model.spec.zero,
        seed=seed,
        control=LocalControl(),
        modality=model.modality,
    )


def _map(method: str, evaluated: EvaluatedMap, seed: int) -> Array:
    chosen = METHODS.find(method)
    declared = evaluated.modality.parameters(chosen.parameters)
    defaults = {parameter.name: parameter.default for parameter in declared}
    problem = Problem(
        evaluated.passes,
        evaluated.input[None],
        evaluated.direction[None],
        None,
        seed,
        evaluated.control,
        evaluated.modality,
    )
    return chosen().explain(problem, defaults)[0].map
