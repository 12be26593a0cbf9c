"""From a spec to a Keras model: preprocessing, the architecture, its weights, and what is checked.

A builder is somebody's code. Whatever it makes is a model from pictures to one logit a class, or is
refused in one sentence (:mod:`core.models.validation`). A softmax or sigmoid that is declared is
taken off its end (:mod:`core.models.outputs`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from core.contracts import ModelRef
from core.errors import CapabilityError
from core.models.attention import attention_of
from core.models.batch_norm import batch_norm_layers, recalibrate_batch_norm
from core.models.outputs import TWO_CLASSES, without_end
from core.models.spec import ModelSpec
from core.models.tensorflow import keras, tf
from core.models.validation import check_answers, check_built, check_layers, failed, told_by
from core.models.weights import load_weights
from core.store import Store

__all__ = ["assemble", "build", "check_registration"]


def check_registration(spec: ModelSpec) -> ModelSpec:
    """Build a model that wants to join, once, check it, and return it as it was found.

    Raises
    ------
    InputError
        If it is none that Pellucid reads right; one sentence says why, and what would be.
    """
    drawn = random.getstate()
    model = assemble(spec, spec.n_classes)
    random.setstate(drawn)  # Keras draws the seeds of fresh weights from it
    check_answers(model, spec)
    check_layers(model, spec)
    one = any(layer.name == TWO_CLASSES for layer in model.layers)
    spec = replace(spec, attention=attention_of(model) is not None)
    return replace(spec, outputs="binary") if one else spec


def build(
    spec: ModelSpec, ref: ModelRef, n_classes: int, *, seed: int, store: Store
) -> keras.Model:
    """Build the architecture with its preprocessing inside, and load its weights."""
    if ref.weights == "random":
        keras.utils.set_random_seed(seed)
    model = assemble(spec, n_classes)
    if ref.weights == "random":
        # Fresh batch statistics would let activations die out or explode layer by layer.
        noise = np.random.default_rng(seed).random((4, *model.input_shape[1:]), dtype=np.float32)
        recalibrate_batch_norm(model, batch_norm_layers(model), [noise])
    load_weights(model, spec, ref, store)
    model.trainable = False
    if spec.joined:
        check_answers(model, spec)
    return model


def assemble(spec: ModelSpec, n_classes: int) -> keras.Model:
    """Return the bare architecture with its preprocessing inside: pixels in [0, 1] to logits."""
    pixels = keras.Input(spec.input_shape, name="pixels")
    affine = spec.preprocessing.of(spec.input_shape[-1])
    ordered = keras.ops.flip(pixels, axis=-1) if affine.order == "bgr" else pixels
    scale = [255.0 / s for s in affine.scale]
    offset = [-m / s for m, s in zip(affine.mean, affine.scale, strict=True)]
    inputs = keras.layers.Rescaling(scale, offset, dtype="float32", name="preprocessing")(ordered)
    built = _built(spec, inputs, n_classes)
    out = _logits(built, pixels, spec)
    try:
        keras.Model(pixels, out)
    except ValueError as error:
        raise _elsewhere(built, pixels, spec) from error
    try:
        logits = without_end(pixels, out, spec)
    except (ValueError, tf.errors.OpError) as error:  # layers that do not fit once they run
        raise _no_run(spec, error) from error
    if logits.dtype != "float32":  # of a model that was made in mixed precision
        logits = keras.layers.Activation("linear", dtype="float32", name="logits_float32")(logits)
    return keras.Model(pixels, logits, name=spec.id)


def _built(spec: ModelSpec, inputs: Any, n_classes: int) -> keras.Model:
    """Return what the builder makes of ``inputs``, in single precision.

    Raises
    ------
    CapabilityError
        If a builder that joined fails, or makes something else than a model from a picture to
        logits.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        if not spec.joined:
            return _builder(spec)(inputs, n_classes)
        try:
            built = _begun(_builder(spec)(inputs, n_classes), inputs)
        except Exception as error:  # a stranger's code
            raise failed(error, spec, tuple(inputs.shape)) from error
    finally:
        keras.config.set_dtype_policy(policy)
    check_built(built, spec, n_classes)
    return built


def _begun(built: Any, inputs: Any) -> Any:
    """Let a Sequential that was given no input begin at ``inputs``, layer by layer."""
    if not isinstance(built, keras.Sequential) or built.built or not built.layers:
        return built
    x = inputs
    for layer in built.layers:
        x = layer(x)
    return keras.Model(inputs, x, name=built.name)


def _logits(built: keras.Model, pixels: Any, spec: ModelSpec) -> Any:
    """Return the tensor of ``pixels`` that ``built`` ends in.

    ``keras.Model(inputs, out)`` copies the calls from ``inputs`` on to an input of its own; what
    the builder called is still there, as the first call of the layer that the model ends in.
    """
    out = built.outputs[0]
    if any(tensor is pixels for tensor in built.inputs):
        return out
    last, place = out._keras_history.operation, out._keras_history.tensor_index
    if len(last._inbound_nodes) < 2:
        raise _elsewhere(built, pixels, spec)
    if len(last._inbound_nodes) != 2:  # the builder's call, and its copy
        raise CapabilityError(
            f"{spec.id} ends in a layer that is called more than once: its logits are ambiguous. "
            "End in a layer that is called once, or let the builder return "
            "keras.Model(keras.utils.get_source_inputs(inputs), logits)."
        )
    return last._inbound_nodes[0].output_tensors[place]


def _elsewhere(built: keras.Model, pixels: Any, spec: ModelSpec) -> CapabilityError:
    return CapabilityError(
        f"{spec.id} begins at an input of its own, of shape {tuple(built.inputs[0].shape)}, and "
        f"not at the pictures that the builder is given, of shape {tuple(pixels.shape)}: call the "
        "network on the builder's inputs, fitted to its size and channels (keras.layers.Resizing, "
        "keras.ops.mean)."
    )


def _no_run(spec: ModelSpec, error: Exception) -> CapabilityError:
    return CapabilityError(
        f"{spec.id} is put together, but does not run on a picture: {told_by(error)}."
    )


def _builder(spec: ModelSpec) -> Callable[..., keras.Model]:
    if callable(spec.builder):
        return spec.builder
    module, _, function = spec.builder.partition(":")
    built: Callable[..., keras.Model] = getattr(import_module(module), function)
    return built
