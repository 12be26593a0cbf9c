"""What a builder's network ends in, and what of it is run: logits or values, never probabilities.

A final softmax or sigmoid is traced back in the graph to what enters it and left off, wherever it
stands: an activation argument, a layer of its own, an operation, behind a reshape, at the end of a
nested model. That it was the whole end is measured: applied to what is left, it must give what the
builder's network gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import logsumexp

from core.contracts import Outputs as Kind
from core.errors import CapabilityError
from core.models.final_layers import FinalLayers, bounds, inside_of, made_by
from core.models.spec import ModelSpec
from core.models.tensorflow import keras, tf
from core.targets.base import Outputs, probabilities

__all__ = [
    "ADDED", "LOGARITHMS", "TWO_CLASSES", "add_up_to_one", "ends_in", "gives_logarithms",
    "is_one_sigmoid", "stands_for_logarithms", "stated", "without_end",
]  # fmt: skip

End = Literal["softmax", "sigmoid"]
_FUNCTIONS: dict[End, tuple[Any, ...]] = {
    "softmax": (keras.activations.softmax, keras.ops.softmax, keras.ops.nn.softmax, tf.nn.softmax),
    "sigmoid": (keras.activations.sigmoid, keras.ops.sigmoid, keras.ops.nn.sigmoid, tf.nn.sigmoid,
                tf.sigmoid),
}  # fmt: skip
_THROUGH = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Dropout, keras.layers.Identity)
"""Layers that leave every value as it is."""
_CLOSE, _SUM, _TINY = 1e-5, 1e-3, 1e-30
LOGARITHMS = "log_probabilities"
"""Name of the layer that gives logarithms of probabilities in place of logits."""
TWO_CLASSES = "two_classes"
"""Name of the layer that makes two logits of one."""
_SIDES = (("one_class", -0.5), ("other_class", 0.5))
ADDED = frozenset({LOGARITHMS, TWO_CLASSES, *(name for name, _ in _SIDES)})
"""Names of layers that are put behind a network."""


def is_one_sigmoid(spec: ModelSpec, shape: tuple[int | None, ...], n_classes: int) -> bool:
    """Whether one output speaks for two classes: it is the second one's."""
    return spec.outputs in ("sigmoid", "binary") and shape == (1,) and n_classes == 2


def without_end(pixels: Any, out: Any, spec: ModelSpec) -> Any:
    """Return the tensor of the logits or values of a network that ends in ``out``.

    Raises
    ------
    CapabilityError
        If the outputs are not what the spec declares, or their softmax or sigmoid is not found;
        of a model from a file, whose owner may not be able to build it anew, logarithms of its
        probabilities stand in then: their softmax or sigmoid gives the same.
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
        _check_declared(whole, spec, said)
    if spec.outputs == "values":
        return out
    end: End = "softmax" if spec.outputs == "probabilities" else "sigmoid"
    before, why = _before(pixels, out, end, spec, drawn, said)
    if why and spec.origin != "imported":
        raise CapabilityError(why)
    if why or (spec.origin == "imported" and bounds(keras.Model(pixels, before)) is not None):
        before = _logarithms(out, end)
    if is_one_sigmoid(spec, said.shape[1:], 2):
        # Half for the one and half against the other: both classes have gradients and maps.
        sides = [keras.layers.Rescaling(scale, name=name)(before) for name, scale in _SIDES]
        return keras.layers.Concatenate(name=TWO_CLASSES)(sides)
    return before


def _before(
    pixels: Any, out: Any, end: End, spec: ModelSpec, drawn: Any, said: Outputs
) -> tuple[Any, str]:
    """Return what enters the last softmax or sigmoid; or why that is not the whole end."""
    before = _traced(out, end)
    if before is None:
        return out, (
            f"The {end} that {spec.id} ends in cannot be found in its graph "
            f"({_name(out)}): end in keras.layers.Activation({end!r}), or return what enters it "
            "and declare outputs='logits'."
        )
    left = keras.Model(pixels, before)(drawn, training=False)
    again = probabilities(end, np.asarray(keras.ops.convert_to_numpy(left), np.float64))
    finite = bool(np.isfinite(said).all())
    if again.shape != said.shape or (finite and not np.allclose(again, said, atol=_CLOSE)):
        return out, (
            f"What {spec.id} returns is not the {end} of what enters the last one: something else "
            f"changes it. Return what enters the {end}, and declare outputs='logits'."
        )
    return before, ""


def _logarithms(out: Any, end: End) -> Any:
    """Return logits whose softmax or sigmoid ``out`` is, if it is one of something."""

    def logarithms(probabilities: Any) -> Any:
        logits = keras.ops.log(keras.ops.maximum(probabilities, 0.0) + _TINY)
        if end == "softmax":
            return logits
        return logits - keras.ops.log(keras.ops.maximum(1.0 - probabilities, 0.0) + _TINY)

    return keras.layers.Activation(logarithms, name=LOGARITHMS)(out)


def stands_for_logarithms(model: Any) -> bool:
    """Whether logarithms of a network's probabilities stand in for its logits."""
    return any(layer.name == LOGARITHMS for layer in model.layers)


def stated(spec: ModelSpec, *kinds: Kind) -> str:
    """Return how a kind of outputs is said of a model, where it comes from.

    Of a model from a file its owner says so, in the words of each face; of one that is built,
    whoever registers it.
    """
    if spec.origin == "imported":
        return f"say that it gives {_listed(kinds)} (--kind {'|'.join(kinds)})"
    return f"declare outputs={_listed([repr(kind) for kind in kinds])}"


def _listed(words: Sequence[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def ends_in(out: Any) -> End | None:
    """Return whether a network that ends in the tensor ``out`` ends in a softmax or a sigmoid."""
    ends: tuple[End, ...] = ("softmax", "sigmoid")
    return next((end for end in ends if _traced(out, end) is not None), None)


def _check_declared(whole: Any, spec: ModelSpec, said: Outputs) -> None:
    """Check that outputs are what the spec declares.

    What the graph ends in goes before what its answers look like: two sigmoids that were trained on
    one of two classes add up to nearly 1.
    """
    low, high, sums = float(said.min()), float(said.max()), said.sum(axis=-1)
    unit = low >= -_SUM and high <= 1 + _SUM
    shares = unit and said.shape[-1] > 1 and bool(np.allclose(sums, 1.0, atol=_SUM))
    found = f"between {low:.4g} and {high:.4g}, with sums from {sums.min():.4g} to {sums.max():.4g}"
    if spec.outputs == "probabilities" and not shares:
        raise CapabilityError(
            f"{spec.id} is declared to return probabilities, which add up to 1, but its outputs "
            f"lie {found}: {stated(spec, *_instead(whole, unit))}."
        )
    if spec.outputs in ("sigmoid", "binary") and not unit:
        raise CapabilityError(
            f"{spec.id} is declared to return sigmoids, between 0 and 1, but its outputs lie "
            f"{found}: {stated(spec, 'logits', 'values')}, values being those of a regression."
        )
    if spec.outputs in ("sigmoid", "values") and shares and _are_shares(whole, spec):
        raise CapabilityError(
            f"{spec.id} is declared to return {spec.outputs}, but its outputs are probabilities "
            f"that add up to 1: {stated(spec, 'probabilities')}."
        )


def _instead(whole: Any, unit: bool) -> tuple[Kind, ...]:
    """Return what outputs may be that are no probabilities."""
    if ends_in(whole.outputs[0]) == "sigmoid":
        return ("sigmoid",)
    return ("sigmoid", "values") if unit else ("logits", "values")


def _are_shares(whole: Any, spec: ModelSpec) -> bool:
    """Whether outputs that add up to 1 for some pictures do so for all."""
    end = ends_in(whole.outputs[0])
    if end is not None or spec.origin != "imported":
        return end != "sigmoid"
    return add_up_to_one(whole)


def gives_logarithms(model: Any) -> bool:
    """Whether outputs are logarithms of shares of 1, whatever enters the end."""
    if model.outputs[0].shape[-1] < 2:
        return False
    found = FinalLayers(model).answers(1.0)
    return found is not None and np.allclose(logsumexp(found, axis=-1), 0.0, atol=_SUM)


def add_up_to_one(model: Any) -> bool:
    """Whether outputs stay between 0 and 1 and add up to 1, whatever enters the end."""
    found = bounds(model)
    if found is None or found[2] is None or model.outputs[0].shape[-1] < 2:
        return False
    return found[0] >= -_SUM and found[1] <= 1 + _SUM and abs(found[2] - 1) <= _SUM


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
