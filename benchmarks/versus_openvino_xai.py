"""Maps without gradients against OpenVINO XAI 1.1, in an environment of its own on the same graph.

Recipro-CAM there shows the model single cells and scales nothing here; ours is asked for the same.
Adaptive sampling (its AISE, our adaptive RISE) is compared by the evidence of its maps at equal
passes: the area of insertion less that of deletion, by the preset of ten steps.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.base import Options, Row, at_least, compared, info, main, milliseconds
from benchmarks.evidence_speed import evaluated
from benchmarks.peers import Peer, running, times
from benchmarks.workload import defaults, model_inputs, problem, same, stack, warm_runtime
from core.contracts import Array
from core.evidence.curves import measure_curves
from core.modalities.picture.resample import upsample
from core.models.forward import export
from core.models.runtime import Runtime
from core.saliency.base import Problem

__all__ = ["measure"]

_MASKS, _ADAPTIVE = 500, 250
_WIDTHS, _SIDES = 3, 2
_ITERATIONS = -(-_ADAPTIVE // (_WIDTHS * _SIDES))
"""Of AISE for each of its three kernel widths; each costs a pass that keeps and one that hides."""


def measure(options: Options) -> list[Row]:
    """Time the methods in both environments in turn, and hold their maps against each other."""
    model = warm_runtime()
    task = problem(model, stack(model_inputs(options.some(40, 3))))
    with tempfile.TemporaryDirectory(prefix="pellucid-xai-") as name:
        folder = Path(name)
        _write(model, task, folder)
        with running("openvino-xai", "benchmarks.openvino_xai_side", folder) as peer:
            return [
                *_reciprocam(task, peer, folder, options),
                _rise(task, peer, options),
                *_adaptive(model, task, peer, folder, options),
            ]


def _write(model: Runtime, task: Problem, folder: Path) -> None:
    graph = export(model.network(), ())
    for ending in ("xml", "bin"):
        (folder / f"model.{ending}").write_bytes(graph.arrays[ending].tobytes())
    np.savez(
        folder / "task.npz", inputs=task.inputs, targets=task.directions.argmax(axis=1),
        masks=_MASKS, iterations=_ITERATIONS,
    )  # fmt: skip


def _only(task: Problem, i: int) -> Problem:
    one = slice(i, i + 1)
    return Problem(
        task.passes, task.inputs[one], task.directions[one], task.layer, task.seed, task.control,
        task.modality,
    )  # fmt: skip


def _reciprocam(task: Problem, peer: Peer, folder: Path, options: Options) -> list[Row]:
    method, values = defaults("reciprocam", mask="cell")
    mine, theirs = times(
        lambda: method.explain(_only(task, 0), values), peer, "reciprocam", options.repeats
    )
    alike = []
    for i in range(min(10, len(task.inputs))):
        peer.call(f"reciprocam:{i}")
        cells: Array = np.load(folder / f"reciprocam:{i}.npy").astype(np.float32)
        ours = method.explain(_only(task, i), values)[0].map
        alike.append(same(ours, upsample(cells, ours.shape)))
    return [
        compared(
            "Recipro-CAM against OpenVINO XAI", milliseconds(mine), milliseconds(theirs), at_most=1
        ),
        at_least(
            "the same maps: Pearson's correlation, the lowest", min(alike), 0.99,
            note=f"{len(alike)} pictures",
        ),
    ]  # fmt: skip


def _rise(task: Problem, peer: Peer, options: Options) -> Row:
    method, values = defaults("rise", n_masks=_MASKS)
    mine, theirs = times(
        lambda: method.explain(_only(task, 0), values), peer, "rise", options.some(5, 1)
    )
    return compared(
        f"RISE({_MASKS}) against OpenVINO XAI", milliseconds(mine), milliseconds(theirs), at_most=1
    )


def _adaptive(
    model: Runtime, task: Problem, peer: Peer, folder: Path, options: Options
) -> list[Row]:
    method, values = defaults("adaptive_rise", n_masks=_ADAPTIVE)
    mine, theirs = times(
        lambda: method.explain(_only(task, 0), values), peer, "aise", options.some(5, 1)
    )
    gains = []
    for i, picture in enumerate(task.inputs):
        peer.call(f"aise:{i}")
        maps = {
            "ours": method.explain(_only(task, i), values)[0].map,
            "theirs": np.load(folder / f"aise:{i}.npy").astype(np.float32),
        }
        examined = evaluated(model, picture, task.directions[i], maps["ours"], "rise")
        curves = measure_curves(examined, maps)
        ours, theirs_ = (
            curves[name, "insertion"].auc - curves[name, "deletion"].auc for name in maps
        )
        gains.append(ours - theirs_)
    gain = np.array(gains)
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    passes = _ITERATIONS * _WIDTHS * _SIDES
    return [
        info(
            f"Adaptive RISE({_ADAPTIVE}) against its AISE ({passes} passes)",
            milliseconds(mine), milliseconds(theirs),
        ),
        at_least(
            "evidence of adaptive RISE above that of AISE at equal passes, in hundredths",
            100 * float(gain.mean()), 0,
            note=f"{len(gain)} pictures; standard error {100 * error:.1f}; better on "
            f"{int((gain > 0).sum())}",
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main(measure, __doc__)
