"""The other side of :mod:`benchmarks.versus_openvino_xai`, run by OpenVINO XAI's environment.

It reads the same graph, from pixels to logits, and answers each name on standard input with the
seconds that the call took. ``reciprocam``, ``rise`` and ``aise`` are asked of the first picture,
``reciprocam:N`` and ``aise:N`` of picture N; each map is written as ``NAME.npy``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__: list[str] = []


def calls(folder: Path) -> dict[str, Callable[[int], Any]]:
    """Return what can be asked of a picture, by name."""
    import openvino.runtime as ov
    from openvino_xai.methods.black_box.aise.classification import AISEClassification
    from openvino_xai.methods.black_box.rise import RISE
    from openvino_xai.methods.white_box.recipro_cam import ReciproCAM

    model = ov.Core().read_model(str(folder / "model.xml"))
    with np.load(folder / "task.npz") as task:
        inputs, targets = task["inputs"], task["targets"].tolist()
        masks, iterations = int(task["masks"]), int(task["iterations"])

    def shares(output: Any) -> Any:
        logits = next(iter(output.values()))
        e = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    reciprocam = ReciproCAM(model, embed_scaling=False)
    rise = RISE(model, shares)
    aise = AISEClassification(model, shares)
    return {
        "reciprocam": lambda i: reciprocam.generate_saliency_map(inputs[i : i + 1])[0, targets[i]],
        "rise": lambda i: rise.generate_saliency_map(
            inputs[i : i + 1], [targets[i]], num_masks=masks, num_cells=7
        )[targets[i]],
        "aise": lambda i: aise.generate_saliency_map(
            inputs[i : i + 1], [targets[i]], num_iterations_per_kernel=iterations
        )[targets[i]],
    }  # fmt: skip


def serve(folder: Path) -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")  # libraries print; the answers need a channel of their own
    os.dup2(2, 1)
    known = calls(folder)
    for line in sys.stdin:
        name, _, number = line.strip().partition(":")
        began = time.perf_counter()
        result = known[name](int(number or 0))
        seconds = time.perf_counter() - began
        np.save(folder / f"{line.strip()}.npy", np.squeeze(np.asarray(result)))
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
