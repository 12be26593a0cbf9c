"""A Keras model's function as a value: layers, configuration and connections, without names.

Keras numbers what has no name by how much the process has built before, so names are left out;
what a declared layer's name means is told by its place. Equal graphs give equal documents in every
process, whatever was built before.
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from typing import Any

from core.models.code import CodeWriter, is_function, is_library, is_plain
from core.models.tensorflow import keras

__all__ = ["GraphWriter"]

_NO_EFFECT = {"name", "trainable", "seed"}
"""Of a layer's configuration: what changes no answer at inference (a seed acts in training)."""
_WRAPPED = {"name", "build", "quantize"}
"""Set by Keras on every layer; what they do is told with the class."""


class GraphWriter(CodeWriter):
    """Writes Keras models and layers; what they run that is no library's is written as code."""

    def __init__(self) -> None:
        super().__init__()
        self._of_all = vars(keras.layers.Layer()).keys() | _WRAPPED
        self._steps: dict[tuple[int, int], int] = {}

    def graph(self, model: keras.Model, *, declared: Sequence[str] = ()) -> Any:
        """Return every call between the inputs and the outputs, in an order that names do not set.

        Parameters
        ----------
        declared : sequence of str
            Feature layers; told by the number of the layer that bears the name.
        """
        steps = [self._step(node) for node in _calls(model.outputs)]
        places = {name: self._place(model, name) for name in declared}
        ends = [[self._tensor(t) for t in side] for side in (model.inputs, model.outputs)]
        return self._own(model, ["graph", steps, ends, places])

    def _own(self, model: keras.Model, inside: Any) -> Any:
        """Return a graph with what its model does beside it: its class's code, and its own."""
        kind = type(model)
        more = {k: v for k, v in vars(model).items() if k not in _of_models()}
        functions = {k: v for k, v in more.items() if is_function(v)}
        if is_library(kind):
            return ["model", self.write(functions), inside] if functions else inside
        held = {k: v for k, v in more.items() if is_plain(v)} | functions
        return ["model", self.write(kind), self.write(held), inside]

    def instance(self, value: Any) -> Any:
        """Return a layer or a nested model; other objects as they are."""
        if isinstance(value, keras.Variable):
            return ["variable", list(value.shape)]  # the values are hashed with the weights
        if isinstance(value, keras.Operation):
            return self._operation(value)
        if hasattr(value, "python_function"):  # what tf.function has wrapped
            return self.write(value.python_function)
        return super().instance(value)

    def write(self, value: Any) -> Any:
        """Return plain JSON for ``value``; a tensor is told by the call that made it."""
        if hasattr(value, "_keras_history"):
            return self._tensor(value)
        return super().write(value)

    def _step(self, node: Any) -> Any:
        key = _key(node.output_tensors[0])
        given = self.write(node.arguments.args), self.write(node.arguments.kwargs)
        made = self.write(node.operation)
        self._steps[key] = len(self._steps)
        return [made, *given]

    def _tensor(self, tensor: Any) -> Any:
        return ["tensor", self._steps.get(_key(tensor), -1), tensor._keras_history.tensor_index]

    def _place(self, model: keras.Model, declared: str) -> Any:
        name, _, side = declared.partition(":")
        found = [layer for layer in model.layers if layer.name == name]
        return [self.write(found[0]) if found else None, side]

    def _operation(self, operation: Any) -> Any:
        kind = type(operation)
        nested = _functional(operation)
        if nested is not None:
            inside = self.graph(nested)
            return inside if nested is operation else self._own(operation, inside)
        attributes = {k: v for k, v in vars(operation).items() if k not in self._of_all}
        attributes.pop("_self_update_uid", None)  # TensorFlow's counter
        functions = {k for k, v in attributes.items() if is_function(v)}
        config = _config(operation, leave_out=functions | _NO_EFFECT)
        self.opaque |= config is None
        if is_library(kind) and config is not None:
            attributes = {name: attributes[name] for name in functions}
        return [
            "layer",
            self.write(kind),
            getattr(getattr(operation, "dtype_policy", None), "name", None),
            self.write(config),
            self.write({k: v for k, v in attributes.items() if is_plain(v) or is_function(v)}),
            [self.write(layer) for layer in getattr(operation, "_layers", ())],
        ]


@lru_cache(maxsize=1)
def _of_models() -> frozenset[str]:
    """Return what Keras itself puts into a model, compiled or not."""
    inputs = keras.Input((1,))
    names = set(_WRAPPED)
    for model in (keras.Model(inputs, inputs), keras.Sequential([inputs, keras.layers.Dense(1)])):
        model.compile(loss="mse")
        names |= vars(model).keys()
    return frozenset(names)


def _config(operation: Any, *, leave_out: Container[str]) -> dict[str, Any] | None:
    """Return what a layer says of itself; ``None`` where it cannot: its attributes speak then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lambdas, whose code is written
        try:
            config = operation.get_config()
        except Exception:  # a stranger's code, and Keras looks for the source of lambdas
            return None
    return {k: _without_layers(v) for k, v in config.items() if k not in leave_out}


def _without_layers(value: Any) -> Any:
    """Return a part of a configuration without nested layers, which are written by themselves."""
    if isinstance(value, dict):
        if {"name", "trainable"} <= value.keys():
            return "layer"
        return {k: _without_layers(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_layers(v) for v in value]
    return value


def _functional(operation: Any) -> Any:
    """Return the graph that a nested model runs, or ``None`` if it is no graph."""
    if isinstance(operation, keras.Sequential):
        return getattr(operation, "_functional", None)
    return operation if getattr(operation, "_nodes", None) else None


def _key(tensor: Any) -> tuple[int, int]:
    history = tensor._keras_history
    return id(history.operation), history.node_index


def _calls(outputs: Sequence[Any]) -> Iterator[Any]:
    """Yield each call that ``outputs`` come from once, after those that it depends on."""
    done: set[tuple[int, int]] = set()
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, ready = waiting.pop()
        key = _key(tensor)
        if key in done:
            continue
        history = tensor._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        if ready:
            done.add(key)
            yield node
        else:
            waiting.append((tensor, True))
            waiting += [(above, False) for above in reversed(node.input_tensors)]
