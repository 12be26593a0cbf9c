"""Deletion and insertion against Xplique's, on the same maps, model and protocol.

Xplique runs in an environment of its own on the same weights. Maps that are flat in places are
given as ranks: which of equal pixels goes first is a choice, and Xplique's is not stated.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.base import Options, Row, at_most, info, main
from benchmarks.evidence_speed import evaluated
from benchmarks.peers import environment
from benchmarks.versus_xplique import export
from benchmarks.workload import ROOT, defaults, model_inputs, problem, stack, warm_runtime
from core.contracts import Array
from core.evidence.curves import MODES, measure_curves
from core.evidence.order import descending
from core.modalities.picture.removal import blurred
from core.models.runtime import Runtime
from core.saliency.base import Problem

__all__ = ["measure"]

_METHODS = ("gradcam", "saliency", "integrated_gradients", "random", "edges")
_PRESETS = ("xplique", "rise")
_TOLERANCE = 0.01


def measure(options: Options) -> list[Row]:
    """Compare the areas of every map on every picture."""
    model = warm_runtime()
    task = problem(model, stack(model_inputs(options.some(4, 1))))
    maps = np.stack([_ranked(task, method) for method in _METHODS])
    with tempfile.TemporaryDirectory(prefix="pellucid-xplique-") as name:
        folder = Path(name)
        export(model, task, folder)
        zero = model.spec.preprocessing.zero
        soft = np.stack([blurred(x, zero) for x in task.inputs])
        np.savez(folder / "maps.npz", maps=maps, zero=zero, blurred=soft)
        theirs = _theirs(folder)
    began = time.perf_counter()
    ours = _ours(model, task, maps)
    seconds = time.perf_counter() - began
    rows = [_row(name, ours[name], np.array(theirs["scores"][name])) for name in ours]
    return [
        *rows,
        info(
            f"All {maps[:, :, 0, 0].size * len(rows)} areas, once, loading left out",
            seconds,
            float(theirs["seconds"]),
            unit="s",
            note="Xplique's first calls trace its model",
        ),
    ]


def _ranked(task: Problem, method: str) -> Array:
    chosen, parameters = defaults(method)
    ranked = []
    for attribution in chosen.explain(task, parameters):
        order = descending(attribution.map)
        ranks = np.empty(order.size, np.float32)
        ranks[order] = np.arange(order.size)[::-1]
        ranked.append(ranks.reshape(attribution.map.shape))
    return np.stack(ranked)


def _ours(model: Runtime, task: Problem, maps: Array) -> dict[str, Array]:
    areas = {f"{preset} {mode}": np.zeros(maps.shape[:2]) for preset in _PRESETS for mode in MODES}
    for i, (picture, direction) in enumerate(zip(task.inputs, task.directions, strict=True)):
        named = {str(k): values[i] for k, values in enumerate(maps)}
        for preset in _PRESETS:
            examined = evaluated(model, picture, direction, maps[0, i], preset)
            for (k, mode), curve in measure_curves(examined, named).items():
                areas[f"{preset} {mode}"][int(k), i] = curve.auc
    return areas


def _theirs(folder: Path) -> dict[str, object]:
    subprocess.run(
        [str(environment("xplique")), "-m", "benchmarks.xplique_evidence_side", str(folder)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return json.loads((folder / "xplique.json").read_text())


def _row(name: str, ours: Array, theirs: Array) -> Row:
    preset, mode = name.split()
    difference = np.abs(ours - theirs)
    return at_most(
        f"{mode.capitalize()}, preset {preset}: largest difference from Xplique's over "
        f"{ours.size} maps",
        float(difference.max()),
        _TOLERANCE,
        unit="",
        note=f"{difference.max():.2e}; areas {ours.min():.3f} to {ours.max():.3f}; "
        f"maps of {', '.join(_METHODS)}",
    )


if __name__ == "__main__":
    main(measure, __doc__)
