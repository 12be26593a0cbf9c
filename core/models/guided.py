"""The guided backward pass: a copy of a model whose ReLUs let only positive gradients through.

Springenberg et al. 2014, Striving for Simplicity, arXiv:1412.6806. The forward pass stays as it
is; the backward pass of each ReLU (and ReLU6) becomes ``max(dy, 0)`` where its input is positive
and not clipped, and 0 elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from core.errors import CapabilityError
from core.models.tensorflow import keras, tf

__all__ = ["GuidedReLU", "guided"]

_OURS = "core.models."
_OPERATIONS: dict[str, float | None] = {"Relu": None, "Relu6": 6.0}


@cache
def _guided_relu(ceiling: float | None) -> Callable[[Any], Any]:
    """Return min(max(x, 0), ceiling) with the guided gradient."""

    @tf.custom_gradient
    def relu(x: Any) -> Any:
        passes = x > 0 if ceiling is None else (x > 0) & (x < ceiling)

        def backward(upstream: Any) -> Any:
            return tf.where(passes, tf.nn.relu(upstream), tf.zeros_like(upstream))

        out = tf.nn.relu(x) if ceiling is None else tf.clip_by_value(x, 0.0, ceiling)
        return out, backward

    return relu


class GuidedReLU(keras.layers.Layer):
    """ReLU, clipped at ``ceiling`` if there is one, with the guided gradient."""

    def __init__(self, ceiling: float | None, *, name: str) -> None:
        super().__init__(name=name)
        self._relu = _guided_relu(ceiling)

    def call(self, x: Any) -> Any:
        """Return the rectified input."""
        return self._relu(x)


def guided(model: keras.Model) -> keras.Model:
    """Return a copy of ``model`` with the same logits and guided gradients.

    Parameters
    ----------
    model : keras.Model
        Functional or sequential; left as it is. Replaced are layers ``ReLU`` and ``Activation``,
        ``activation="relu"`` inside other layers, and ``keras.ops.relu`` between them. Leaky
        rectifiers and other activations keep their own gradient.

    Raises
    ------
    CapabilityError
        If nothing in the model is a ReLU, or a layer is not Keras's own and may not be copied.
    """
    replaced: list[str] = []

    def clone(operation: Any) -> Any:
        _refuse_strangers(model, operation)
        ceiling = _ceiling(operation)
        if ceiling is not None:
            replaced.append(operation.name)
            return GuidedReLU(ceiling[0], name=operation.name)
        copy = operation.__class__.from_config(operation.get_config())
        inner = _ACTIVATIONS.get(getattr(operation, "activation", None))
        if inner is not None:
            replaced.append(operation.name)
            copy.activation = _guided_relu(inner[0])
        return copy

    copy = keras.models.clone_model(model, clone_function=clone, recursive=True)
    if not replaced:
        raise CapabilityError(
            f"{model.name} has no ReLU, and guided backpropagation is made of nothing else: it "
            "would be the plain gradient. Choose the method 'saliency', or another model."
        )
    copy.set_weights(model.get_weights())
    copy.trainable = False
    return copy


_ACTIVATIONS: dict[Any, tuple[float | None]] = {
    keras.activations.relu: (None,),
    keras.activations.relu6: (6.0,),
}


def _refuse_strangers(model: keras.Model, operation: Any) -> None:
    module = type(operation).__module__
    if not module.startswith(("keras.", _OURS)):
        raise CapabilityError(
            f"{model.name} contains {operation.name!r}, a layer of its own kind "
            f"({type(operation).__name__}): whether it hides a ReLU cannot be known, so there is "
            "no guided gradient of it. Choose the method 'saliency', or another model."
        )


def _ceiling(operation: Any) -> tuple[float | None] | None:
    """Return ``(ceiling,)`` of an operation that is a ReLU and nothing else."""
    if isinstance(operation, keras.layers.ReLU):
        plain = not operation.negative_slope and not operation.threshold
        return (operation.max_value,) if plain else None
    kind = type(operation)
    if kind.__module__.startswith("keras.src.ops") and kind.__name__ in _OPERATIONS:
        return (_OPERATIONS[kind.__name__],)
    return None
