"""A file that holds a whole graph, run forwards by OpenVINO: logits, feature layers, and heads.

What forward passes can give, it gives: logits, the declared feature layers, and the logits of
changed features; never a gradient.

An int8 product is exact only where the processor adds it up in 32 bits (VNNI, AMX). Elsewhere
OpenVINO's kernels saturate at 16: on the same file and pictures, agreement with the float32 model
fell from 0.95 to 0.81. So the processor is asked first, with one small convolution, and where it
saturates the same quantisation is computed in float32: right, and not faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from core.contracts import Array
from core.errors import CapabilityError
from core.models.forward import Forward
from core.models.tokens import TOKENS

__all__ = ["LOGITS", "FileForward", "adds_int8_exactly"]

LOGITS = "logits"
_PASSED = ("Transpose", "Reshape", "FakeQuantize", "Convert")
"""Operations between a tensor of the graph and the output that shows it."""


class FileForward(Forward):
    """The passes of a file's graph, as its quantisation has them.

    Parameters
    ----------
    core : openvino.Core
    model : openvino.Model
        From one picture ``(1, H, W, C)`` to the outputs.
    names : sequence of str
        What each output is: :data:`LOGITS`, or a feature layer ``(1, h, w, K)``.
    arithmetic : str
        What the passes are computed in, where nothing is quantised.
    """

    def __init__(
        self, core: Any, model: Any, names: Sequence[str], *, arithmetic: str = "OpenVINO f32"
    ) -> None:
        super().__init__(core, model, names)
        quantised = any(op.get_type_name() == "FakeQuantize" for op in model.get_ops())
        self._simulated = quantised and not adds_int8_exactly()
        self.arithmetic = (
            "OpenVINO, int8 computed in f32" if self._simulated
            else "OpenVINO int8" if quantised
            else arithmetic
        )  # fmt: skip
        self._heads: dict[str, Any] = {}
        self._own: dict[str, Any] = {}

    @classmethod
    def of(cls, model: Any, names: Sequence[str]) -> FileForward:
        """Return the passes of a graph that is in memory."""
        import openvino as ov

        return cls(ov.Core(), model, names)

    def head(self, features: Array, layer: str, own: Array | None = None) -> Array:
        """Return logits ``(N, n_classes)`` of a layer's output ``(N, h, w, K)``.

        Parameters
        ----------
        own : ndarray of float32, shape (N, n, K), optional
            The tokens before its grid, as :meth:`own_tokens` returns them.

        Raises
        ------
        CapabilityError
            If the logits do not depend on the layer alone.
        """
        with self._lock:
            if layer not in self._heads:
                self._heads[layer] = self._compile(self._behind(layer))
            request, rows = self._heads[layer], []
            beside = [] if own is None or not own.shape[1] else [own]
            for i in range(len(features)):
                given = (each[i : i + 1] for each in (features, *beside))
                request.infer([np.ascontiguousarray(each) for each in given])
                rows.append(request.get_output_tensor(0).data.copy())
        return np.concatenate(rows)

    def own_tokens(self, batch: Array, layer: str) -> Array:
        """Return the tokens ``(N, n, K)`` that stand before a layer's grid; n is 0 without."""
        with self._lock:
            if layer not in self._own:
                self._own[layer] = self._before(layer)
            request = self._own[layer]
            if request is None:
                return np.zeros((len(batch), 0, 0), np.float32)
            return np.concatenate(
                [self._infer(request, batch[i : i + 1], 1)[0] for i in range(len(batch))]
            )

    def _before(self, layer: str) -> Any:
        """Return what gives the tokens before a layer's grid, ``None`` without."""
        import openvino as ov
        from openvino import opset13 as op

        model = self._model.clone()
        cut = _cut(model.outputs[self._names.index(layer)], layer)
        if cut is None:
            return None
        ends = (np.array([each], np.int64) for each in (0, _first(cut), 1, 1))
        own = op.result(op.slice(cut.input_value(0), *ends))
        return self._compile(ov.Model([own], model.get_parameters(), "own"))

    def _options(self) -> dict[str, Any]:
        return super()._options() | ({"LP_TRANSFORMS_MODE": "NO"} if self._simulated else {})

    def _behind(self, layer: str) -> Any:
        """Return the part of the graph from the layer's tensor to the logits."""
        import openvino as ov
        from openvino import opset13 as op

        model = self._model.clone()
        shown = model.outputs[self._names.index(layer)]
        source, turns = shown.node.input_value(0), []
        cut, given_own = _cut(shown, layer), None
        # What is passed on the way up only shows the tensor: its other readers come before that.
        while len(source.get_target_inputs()) == 1 and source.node.get_type_name() in _PASSED:
            turns.append(source.node)
            source = source.node.input_value(0)
        given = op.parameter(list(shown.shape), np.float32)
        replacement = given
        for turn in turns:
            if turn.get_type_name() == "Transpose":
                order = np.argsort(turn.input_value(1).node.get_data()).astype(np.int32)
                replacement = op.transpose(replacement, order)
            elif turn.get_type_name() == "Reshape":
                sides = np.array(turn.input_value(0).get_shape(), np.int64)
                replacement = op.reshape(replacement, sides, special_zero=False)
        if cut is not None and source.node.get_name() == cut.get_name():
            source = source.node.input_value(0)
            given_own = op.parameter([1, _first(cut), shown.shape[-1]], np.float32)
            replacement = op.concat([given_own, replacement], 1)
        if source.get_element_type() != given.get_element_type():
            replacement = op.convert(replacement, source.get_element_type())
        for reader in source.get_target_inputs():
            reader.replace_source_output(replacement.output(0))
        logits = op.result(model.outputs[self._names.index(LOGITS)].node.input_value(0))
        try:
            return ov.Model([logits], [given, *([given_own] if given_own else [])], "head")
        except RuntimeError as error:
            raise CapabilityError(
                f"The logits do not depend on {layer!r} alone (a connection runs around it); "
                "choose the output of a whole block."
            ) from error


def _cut(shown: Any, layer: str) -> Any | None:
    """Return the slice that leaves tokens before a grid out of an output, if there is one."""
    if not layer.endswith(f":{TOKENS}"):
        return None
    node = shown.node.input_value(0).node
    while node.get_type_name() in _PASSED:
        node = node.input_value(0).node
    return node if node.get_type_name() == "Slice" else None


def _first(cut: Any) -> int:
    """Return where a slice begins."""
    return int(np.asarray(cut.input_value(1).node.get_data()).reshape(-1)[0])


@lru_cache(maxsize=1)
def adds_int8_exactly() -> bool:
    """Whether OpenVINO's int8 kernels add products without saturating on this processor.

    One 1 × 1 convolution over the largest inputs (255) and weights (127): pairs of products reach
    64 770, beyond what 16 bits hold.
    """
    import openvino as ov
    from openvino import opset13 as op

    channels = 64
    given = op.parameter([1, channels, 8, 8], np.float32)

    def quantised(node: Any, low: int) -> Any:
        ends = [op.constant(np.float32(end)) for end in (low, low + 255) * 2]
        return op.fake_quantize(node, *ends, 256)

    kernel = op.constant(np.full((16, channels, 1, 1), 127, np.float32))
    product = op.convolution(
        quantised(given, 0), quantised(kernel, -128), [1, 1], [0, 0], [0, 0], [1, 1]
    )
    compiled = ov.Core().compile_model(
        ov.Model([op.result(product)], [given], "probe"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    answer = compiled([np.full((1, channels, 8, 8), 255, np.float32)])[0]
    return bool(np.allclose(answer, channels * 255 * 127, rtol=1e-3))
