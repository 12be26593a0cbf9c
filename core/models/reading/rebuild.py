"""From a cleaned description to Keras: the model as the file has it, and flat, for every method.

The model of a file may hold models: a base in a Sequential, a Sequential in a branch. Maps and
gradients read layers of one graph, so its layers are called once more, one after the other, under
names of their own; a layer that is called twice stays one layer with one set of weights.
"""

from __future__ import annotations

import copy
import inspect
from collections import Counter
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelFileError
from core.models.final_layers import inside_of
from core.models.outputs import ADDED
from core.models.reading.allowed import INERT, OPERATIONS
from core.models.reading.nodes import MODES, said_to_call, says_something
from core.models.settling import settle
from core.models.tensorflow import keras

__all__ = ["as_saved", "built", "flat", "operation_class", "output_names"]

_NAMES_TAKEN = ("pixels", "preprocessing", "logits_float32", *sorted(ADDED))
"""Of what the house puts around a network."""
_MOST_VALUES = 2**29
"""Values that all layers may give of one input: 2 GB."""
_SLACK = 10_000
"""Numbers that a model may have beyond its file: seeds and counters."""


class _Counted(keras.initializers.Initializer):
    """Zeros, as many as the file has weights for: a description may ask for any number."""

    left: ContextVar[list[int]] = ContextVar("left")

    def __call__(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
        left = self.left.get()
        left[0] -= int(np.prod([int(side) for side in shape], dtype=object))
        if left[0] < 0:
            raise ModelFileError("its description asks for more weights than the file holds.")
        return keras.ops.zeros(shape, dtype or "float32")

    def __deepcopy__(self, memo: dict[int, Any]) -> _Counted:
        return self


def as_saved(config: Mapping[str, Any], weights: Path, *, numbers: int, where: str) -> keras.Model:
    """Build a cleaned description and fill in the weights of its file.

    Parameters
    ----------
    config : mapping
        As :func:`core.models.reading.config.clean` returns it.
    weights : Path
        HDF5 that :func:`core.models.reading.hdf5.checked` has seen.
    numbers : int
        How many numbers it holds.
    where : str
        Name of the file, for sentences.

    Raises
    ------
    ModelFileError
        If the parts do not fit each other, or the weights do not fit them.
    """
    model = built(config, numbers=numbers + _SLACK, where=where)
    try:
        model.load_weights(str(weights))
    except Exception as error:  # Keras tells misfits by many kinds
        raise ModelFileError(
            f"{where}: its weights do not fit its layers ({_first_line(error)})."
        ) from error
    for variable in model.weights:
        values = np.asarray(variable)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ModelFileError(
                f"{where}: {variable.path} holds values that are no numbers: the training it comes "
                "from diverged, or the file is damaged."
            )
    return model


def built(config: Mapping[str, Any], *, numbers: int, where: str) -> keras.Model:
    """Build a cleaned description with weights of 0.

    Raises
    ------
    ModelFileError
        If its parts do not fit each other, or ask for more than ``numbers`` weights.
    """
    made = _with_counted(copy.deepcopy(dict(config)))
    token = _Counted.left.set([numbers])
    policy = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("float32")
        model = keras.saving.deserialize_keras_object(made, custom_objects=_operations())
    except ModelFileError as error:
        text = str(error)
        raise ModelFileError(text if text.startswith(where) else f"{where}: {text}") from error
    except Exception as error:  # whatever a layer makes of arguments that do not fit
        raise ModelFileError(
            f"{where}: its layers do not fit each other ({_first_line(error)})."
        ) from error
    finally:
        keras.config.set_dtype_policy(policy)
        _Counted.left.reset(token)
    _check_size(model, where)
    return model


def _check_size(model: Any, where: str) -> None:
    """Refuse layers whose outputs no memory would hold: so far they are described alone."""
    left = _MOST_VALUES
    for operation in _leaves(model):
        for node in operation._inbound_nodes:
            for out in node.output_tensors:
                left -= int(np.prod([side for side in out.shape[1:] if side], dtype=object))
                if left < 0:
                    raise ModelFileError(
                        f"{where}: its layers give more than {_MOST_VALUES:,} values of one "
                        f"picture, from {operation.name!r} on."
                    )


def flat(saved: keras.Model, inputs: Any, *, output: int = 0) -> keras.Model:
    """Call the layers of a model that may hold models, one after the other, on ``inputs``.

    Parameters
    ----------
    saved : keras.Model
        As :func:`as_saved` or :func:`built` makes it.
    inputs : KerasTensor
    output : int
        Which of its outputs.

    Returns
    -------
    keras.Model
        From the source of ``inputs`` to the output; its layers have weights of their own.

    Raises
    ------
    ModelFileError
        If a layer is called as in training, or with a mask.
    """
    run = _Flattening(Counter(operation.name for operation in _leaves(saved)))
    x = run.through(saved, inputs, "")[output]
    model = keras.Model(keras.utils.get_source_inputs(inputs)[0], x)
    for old, new in run.copies:
        new.set_weights(old.get_weights())
    settle(model)
    return model


def output_names(saved: keras.Model) -> list[str]:
    """Return the name of each output: the layer that it comes from."""
    inside = inside_of(saved)
    return [tensor._keras_history.operation.name for tensor in inside.outputs]


class _Flattening:
    """Copies of layers by what they are copies of."""

    def __init__(self, often: Counter[str]) -> None:
        self._often = often
        self._made: dict[int, Any] = {}
        self._taken: set[str] = set(_NAMES_TAKEN)
        self.copies: list[tuple[Any, Any]] = []

    def through(self, model: Any, x: Any, path: str) -> list[Any]:
        """Return the outputs of a model called on ``x``, nested ones opened."""

        def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
            kind = type(operation).__name__
            for mode in MODES & kwargs.keys():
                if says_something(mode, kwargs.pop(mode), kind):
                    raise ModelFileError(f"{operation.name!r} {said_to_call(mode)}")
            if inside_of(operation) is not None:
                below = f"{path}{operation.name}_"
                made = self.through(operation, args[0], below)
                return made[0] if len(made) == 1 else made
            if _is_inert(operation):
                return args[0]
            return self._copy(operation, path)(*args, **kwargs)

        made = inside_of(model)._run_through_graph(x, call_fn=call)
        return list(keras.tree.flatten(made))

    def _copy(self, operation: Any, path: str) -> Any:
        if id(operation) not in self._made:
            config = {**operation.get_config(), "name": self._name(operation.name, path)}
            zeros = {key: "zeros" for key in config if key.endswith("initializer")}
            made = type(operation).from_config(config | zeros)
            self._made[id(operation)] = made
            if getattr(operation, "weights", []):
                self.copies.append((operation, made))
        return self._made[id(operation)]

    def _name(self, name: str, path: str) -> str:
        wanted = name if self._often[name] < 2 else f"{path}{name}"
        unique, i = wanted, 1
        while unique in self._taken:
            unique, i = f"{wanted}_{i}", i + 1
        self._taken.add(unique)
        return unique


def _is_inert(operation: Any) -> bool:
    kind = type(operation)
    return kind.__name__ in INERT and getattr(keras.layers, kind.__name__, None) is kind


def _leaves(model: Any) -> Iterator[Any]:
    """Yield the layers and operations of a model, those of models inside it among them."""
    for operation in inside_of(model).operations:
        if inside_of(operation) is not None:
            yield from _leaves(operation)
        else:
            yield operation


def _with_counted(given: Any) -> Any:
    """Put zeros that are counted where layers of a description draw their first weights."""
    if isinstance(given, list):
        return [_with_counted(each) for each in given]
    if not isinstance(given, dict):
        return given
    given = {key: _with_counted(value) for key, value in given.items()}
    if given.get("module") == "keras.layers" and "class_name" in given:
        kind = getattr(keras.layers, given["class_name"])
        names = [
            n for n in inspect.signature(kind.__init__).parameters if n.endswith("initializer")
        ]
        given["config"] |= dict.fromkeys(names, _Counted())
    return given


def operation_class(kind: str) -> Any:
    """Return the class of an operation of Keras by its name in the closed list."""
    from keras.src.ops import core as of_core
    from keras.src.ops import image, math, nn, numpy

    return next(vars(m)[kind] for m in (numpy, nn, image, math, of_core) if kind in vars(m))


def _operations() -> dict[str, Any]:
    """Return the class of each operation by the name that descriptions give it here."""
    return {f"operation>{kind}": operation_class(kind) for kind in OPERATIONS}


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 300 else f"{text[:300]}…"
