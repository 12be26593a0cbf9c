"""A model that somebody built: what it must be for its answers to be right, checked once.

Nothing here looks at code. What the end of a network makes of drawn values (:mod:`core.models.
ending`), and what the whole returns for pictures and for values far outside of pictures, tells
logits from what is bounded, whatever layer it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Outputs, count_text
from core.errors import CapabilityError, WeightsError
from core.models.code import is_library
from core.models.feature_layers import head
from core.models.final_layers import FinalLayers, bounds
from core.models.outputs import is_one_sigmoid, stands_for_logarithms, stated
from core.models.spec import ModelSpec
from core.models.tensorflow import keras, tf

__all__ = [
    "check_answers",
    "check_built",
    "check_layers",
    "failed",
    "told_by",
]

_SCALES = (1.0, 30.0, -30.0, 1000.0, -1000.0)
"""Of the pixels: logits grow with them, probabilities and sigmoids stay between 0 and 1."""
_FAR, _COLOURED = 3, 1
"""The scales that are far outside of pictures, and the pictures that are not black."""
_AT_ENDS = 0.9
"""The share of far answers at a bound from which on it is one."""
_CLOSE = 1e-3
Answers = npt.NDArray[np.float64]
_DECLARED: Mapping[str, Outputs] = {"softmax": "probabilities", "sigmoid": "sigmoid"}
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
            f"{spec.id} has {count_text(len(built.inputs), 'input')} and "
            f"{count_text(len(built.outputs), 'output')}, but one "
            "of each is expected: the picture, and its logits."
        )
    kind = str(built.outputs[0].dtype)
    if "float" not in kind:
        raise CapabilityError(
            f"{spec.id} returns values of the kind {kind}, but logits are numbers with fractions: "
            "end in the layer that gives each class its score, before any argmax, rounding or name."
        )
    shape = tuple(built.outputs[0].shape[1:])
    if is_one_sigmoid(spec, shape, n_classes):
        return
    if shape == (1,) and n_classes == 2:
        raise CapabilityError(
            f"{spec.id} has one output for two classes. Two logits are expected: let x be its "
            "logit before any sigmoid, and end in keras.ops.concatenate([0 * x, x], axis=-1); or "
            "end in its sigmoid and declare outputs='sigmoid', and this is done for you."
        )
    if shape != (n_classes,):
        made = f"outputs of shape {shape}" if len(shape) != 1 else count_text(shape[0], "output")
        raise CapabilityError(
            f"{spec.id} has {made}, but {n_classes} {_named(spec)} are named: give n_classes and "
            f"{'names' if spec.outputs == 'values' else 'class names'} as many as there are "
            f"{'values' if spec.outputs == 'values' else 'logits'}."
        )


def check_answers(model: Any, spec: ModelSpec) -> None:
    """Check that weights are numbers, and that what comes out are logits.

    Raises
    ------
    WeightsError
        If weights, or the logits of a picture, are no numbers.
    CapabilityError
        If the outputs are probabilities, are bounded in another way, or are the same for every
        picture. A head whose kernel is nothing but 0 waits for its training, and may answer 0.

    Notes
    -----
    What cannot be seen: a bound inside code that has weights of its own and is reached by no
    picture, and outputs that are unbounded without being logits, such as exponentials.
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
    bounded = spec.outputs == "values" or stands_for_logarithms(model)
    if not bounded:
        _check_end(model, spec)
    answers = np.stack([_answer(model, pictures * np.float32(s)) for s in _SCALES])
    _check_alive(model, spec, answers)
    if not bounded and not FinalLayers(model).known:
        _check_far(spec, answers)


def _check_end(model: Any, spec: ModelSpec) -> None:
    """Check that what follows the last weights leaves logits unbounded."""
    found = bounds(model)
    if found is not None:
        low, high, total = found
        if low < high:
            raise CapabilityError(_bounded(spec, low, high, total))
        raise CapabilityError(_same(spec))


def _check_alive(model: Any, spec: ModelSpec, answers: Answers) -> None:
    """Check that answers differ between some pictures, unless the head waits for its training."""
    rows = answers.reshape(-1, answers.shape[-1])
    rows = rows[np.isfinite(rows).all(axis=-1)]
    rounding = 4 * np.finfo(np.float32).eps * np.abs(rows).max(initial=0.0)
    if len(rows) and np.ptp(rows, axis=0).max() <= rounding and not FinalLayers(model).blank:
        raise CapabilityError(_same(spec))


def _check_far(spec: ModelSpec, answers: Answers) -> None:
    """Check code with weights, whose end cannot be cut off, by pictures at several scales.

    ``answers`` is ``(scales, pictures, classes)``. Bounded outputs end at their bounds; those of a
    network that saturates before its last weights do so at values of each class's own.
    """
    rows = answers.reshape(-1, answers.shape[-1])
    rows = rows[np.isfinite(rows).all(axis=-1)]
    low, high = float(rows.min()), float(rows.max())
    sums = rows.sum(axis=-1)
    shares = low >= 0 and np.allclose(sums, 1.0, atol=_CLOSE)
    far = answers[_FAR:, _COLOURED:].ravel()  # a black picture stays black at every scale
    ends = np.minimum(np.abs(far - low), np.abs(far - high)) <= _CLOSE * (high - low)
    if shares or (low >= 0 and high <= 1) or ends.mean() >= _AT_ENDS:
        same = np.ptp(sums) <= _CLOSE * (high - low) * rows.shape[-1]
        raise CapabilityError(_bounded(spec, low, high, float(sums.mean()) if same else None))


def _bounded(spec: ModelSpec, low: float, high: float, total: float | None) -> str:
    """Return the sentence for outputs that stay between two values."""
    unit = low >= -_CLOSE and high <= 1 + _CLOSE
    if unit and total is not None and abs(total - 1) <= _CLOSE:
        what, end = "probabilities", "softmax"
    elif unit:
        what, end = "values between 0 and 1 whatever it is shown", "sigmoid"
    else:
        what, end = (
            f"values between {low:.4g} and {high:.4g} whatever it is shown",
            "layers that bound them",
        )
        if total is not None:
            what += f", whose sum is always {total:.4g}, as of rescaled probabilities"
            end = "softmax and what rescales it"
    declared = _DECLARED.get(end)
    if spec.outputs != "logits":
        what = f"{what} once its {spec.outputs} are taken off"
    kinds = _kinds(declared)
    if spec.origin == "imported":
        way = stated(spec, *(kinds if spec.outputs == "logits" else ("values",)))
        return f"{spec.id} returns {what}, so they are no logits: {way}."
    way = f", or {stated(spec, *kinds[:1])}" if declared and spec.outputs == "logits" else ""
    return (
        f"{spec.id} returns {what}, but logits are expected: build it without its final {end} "
        f"(classifier_activation=None, or Dense(activation=None)){way}."
    )


def _kinds(declared: Outputs | None) -> tuple[Outputs, ...]:
    """Return what bounded outputs may be meant as."""
    if declared == "probabilities":
        return (declared,)
    return ("values",) if declared is None else (declared, "values")


def _named(spec: ModelSpec) -> str:
    return "values" if spec.outputs == "values" else "classes"


def _same(spec: ModelSpec) -> str:
    return (
        f"{spec.id} answers the same whatever it is shown: its outputs do not depend on the "
        "picture. Check that its last layer is called on what comes from the builder's inputs, and "
        "that its weights are loaded."
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


def told_by(error: Exception) -> str:
    """Return what a stranger's code, or Keras, says of a failure, as the end of one sentence."""
    told = " ".join(_STYLES.sub("", str(error)).split())[:200].rstrip(".")
    return f"{type(error).__name__}: {told}"


def failed(error: Exception, spec: ModelSpec, shape: tuple[int | None, ...]) -> CapabilityError:
    """Return the sentence for a builder, or layers of its model, that do not take the pictures."""
    return CapabilityError(
        f"The builder of {spec.id} failed: {told_by(error)}. It is given a tensor of "
        f"shape {shape}: if its network takes another one, say so in input_size = (height, width, "
        "channels), or fit the tensor to it (keras.layers.Resizing, keras.ops.mean)."
    )


def _answer(model: Any, pictures: Array) -> Answers:
    """Return the outputs, in a precision in which sums and spans of them do not overflow."""
    return np.asarray(keras.ops.convert_to_numpy(model(pictures, training=False)), np.float64)
