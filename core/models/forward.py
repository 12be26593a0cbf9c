"""The forward-only runtime: OpenVINO in float32, exported once from the Keras model.

Why OpenVINO and not LiteRT, and why one picture at a time: measured in
``docs/decisions/0001-openvino-one-picture-at-a-time.md``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from core.contracts import Array, Artefact
from core.errors import CapabilityError
from core.models.kept_logging import kept_logging
from core.models.linear_head import LinearHead, linear_head

if TYPE_CHECKING:
    from core.models.network import Network

__all__ = ["TOLERANCE", "Forward", "export", "read_export"]

TOLERANCE = 1e-3
"""Largest difference of a logit from TensorFlow's at which the runtime is used."""


def export(network: Network, layers: tuple[str, ...]) -> Artefact:
    """Convert a network to OpenVINO IR with logits and the feature layers as outputs.

    Returns
    -------
    Artefact
        Arrays ``xml`` and ``bin`` (uint8) hold the IR; the document holds the names of the
        outputs and the largest difference of logits from TensorFlow on four random pictures.
    """
    import openvino as ov

    from core.models.feature_layers import layer_tensor
    from core.models.tensorflow import keras, tf

    model = network.model
    outputs = [model.output, *(layer_tensor(model, name) for name in layers)]
    wide = keras.Model(model.input, outputs)
    names = ["logits", *layers]

    @tf.function(autograph=False)
    def passes(pixels: Any) -> Any:
        values = tf.nest.flatten(wide(pixels, training=False))  # one output comes without a list
        return {f"out{i}": tf.identity(v) for i, v in enumerate(values)}

    concrete = passes.get_concrete_function(tf.TensorSpec((1, *model.input.shape[1:]), tf.float32))
    with kept_logging():
        converted = ov.convert_model(concrete)
    order = [_position(output) for output in converted.outputs]
    with tempfile.TemporaryDirectory(prefix="pellucid-ir-") as folder:
        xml = Path(folder) / "model.xml"
        ov.serialize(converted, str(xml))
        arrays: dict[str, np.ndarray[Any, Any]] = {
            "xml": np.frombuffer(xml.read_bytes(), np.uint8),
            "bin": np.frombuffer(xml.with_suffix(".bin").read_bytes(), np.uint8),
        }
    heads = _linear_heads(model, layers)
    for i, one in enumerate(heads.values()):
        arrays |= {f"kernel{i}": one.kernel, f"bias{i}": one.bias}
    artefact = Artefact(
        {"kind": "openvino", "outputs": [names[i] for i in order], "linear_heads": list(heads)},
        arrays,
    )
    artefact.document["difference"] = _difference(network, artefact)
    return artefact


def _linear_heads(model: Any, layers: tuple[str, ...]) -> dict[str, LinearHead]:
    """Return the matrices behind those feature layers that have nothing else behind them."""
    from core.models.feature_layers import head

    found = {}
    for name in layers:
        try:
            matrix = linear_head(head(model, name))
        except CapabilityError:  # a connection runs around the layer
            continue
        if matrix is not None:
            found[name] = matrix
    return found


def _position(output: Any) -> int:
    """Find which of our outputs this is: the name ``out3`` may carry a suffix."""
    for name in output.names:
        stem = name.split(":")[0]
        if stem.startswith("out") and stem[3:].isdigit():
            return int(stem[3:])
    raise RuntimeError(f"OpenVINO lost the name of an output: {sorted(output.names)}")


def _difference(network: Network, artefact: Artefact) -> float:
    shape = (4, *network.model.input.shape[1:])
    probe = np.random.default_rng(0).random(shape, dtype=np.float32)
    ours = read_export(artefact).run(probe, ("logits",))[0]
    return float(np.abs(ours - network.logits(probe)).max())


def read_export(artefact: Artefact) -> Forward:
    """Return the passes of a stored export."""
    import openvino as ov

    core = ov.Core()
    model = core.read_model(
        artefact.arrays["xml"].tobytes(), ov.Tensor(np.ascontiguousarray(artefact.arrays["bin"]))
    )
    heads = {
        name: LinearHead(artefact.arrays[f"kernel{i}"], artefact.arrays[f"bias{i}"])
        for i, name in enumerate(artefact.document["linear_heads"])
    }
    return Forward(core, model, artefact.document["outputs"], heads)


class Forward:
    """Compiled OpenVINO passes; safe to call from several threads, one after the other.

    Parameters
    ----------
    core : openvino.Core
    model : openvino.Model
        From one picture ``(1, H, W, 3)`` to the outputs.
    names : sequence of str
        What each output is: ``"logits"``, or a feature layer.
    linear_heads : mapping
        Feature layers that have one matrix behind them, and that matrix.
    """

    arithmetic = "OpenVINO f32"
    """What the passes are computed in, for people."""

    def __init__(
        self, core: Any, model: Any, names: Sequence[str],
        linear_heads: Mapping[str, LinearHead] | None = None,
    ) -> None:  # fmt: skip
        self.linear_heads = linear_heads or {}
        self._core, self._model, self._names = core, model, list(names)
        self._requests: dict[tuple[str, ...], Any] = {}
        self._lock = Lock()

    def run(self, batch: Array, outputs: tuple[str, ...]) -> list[Array]:
        """Return the named outputs for ``batch``, float32 ``(N, …)`` each."""
        with self._lock:
            if outputs not in self._requests:
                self._requests[outputs] = self._compile(self._part(outputs))
            request = self._requests[outputs]
            rows = [self._infer(request, batch[i : i + 1], len(outputs)) for i in range(len(batch))]
        return [np.concatenate(column) for column in zip(*rows, strict=True)]

    @staticmethod
    def _infer(request: Any, picture: Array, n_outputs: int) -> list[Array]:
        request.infer([np.ascontiguousarray(picture)])
        return [request.get_output_tensor(i).data.copy() for i in range(n_outputs)]

    def _part(self, outputs: tuple[str, ...]) -> Any:
        """Cut the model to what ``outputs`` depend on."""
        import openvino as ov

        chosen = [self._model.outputs[self._names.index(name)] for name in outputs]
        results = [ov.opset13.result(output.node.input_value(0)) for output in chosen]
        return ov.Model(results, self._model.get_parameters(), "part")

    def _compile(self, model: Any) -> Any:
        return self._core.compile_model(model, "CPU", self._options()).create_infer_request()

    def _options(self) -> dict[str, Any]:
        # bfloat16, the default where the processor has it, moves logits by up to 0.5.
        return {
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": len(os.sched_getaffinity(0)),
        }
