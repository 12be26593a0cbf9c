"""Attack 50 batches in a process of its own; print its memory and its traces after each.

Called as ``batches_worker.py FOLDER N_PICTURES``.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

import numpy as np
import psutil

from core import api
from core.control import LocalControl
from core.models.tensorflow import keras
from core.robustness.attacked_sample import AttackedSample

SIZE = 224


def _small(inputs: Any, n_classes: int) -> Any:
    x = keras.layers.Conv2D(8, 16, strides=16, activation="relu", name="features")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    out = keras.layers.Dense(n_classes, name="out")(x)
    model = keras.Model(keras.utils.get_source_inputs(inputs), out)
    rng = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(rng.normal(0, 0.05, variable.shape))
    return model


def _counted() -> list[int]:
    """Return a counter of all graphs that TensorFlow traces in this process."""
    from tensorflow.python.framework.func_graph import FuncGraph

    count, own = [0], FuncGraph.__init__

    def traced(self: Any, *given: Any, **named: Any) -> None:
        count[0] += 1
        own(self, *given, **named)

    FuncGraph.__init__ = traced
    return count


def _resident() -> int:
    """Return the bytes that are in use, without what the allocator keeps for later."""
    ctypes.CDLL(None).malloc_trim(0)
    return int(psutil.Process().memory_info().rss)


def main(folder: str, n: int) -> None:
    api.register_model("rob_large", _small, input_size=SIZE, n_classes=2)
    traces = _counted()
    seen: list[tuple[int, int]] = []
    request = api.robustness_request(
        f"folder:{folder}", model="rob_large", split="train", attacks=["pgd"], eps="2/255",
        parameters={"pgd": {"steps": 2}}, checks=False, rounding=False, limit=n,
    )  # fmt: skip
    chunk = AttackedSample(request).chunk
    api.answer(
        request,
        control=LocalControl(on_progress=lambda *_: seen.append((_resident(), traces[0]))),
    )
    rss, traced = zip(*seen, strict=True)
    bytes_ = chunk * SIZE * SIZE * 3
    print(json.dumps({"rss": rss, "traces": traced, "bytes_a_batch": bytes_}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
