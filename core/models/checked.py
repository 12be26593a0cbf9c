"""A model that somebody built: what it must be for its answers to be right, checked once.

Nothing here looks at code. What a model returns for pictures, and for values far outside of
pictures, tells logits from probabilities whatever layer they come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.contracts import Array
from core.errors import CapabilityError, UnknownNameError, WeightsError
from core.models.code import is_library
from core.models.spec import ModelSpec
from core.models.tensorflow import keras, tf

__all__ = ["check_answers", "check_built", "check_layers", "failed", "head", "layer_tensor"]

_SCALES = (1.0, 30.0, -30.0, 1000.0, -1000.0)
"""Of the pixels: logits grow with them, probabilities and sigmoids stay between 0 and 1."""
_CLOSE = 1e-3
_STYLES = re.compile(r"\x1b\[[0-9;]*m")


def check_built(built: Any, spec: ModelSpec, n_classes: int) -> None:
    """Check what a builder returned: a Keras model with one row of logits, one for each class.

    Raises
    ------
    CapabilityError
        If it is anything else.
    """
    if not isinstance(built, keras.Model):
        raise CapabilityError(
            f"The builder of {spec.id} must return a keras.Model. It returned: "
            f"{type(built).__name__}."
        )
    if "call" in vars(built) or not is_library(type(built).call):
        # What an overridden call adds lies outside the graph that is run: it would be lost.
        raise CapabilityError(
            f"{spec.id} is a model whose call is its own ({type(built).__name__}): only the graph "
            "between its inputs and outputs would run. Put what call adds into a layer, and let "
            "the builder return keras.Model(keras.utils.get_source_inputs(inputs), logits)."
        )
    if len(built.inputs) != 1 or len(built.outputs) != 1:
        raise CapabilityError(
            f"{spec.id} has {len(built.inputs)} inputs and {len(built.outputs)} outputs, but one "
            "of each is expected: the picture, and its logits."
        )
    shape = tuple(built.outputs[0].shape[1:])
    if shape == (1,) and n_classes == 2:
        raise CapabilityError(
            f"{spec.id} has one output for two classes. Two logits are expected: let x be its "
            "logit before any sigmoid, and end in keras.ops.concatenate([0 * x, x], axis=-1)."
        )
    if shape != (n_classes,):
        made = f"outputs of shape {shape}" if len(shape) != 1 else f"{shape[0]} outputs"
        raise CapabilityError(
            f"{spec.id} has {made}, but {n_classes} classes are named: give n_classes and class "
            "names as many as there are logits."
        )


def check_answers(model: Any, spec: ModelSpec) -> None:
    """Check that weights are numbers, and that what comes out are logits.

    Raises
    ------
    WeightsError
        If weights, or the logits of a picture, are no numbers.
    CapabilityError
        If the outputs are probabilities, or each lies between 0 and 1 whatever comes in.
    """
    broken = [v.path for v in model.weights if not np.isfinite(v.numpy()).all()]
    if broken:
        raise WeightsError(
            f"{len(broken)} weights of {spec.id} hold values that are no numbers (NaN or infinite),"
            f" first {broken[0]!r}: its training diverged, or its file is damaged."
        )
    shape = tuple(model.inputs[0].shape[1:])
    pictures = np.random.default_rng(0).random((4, *shape), dtype=np.float32)
    pictures[0], pictures[1] = 0.0, 1.0
    try:
        first = _answer(model, pictures)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise failed(error, spec, (None, *shape)) from error
    if not np.isfinite(first).all():
        raise WeightsError(
            f"{spec.id} answers a picture with logits that are no numbers (NaN or infinite). "
            "Check its weights, and what its preprocessing does with pixels in [0, 1]."
        )
    answers = np.concatenate([_answer(model, pictures * np.float32(s)) for s in _SCALES])
    answers = answers[np.isfinite(answers).all(axis=-1)]
    if answers.min() < -_CLOSE or answers.max() > 1 + _CLOSE or not np.ptp(answers):
        return
    if np.allclose(answers.sum(axis=-1), 1.0, atol=_CLOSE):
        what, end = "probabilities", "softmax"
    else:
        what, end = "values between 0 and 1 whatever it is shown", "sigmoid"
    raise CapabilityError(
        f"{spec.id} returns {what}, but logits are expected: build it without its final {end} "
        "(classifier_activation=None, or Dense(activation=None))."
    )


def check_layers(model: Any, spec: ModelSpec) -> None:
    """Check that maps can read every layer that is declared.

    Raises
    ------
    InputError
        If one is not there, has no height and width, or does not lead to the logits alone.
    """
    for name in dict.fromkeys([*spec.layers, spec.feature_layer] if spec.features else []):
        head(model, name)


def head(model: Any, name: str) -> Any:
    """Return the model behind a layer, from its output to the logits.

    Raises
    ------
    CapabilityError
        If a connection runs around the layer, or it does not lead to the logits.
    """
    try:
        return keras.Model(layer_tensor(model, name), model.output)
    except ValueError as error:
        raise CapabilityError(
            f"The logits do not depend on {name!r} alone (a connection runs around it); "
            "choose the output of a whole block."
        ) from error


def layer_tensor(model: Any, name: str) -> Any:
    """Return the tensor that a feature layer's name means (``"layer"`` or ``"layer:input"``).

    A layer may have been called elsewhere as well, as a nested model is where it was made: its call
    in this model is meant.

    Raises
    ------
    UnknownNameError
        If the model has no such layer; the text says which can be named.
    CapabilityError
        If the layer has no height and width.
    """
    layer_name, _, side = name.partition(":")
    calls = {node.operation.name: node for node in _nodes(model)}
    if layer_name not in calls:
        raise UnknownNameError(
            f"{model.name} has no layer {layer_name!r}{_inside(model, layer_name)}. "
            f"Layers that maps can read: {', '.join(_readable(calls)) or 'none'}."
        )
    tensors = calls[layer_name].input_tensors if side == "input" else calls[layer_name].outputs
    if len(tensors) != 1 or len(tensors[0].shape) != 4:
        raise CapabilityError(
            f"Layer {name!r} has no (height, width, channels) output; choose a convolutional one. "
            f"Layers that maps can read: {', '.join(_readable(calls)) or 'none'}."
        )
    return tensors[0]


def failed(error: Exception, spec: ModelSpec, shape: tuple[int | None, ...]) -> CapabilityError:
    """Return the sentence for a builder, or layers of its model, that do not take the pictures."""
    told = " ".join(_STYLES.sub("", str(error)).split())[:200].rstrip(".")
    return CapabilityError(
        f"The builder of {spec.id} failed: {type(error).__name__}: {told}. It is given a tensor of "
        f"shape {shape}: square pictures in RGB. A network for grey pictures can begin with "
        "keras.ops.mean(inputs, axis=-1, keepdims=True), one for another size with "
        "keras.layers.Resizing."
    )


def _answer(model: Any, pictures: Array) -> Array:
    return np.asarray(keras.ops.convert_to_numpy(model(pictures, training=False)), np.float32)


def _nodes(model: Any) -> Iterator[Any]:
    """Yield the calls of a model's layers, in order."""
    for nodes in sorted(model._nodes_by_depth.items(), reverse=True):
        yield from nodes[1]


def _readable(calls: dict[str, Any]) -> list[str]:
    """Return the layers that have height and width, the input aside; the last eight."""
    found = [
        name
        for name, node in calls.items()
        if not node.is_input and len(node.outputs) == 1 and len(node.outputs[0].shape) == 4
        and name != "preprocessing"
    ]  # fmt: skip
    return found[-8:]


def _inside(model: Any, name: str) -> str:
    """Return in which nested model a layer hides, as the end of a sentence."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and any(
            each.name == name for each in layer._flatten_layers()
        ):
            return f" of its own: it lies inside {layer.name!r}, which can be named as a whole"
    return ""
