"""The end of a network: what follows its last weights, probed by itself.

Logits are unbounded. Whatever bounds them (softmax, sigmoid, tanh, a rescaled one, code in a
lambda) lies behind the last layer with weights or in its activation, and has no weights itself. So
this end is cut off the graph and given drawn values, small and very large: what comes out of it
stays within bounds or does not, whatever lies before (normalisation, ReLU6, dead units), which
bounds the logits of an honest network too.

What this cannot see: code with weights of its own that hides a bound inside
(:func:`FinalLayers.known`, told by pictures in :mod:`core.models.validation`), and ends that are
unbounded without being logits (exponentials that are not divided by their sum, distances).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp

from core.contracts import Array
from core.models.code import is_library
from core.models.tensorflow import keras, tf

__all__ = ["FinalLayers", "bounds", "inside_of", "made_by"]

_N = 16
_SCALES = (1.0, 10.0, 20.0, 100.0, 1000.0)
"""Of the drawn values. Code that overflows far out is judged by the last two where it does not."""
_GROWTH = 1.05
"""Of the range of values from the scale before the last to the last: that of logits grows as the
scale does, at least twofold, and even that of their square roots 1.4-fold."""
_FEWEST = 3
_SUM = 1e-3


class FinalLayers:
    """What a model does behind its last weights.

    Parameters
    ----------
    model : keras.Model
        With one output.
    """

    def __init__(self, model: Any) -> None:
        self._output = model.outputs[0]
        self._last: dict[int, Any] = {}
        self._walk(self._output, {})

    @property
    def known(self) -> bool:
        """Whether all of the last layers with weights are Keras' own, which hide nothing."""
        return all(
            is_library(type(layer).call) and not isinstance(layer, keras.layers.Wrapper)
            for layer in self._last.values()
        )

    @property
    def blank(self) -> bool:
        """Whether some layer before the end has weights of nothing but 0: a head before training.

        One that was begun at 0 answers 0 to every picture, and is trained from there.
        """
        return any(_blank(layer) for layer in self._last.values())

    def answers(self, scale: float) -> Array | None:
        """Return what comes out for drawn values, ``(N, classes)``; ``None`` if they do not fit.

        The values are ``scale`` times the same ones always.
        """
        draws: dict[int, Any] = {}
        rng = np.random.default_rng(0)

        def drawn(tensor: Any) -> Any:
            if id(tensor) not in draws:
                shape = [_N, *(side or 1 for side in tensor.shape[1:])]
                values = scale * rng.normal(size=shape)
                draws[id(tensor)] = keras.ops.convert_to_tensor(values.astype(np.float32))
            return draws[id(tensor)]

        try:
            found = self._value(self._output, {}, drawn, {})
        except (ValueError, TypeError, tf.errors.OpError):  # an end that takes no free values
            return None
        return np.asarray(keras.ops.convert_to_numpy(found), np.float64)

    def _walk(self, tensor: Any, outer: dict[int, Any]) -> None:
        """Find the last layers with weights."""
        for layer in _last_layers(tensor, outer, set()):
            self._last[id(layer)] = layer

    def _value(self, tensor: Any, outer: dict[int, Any], drawn: Any, known: dict[int, Any]) -> Any:
        """Return the value of a tensor, from draws at the last layers with weights."""
        if id(tensor) in outer:
            above, its_outer = outer[id(tensor)]
            return self._value(above, its_outer, drawn, known)
        if id(tensor) in known:
            return known[id(tensor)]
        layer, node = made_by(tensor)
        if node.is_input:
            value = drawn(tensor)
        elif (inside := inside_of(layer)) is not None:
            end, below = _below(inside, tensor, node, outer)
            value = self._value(end, below, drawn, known)
        elif _weighted(layer):
            act = getattr(layer, "activation", None)
            value = act(drawn(tensor)) if callable(act) else drawn(tensor)
        else:
            arguments = {id(x): self._value(x, outer, drawn, known) for x in node.input_tensors}
            args, kwargs = node.arguments.fill_in(arguments)
            if isinstance(layer, keras.layers.Dropout):
                kwargs["training"] = False
            made = layer(*args, **kwargs)
            value = made[tensor._keras_history.tensor_index] if isinstance(made, list) else made
        known[id(tensor)] = value
        return value


def bounds(model: Any) -> tuple[float, float, float | None] | None:
    """Return between which values the outputs stay whatever comes before the end.

    Returns
    -------
    tuple or None
        The least and the largest value, and the sum of a row where all have the same; ``None`` of
        outputs that grow without bound, and of logarithms of shares.
    """
    ending = FinalLayers(model)
    found = [ending.answers(scale) for scale in _SCALES]
    answers = [each for each in found if each is not None and not np.isnan(each).any()]
    if len(answers) < _FEWEST or any(np.isinf(each).any() for each in answers):
        return None
    before, last = np.ptp(answers[-2]), np.ptp(answers[-1])
    rows = np.concatenate(answers)
    if last > _GROWTH * before or np.allclose(logsumexp(rows, axis=-1), 0.0, atol=_SUM):
        return None
    sums, low, high = rows.sum(axis=-1), float(rows.min()), float(rows.max())
    same = bool(np.ptp(sums) <= _SUM * max(high - low, 1e-12) * rows.shape[-1])
    return low, high, float(sums.mean()) if same else None


def _last_layers(tensor: Any, outer: dict[int, Any], seen: set[int]) -> Iterator[Any]:
    if id(tensor) in outer:
        above, its_outer = outer[id(tensor)]
        yield from _last_layers(above, its_outer, seen)
        return
    if id(tensor) in seen:
        return
    seen.add(id(tensor))
    layer, node = made_by(tensor)
    if node.is_input:
        return
    inside = inside_of(layer)
    if inside is not None:
        end, below = _below(inside, tensor, node, outer)
        yield from _last_layers(end, below, seen)
    elif _weighted(layer):
        yield layer
    else:
        for before in node.input_tensors:
            yield from _last_layers(before, outer, seen)


def made_by(tensor: Any) -> tuple[Any, Any]:
    """Return the layer or operation that a tensor comes from, and its call."""
    history = tensor._keras_history
    return history.operation, history.operation._inbound_nodes[history.node_index]


def inside_of(layer: Any) -> Any:
    """Return the graph of a nested model, ``None`` of anything else."""
    if isinstance(layer, keras.Sequential):
        return layer._functional
    return layer if hasattr(layer, "_operations_by_depth") else None


def _below(
    inside: Any, tensor: Any, node: Any, outer: dict[int, Any]
) -> tuple[Any, dict[int, Any]]:
    """Return the tensor inside a nested model that ``tensor`` is, and what its inputs are."""
    entered = zip(inside.inputs, node.input_tensors, strict=False)
    below = {id(inner): (given, outer) for inner, given in entered}
    return inside.outputs[tensor._keras_history.tensor_index], below


def _weighted(layer: Any) -> bool:
    return bool(getattr(layer, "weights", []))


def _blank(layer: Any) -> bool:
    kernels = [w.numpy() for w in layer.weights if len(w.shape) >= 2]
    return any(not kernel.any() for kernel in kernels)
