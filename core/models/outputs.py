"""What a builder's network ends in, and what of it is run: logits or values, never probabilities.

A final softmax or sigmoid is traced back in the graph to what enters it and left off, wherever it
stands: an activation argument, a layer of its own, an operation, behind a reshape, at the end of a
nested model. That it was the whole end is measured: applied to what is left, it must give what the
builder's network gives.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from core.errors import CapabilityError
from core.models.final_layers import inside_of, made_by
from core.models.spec import ModelSpec
from core.models.tensorflow import keras, tf
from core.targets.base import Outputs, probabilities

__all__ = ["TWO_CLASSES", "ends_in", "is_one_sigmoid", "without_end"]

End = Literal["softmax", "sigmoid"]
_FUNCTIONS: dict[End, tuple[Any, ...]] = {
    "softmax": (keras.activations.softmax, keras.ops.softmax, keras.ops.nn.softmax, tf.nn.softmax),
    "sigmoid": (keras.activations.sigmoid, keras.ops.sigmoid, keras.ops.nn.sigmoid, tf.nn.sigmoid,
                tf.sigmoid),
}  # fmt: skip
_THROUGH = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Dropout, keras.layers.Identity)
"""Layers that leave every value as it is."""
_CLOSE, _SUM = 1e-5, 1e-3
TWO_CLASSES = "two_classes"
"""Name of the layer that makes two logits of one."""


def is_one_sigmoid(spec: ModelSpec, shape: tuple[int | None, ...], n_classes: int) -> bool:
    """Whether one output speaks for two classes: it is the second one's."""
    return spec.outputs in ("sigmoid", "binary") and shape == (1,) and n_classes == 2


def without_end(pixels: Any, out: Any, spec: ModelSpec) -> Any:
    """Return the tensor of the logits or values of a network that ends in ``out``.

    Raises
    ------
    CapabilityError
        If the outputs are not what the spec declares, or their softmax or sigmoid is not found.
    """
    if spec.outputs == "logits":
        return out
    whole = keras.Model(pixels, out)
    drawn = np.random.default_rng(0).random((4, *pixels.shape[1:]), dtype=np.float32)
    said = np.asarray(keras.ops.convert_to_numpy(whole(drawn, training=False)), np.float64)
    # Weights that are filled in later may give no numbers now (a division by 0): the end is taken
    # off all the same. What is no number for good is told where answers are checked.
    finite = bool(np.isfinite(said).all())
    if finite:
        _check_declared(spec, said)
    if spec.outputs == "values":
        return out
    end: End = "softmax" if spec.outputs == "probabilities" else "sigmoid"
    before = _traced(out, end)
    if before is None:
        raise CapabilityError(
            f"The {end} that {spec.id} ends in cannot be found in its graph "
            f"({_name(out)}): end in keras.layers.Activation({end!r}), or return what enters it "
            "and declare outputs='logits'."
        )
    left = keras.Model(pixels, before)(drawn, training=False)
    again = probabilities(end, np.asarray(keras.ops.convert_to_numpy(left), np.float64))
    if again.shape != said.shape or (finite and not np.allclose(again, said, atol=_CLOSE)):
        raise CapabilityError(
            f"What {spec.id} returns is not the {end} of what enters the last one: something else "
            f"changes it. Return what enters the {end}, and declare outputs='logits'."
        )
    if is_one_sigmoid(spec, said.shape[1:], 2):
        # Half for the one and half against the other: both classes have gradients and maps.
        half = before * 0.5
        return keras.layers.Concatenate(name=TWO_CLASSES)([-half, half])
    return before


def ends_in(out: Any) -> End | None:
    """Return whether a network that ends in the tensor ``out`` ends in a softmax or a sigmoid."""
    ends: tuple[End, ...] = ("softmax", "sigmoid")
    return next((end for end in ends if _traced(out, end) is not None), None)


def _check_declared(spec: ModelSpec, said: Outputs) -> None:
    """Check that outputs are what the spec declares."""
    low, high, sums = float(said.min()), float(said.max()), said.sum(axis=-1)
    unit = low >= -_SUM and high <= 1 + _SUM
    shares = unit and said.shape[-1] > 1 and bool(np.allclose(sums, 1.0, atol=_SUM))
    found = f"between {low:.4g} and {high:.4g}, with sums from {sums.min():.4g} to {sums.max():.4g}"
    if spec.outputs == "probabilities" and not shares:
        raise CapabilityError(
            f"{spec.id} is declared to return probabilities, which add up to 1, but its outputs "
            f"lie {found}: declare outputs='logits', 'sigmoid' or 'values'."
        )
    if spec.outputs in ("sigmoid", "binary") and not unit:
        raise CapabilityError(
            f"{spec.id} is declared to return sigmoids, between 0 and 1, but its outputs lie "
            f"{found}: declare outputs='logits', or 'values' of a regression."
        )
    if spec.outputs in ("sigmoid", "values") and shares:
        raise CapabilityError(
            f"{spec.id} is declared to return {spec.outputs}, but its outputs are probabilities "
            "that add up to 1: declare outputs='probabilities'."
        )


def _traced(tensor: Any, end: End) -> Any:
    """Return the tensor that enters the final ``end``, with what stood behind it; or ``None``."""
    layer, node = made_by(tensor)
    if node.is_input or len(node.input_tensors) != 1:
        return None
    entering = node.input_tensors[0]
    inside = inside_of(layer)
    if inside is not None:
        before = _traced(inside.outputs[tensor._keras_history.tensor_index], end)
        if before is None:
            return None
        return keras.Model(inside.inputs, before, name=layer.name)(entering)
    if _is_end(layer, end):
        return entering
    if isinstance(layer, _THROUGH) or _activation(layer) is keras.activations.linear:
        if layer.weights:
            return None
        before = _traced(entering, end)
        return None if before is None else type(layer).from_config(layer.get_config())(before)
    if _activation(layer) in _FUNCTIONS[end] and isinstance(layer, _with_activation()):
        bare = type(layer).from_config({**layer.get_config(), "activation": "linear"})
        made = bare(entering)
        bare.set_weights(layer.get_weights())
        return made
    return None


def _is_end(layer: Any, end: End) -> bool:
    last = (-1, len(layer.output.shape) - 1) if hasattr(layer, "output") else (-1,)
    if isinstance(layer, keras.layers.Activation):
        return _activation(layer) in _FUNCTIONS[end]
    if isinstance(layer, keras.layers.Softmax):
        return end == "softmax" and layer.axis in last
    if isinstance(layer, keras.layers.Layer) or not type(layer).__module__.startswith("keras."):
        return False
    return type(layer).__name__.lower() == end and getattr(layer, "axis", -1) in last


def _activation(layer: Any) -> Any:
    return getattr(layer, "activation", None)


def _with_activation() -> tuple[type[Any], ...]:
    return (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Conv1D, keras.layers.Conv2D)


def _name(tensor: Any) -> str:
    layer, _ = made_by(tensor)
    return f"it ends in {layer.name!r}, a {type(layer).__name__}"
