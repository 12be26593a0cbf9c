"""Maps against Xplique, which runs in an environment of its own on the same weights.

Its TensorFlow is an older one, so a bare gradient pass is timed on both sides too: the normalised
ratio divides each side's time by its own bare pass.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.base import (
    Options,
    Row,
    compared,
    faster,
    info,
    main,
    milliseconds,
)
from benchmarks.peers import Peer, running, times
from benchmarks.workload import defaults, model_inputs, problem, same, stack, warm_runtime
from core.contracts import Array
from core.models.runtime import Runtime
from core.parameters import Value
from core.saliency.base import Problem

__all__ = ["export", "measure"]

_BARE = {1: "bare1", 16: "bare16"}


@dataclass(frozen=True, slots=True)
class Rival:
    """A method in both houses; ``at_least`` 0 claims at most 1.1× its time.

    ``size`` names the setting; ``slow`` ones, seconds each on both sides, are timed less often.
    """

    method: str
    ours: dict[str, Value]
    bare: int
    at_least: float = 0
    size: str = ""
    slow: bool = False


_RIVALS = (
    Rival("saliency", {}, 1),
    Rival("gradcam", {}, 1),
    Rival("smoothgrad", {"n_samples": 20, "noise": 0.2, "channels": "sum"}, 16, at_least=2,
          size="(20)"),
    Rival("rise", {"n_masks": 500, "baseline": "black", "score": "logit"}, 16, at_least=1.6,
          size="(500)", slow=True),
    Rival("occlusion", {"patch": 32, "stride": 16, "baseline": "black"}, 16, at_least=1.6,
          size="(32, 16)", slow=True),
)  # fmt: skip


def measure(options: Options) -> list[Row]:
    """Time the methods in both environments in turn."""
    model = warm_runtime()
    task = problem(model, stack(model_inputs(1)))
    with tempfile.TemporaryDirectory(prefix="pellucid-xplique-") as name:
        folder = Path(name)
        export(model, task, folder)
        with running("xplique", "benchmarks.xplique_side", folder) as peer:
            bare = {n: _bare(model, task, n, peer, options) for n in _BARE}
            rows = [_row(task, rival, bare[rival.bare], peer, folder, options) for rival in _RIVALS]
    bare_rows = [
        info(f"Bare gradient pass, batch {n}: TensorFlow here and there", *times, note="the tie")
        for n, times in bare.items()
    ]
    return rows + bare_rows


def export(model: Runtime, task: Problem, folder: Path) -> None:
    """Write the model and the task to where :mod:`benchmarks.xplique_side` reads them."""
    weights = {v.path: v.numpy() for v in model.network().model.weights}
    np.savez(folder / "weights.npz", **weights)
    np.savez(folder / "task.npz", inputs=task.inputs, directions=task.directions)
    affine = model.spec.preprocessing
    document = {
        "size": model.spec.input_size,
        "n_classes": model.n_classes,
        "builder": str(model.spec.builder),
        "layer": model.spec.feature_layer,
        "scale": [255.0 / s for s in affine.scale],
        "offset": [-m / s for m, s in zip(affine.mean, affine.scale, strict=True)],
    }
    (folder / "model.json").write_text(json.dumps(document))


def _bare(
    model: Runtime, task: Problem, n: int, peer: Peer, options: Options
) -> tuple[float, float]:
    batch = np.repeat(task.inputs, n, axis=0)
    directions = np.repeat(task.directions, n, axis=0)
    ours: Callable[[], Any] = partial(model.network().gradient, batch, directions)
    mine, theirs = times(ours, peer, _BARE[n], options.repeats)
    return milliseconds(mine), milliseconds(theirs)


def _row(
    task: Problem,
    rival: Rival,
    bare: tuple[float, float],
    peer: Peer,
    folder: Path,
    options: Options,
) -> Row:
    method, parameters = defaults(rival.method, **rival.ours)
    repeats = options.some(5, 1) if rival.slow else options.repeats
    mine, theirs = times(lambda: method.explain(task, parameters), peer, rival.method, repeats)
    ours, peers = milliseconds(mine), milliseconds(theirs)
    correlation = same(method.explain(task, parameters)[0].map, _their_map(folder, rival.method))
    note = (
        f"normalised by the bare pass {(peers / bare[1]) / (ours / bare[0]):.2f}×; "
        f"Pearson {correlation:.3f}"
    )
    claim = f"{method.name}{rival.size} against Xplique"
    if rival.at_least:
        return faster(claim, ours, peers, at_least=rival.at_least, note=note)
    return compared(claim, ours, peers, at_most=1.1, note=note)


def _their_map(folder: Path, method: str) -> Array:
    loaded: Array = np.load(folder / f"{method}.npy")
    return loaded


if __name__ == "__main__":
    main(measure, __doc__)
