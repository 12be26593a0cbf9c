"""OpenVINO, LiteRT and TensorFlow on the forward pass: the table behind the choice of runtime."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.base import MILLI, Options, Row, alternate, at_most, info, main, milliseconds
from benchmarks.workload import model_inputs, stack, warm_runtime
from core.contracts import Array
from core.models.forward import TOLERANCE, export, read_export
from core.models.network import Network
from core.models.runtime import Runtime
from core.models.tensorflow import tf

__all__ = ["measure"]

_BATCHES = (1, 32)
Run = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A runtime: how it runs a batch, and how long it took to make."""

    name: str
    run: Run
    made_in: float
    note: str = ""
    batches: tuple[int, ...] = _BATCHES


def measure(options: Options) -> list[Row]:
    """Time every candidate on one and on 32 pictures, and its logits against TensorFlow's."""
    model = warm_runtime()
    network = model.network()
    batch = stack(model_inputs(max(_BATCHES)))
    expected = network.logits(batch)
    candidates = [_tensorflow(network), _openvino(model, network), *_lite_rt(network)]
    rows = []
    for n in _BATCHES:
        some = batch[:n]
        able = [candidate for candidate in candidates if n in candidate.batches]
        calls = [partial(candidate.run, some) for candidate in able]
        repeats = 3 * options.repeats if n == 1 else options.repeats
        times = [milliseconds(t) / n for t in alternate(*calls, repeats=repeats, warm_up=2)]
        rows += [
            info(
                f"Forward pass, batch {n}, per picture: {candidate.name} (peer: TensorFlow)",
                taken,
                times[0],
                note=candidate.note if n == 1 else "",
            )
            for candidate, taken in zip(able, times, strict=True)
        ]
    for candidate in candidates[1:]:
        rows.append(info(f"Export to {candidate.name}, once a model", MILLI * candidate.made_in))
    rows += [_agreement(candidate, batch, expected) for candidate in candidates[1:]]
    return rows


def _agreement(candidate: Candidate, batch: Array, expected: Array) -> Row:
    difference = float(np.abs(candidate.run(batch) - expected).max())
    return at_most(
        f"Largest difference of a logit from TensorFlow's, in 10⁻³: {candidate.name}",
        difference / TOLERANCE,
        1.0,
        unit="",
        note=f"{difference:.1e} over {len(batch)} pictures",
    )


def _tensorflow(network: Network) -> Candidate:
    return Candidate("tf.function", network.logits, 0.0)


def _openvino(model: Runtime, network: Network) -> Candidate:
    began = perf_counter()
    forward = read_export(export(network, model.spec.layers))
    seconds = perf_counter() - began

    def run(batch: Array) -> Array:
        return forward.run(batch, ("logits",))[0]

    return Candidate("OpenVINO f32", run, seconds, "one picture after the other")


def _lite_rt(network: Network) -> list[Candidate]:
    """Return LiteRT as the interpreter that TensorFlow ships, one candidate per batch size."""
    if not hasattr(tf, "lite"):
        return []
    warnings.filterwarnings("ignore", category=UserWarning, module="tensorflow.lite")
    made = []
    for n in _BATCHES:
        began = perf_counter()
        interpreter = _interpreter(network, n)
        seconds = perf_counter() - began
        made.append(
            Candidate(
                f"LiteRT, XNNPACK, made for batch {n}",
                partial(_invoke, interpreter, n),
                seconds,
                batches=tuple(batch for batch in _BATCHES if batch >= n),
            )
        )
    return made


def _interpreter(network: Network, n: int) -> Any:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shape = (n, *network.model.input.shape[1:])

    @tf.function(autograph=False)
    def forward(pixels: Any) -> Any:
        return network.model(pixels, training=False)

    concrete = forward.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    interpreter = tf.lite.Interpreter(
        model_content=converter.convert(), num_threads=len(os.sched_getaffinity(0))
    )
    interpreter.allocate_tensors()
    return interpreter


def _invoke(interpreter: Any, n: int, batch: Array) -> Array:
    given = interpreter.get_input_details()[0]["index"]
    answer = interpreter.get_output_details()[0]["index"]
    rows = []
    for start in range(0, len(batch), n):
        part = batch[start : start + n]
        full = part if len(part) == n else np.resize(part, (n, *part.shape[1:]))
        interpreter.set_tensor(given, full)
        interpreter.invoke()
        rows.append(interpreter.get_tensor(answer)[: len(part)].copy())
    return np.concatenate(rows)


if __name__ == "__main__":
    main(measure, __doc__)
