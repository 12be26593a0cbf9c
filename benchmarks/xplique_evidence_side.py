"""The other side of :mod:`benchmarks.evidence_versus_xplique`, run by Xplique's own environment.

It measures the maps of ``maps.npz`` with Xplique's Deletion and Insertion and writes the scores,
one for each protocol, metric, map and picture, to ``xplique.json``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.xplique_side import build

__all__: list[str] = []


def main(folder: Path) -> None:
    """Measure everything once."""
    from xplique.metrics import Deletion, Insertion

    model, _ = build(folder)
    with np.load(folder / "task.npz") as task, np.load(folder / "maps.npz") as given:
        inputs, directions = task["inputs"], task["directions"]
        maps, zero, blurred = given["maps"], given["zero"], given["blurred"]

    def evaluate(metric: Any, picture: int, values: Any, **options: Any) -> float:
        one = slice(picture, picture + 1)
        measured = metric(model, inputs[one], directions[one], activation="softmax", **options)
        return float(measured.evaluate(values[one]))

    def zeros(pictures: Any) -> Any:
        return np.broadcast_to(zero, pictures.shape).astype(np.float32)

    def protocols(picture: int) -> dict[str, tuple[Any, dict[str, Any]]]:
        def blur(pictures: Any) -> Any:
            return blurred[picture : picture + 1]

        return {
            "xplique deletion": (Deletion, {}),
            "xplique insertion": (Insertion, {}),
            "rise deletion": (Deletion, {"baseline_mode": zeros}),
            "rise insertion": (Insertion, {"baseline_mode": blur}),
        }

    began = time.perf_counter()
    scores = {
        name: [
            [evaluate(metric, i, values, **options)
             for i in range(len(inputs))
             for metric, options in [protocols(i)[name]]]
            for values in maps
        ]
        for name in protocols(0)
    }  # fmt: skip
    document = {"scores": scores, "seconds": time.perf_counter() - began}
    (folder / "xplique.json").write_text(json.dumps(document))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
