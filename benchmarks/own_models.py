"""Models of one's own: how long a large one takes to be taken in, and how fast it then is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.base import Options, Row, alternate, at_most, compared, main, milliseconds
from benchmarks.workload import ROOT, use_home
from core import api
from core.contracts import ModelRef
from core.models.runtime import Runtime
from core.workspace import open_store
from tests.models.reading import onnx_writer as w

__all__ = ["measure"]

_MOST_SECONDS, _MOST_SLOWER, _CLOSE = 20.0, 1.05, 1e-4
_PICTURES, _BATCH = 32, 4


def measure(options: Options) -> list[Row]:
    """Save a drawn ResNet-50 as Keras and as ONNX, take both in, and run them beside the zoo's."""
    use_home()
    with tempfile.TemporaryDirectory() as folder:
        return list(_rows(Path(folder), options))


def _rows(folder: Path, options: Options) -> list[Row]:
    import keras

    keras.utils.set_random_seed(0)
    network = keras.applications.ResNet50(weights=None)
    network.save(folder / "resnet.keras")
    (folder / "resnet.onnx").write_bytes(as_onnx(network))
    pixels = np.random.default_rng(0).random((_PICTURES, 224, 224, 3), dtype=np.float32)
    expected = network.predict(pixels * 255, verbose=0)
    rows, own = [], {}
    for ending in ("keras", "onnx"):
        file = folder / f"resnet.{ending}"
        seconds = [_import_seconds(file) for _ in range(options.some(3, 1))]
        rows.append(
            at_most(
                f"import of ResNet-50 (25.6 M weights), .{ending}, a fresh process",
                median(seconds),
                _MOST_SECONDS,
                unit="s",
            )
        )
        run = api.import_model(file, range="0-255")
        own[ending] = Runtime(ModelRef(run.model), store=open_store())
        logits = own[ending].logits(pixels).astype(np.float64)
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        apart = float(np.abs(shares - expected).max())
        rows.append(
            at_most(
                f"its probabilities against keras.Model.predict, {_PICTURES} pictures, .{ending}",
                apart,
                _CLOSE,
                unit="",
                note=f"largest difference {apart:.1e}",
            )
        )
    zoo = Runtime(ModelRef("resnet50", "random"), store=open_store())
    for ending, runtime in own.items():
        rows += _speed(runtime, zoo, pixels[:_BATCH], ending, options)
    return rows


def _import_seconds(file: Path) -> float:
    """Return the seconds of the whole command, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "core", "import", str(file), "--range", "0-255"],
            check=True, capture_output=True, cwd=ROOT,
            env={"PELLUCID_HOME": home, "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
        return time.perf_counter() - began


def _speed(ours: Runtime, zoo: Runtime, batch: Any, ending: str, options: Options) -> list[Row]:
    directions = np.zeros((len(batch), 1000), np.float32)
    directions[:, 3] = 1

    def forward(one: Runtime) -> Callable[[], object]:
        exported = one.exported()
        return lambda: exported.run(batch, ("logits",))

    def gradient(one: Runtime) -> Callable[[], object]:
        return lambda: one.gradient(batch, directions)

    rows = []
    for what, passes in (("forward", forward), ("gradient", gradient)):
        mine, theirs = alternate(passes(ours), passes(zoo), repeats=options.repeats, warm_up=2)
        rows.append(
            compared(
                f"{what} passes of the imported .{ending} against the zoo's ResNet-50",
                milliseconds(mine),
                milliseconds(theirs),
                at_most=_MOST_SLOWER,
                note=f"{_BATCH} pictures",
            )
        )
    return rows


def as_onnx(network: Any) -> bytes:
    """Return a residual network of Keras as PyTorch would export it: channels first."""
    nodes: list[bytes] = []
    tensors: list[bytes] = []

    def held(name: str, values: Any) -> str:
        tensors.append(w.tensor(name, np.ascontiguousarray(values)))
        return name

    for layer in network.layers[1:]:
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        sources = [t._keras_history.operation.name for t in given]
        name, weights = layer.name, layer.get_weights()
        kind = type(layer).__name__
        if kind == "Conv2D":
            names = [held(f"{name}_k", weights[0].transpose(3, 2, 0, 1))]
            names += [held(f"{name}_b", weights[1])] if len(weights) > 1 else []
            lost = [0, 0] if layer.padding == "valid" else [s // 2 for s in layer.kernel_size]
            nodes.append(w.node("Conv", [*sources, *names], [name], pads=[*lost, *lost],
                                strides=layer.strides, kernel_shape=layer.kernel_size))  # fmt: skip
        elif kind == "BatchNormalization":
            names = [held(f"{name}_{i}", each) for i, each in enumerate(weights)]
            nodes.append(w.node("BatchNormalization", [*sources, *names], [name],
                                epsilon=float(layer.epsilon)))  # fmt: skip
        elif kind == "ZeroPadding2D":
            (top, bottom), (left, right) = layer.padding
            sides = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
            nodes.append(w.node("Pad", [*sources, held(f"{name}_p", sides)], [name]))
        elif kind == "MaxPooling2D":
            nodes.append(w.node("MaxPool", sources, [name], kernel_shape=layer.pool_size,
                                strides=layer.strides))  # fmt: skip
        elif kind == "Dense":
            nodes.append(w.node("Gemm", [*sources, held(f"{name}_k", weights[0]),
                                held(f"{name}_b", weights[1])], [f"{name}_l"]))  # fmt: skip
            nodes.append(w.node("Softmax", [f"{name}_l"], [name], axis=1))
        elif kind == "GlobalAveragePooling2D":
            nodes.append(w.node("GlobalAveragePool", sources, [f"{name}_g"]))
            nodes.append(w.node("Flatten", [f"{name}_g"], [name], axis=1))
        else:
            nodes.append(w.node({"Activation": "Relu", "Add": "Add"}[kind], sources, [name]))
    inputs = [w.value(network.layers[0].name, ["n", 3, 224, 224])]
    outputs = [w.value(network.layers[-1].name, ["n", 1000])]
    return w.model(w.graph(nodes, inputs, outputs, tensors))


if __name__ == "__main__":
    main(measure, __doc__)
