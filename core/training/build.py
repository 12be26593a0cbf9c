"""Networks to be trained: fresh ones, and those of the zoo with another head."""

from __future__ import annotations

from dataclasses import replace

from core.contracts import ModelRef
from core.errors import CapabilityError
from core.models import zoo
from core.models.labels import class_names
from core.models.network import assemble, build
from core.models.spec import ModelSpec
from core.models.tensorflow import keras
from core.workspace import open_store

__all__ = ["fresh", "head_of", "with_head"]


def fresh(architecture: ModelSpec, *, size: int, n_classes: int, seed: int) -> keras.Model:
    """Return a network with weights drawn from ``seed``: pixels in [0, 1] to logits."""
    keras.utils.set_random_seed(seed)
    return assemble(replace(architecture, input_size=size), n_classes)


def with_head(base: ModelRef, *, n_classes: int, seed: int) -> keras.Model:
    """Return a model of the zoo with its weights, and a fresh head for ``n_classes``.

    Raises
    ------
    CapabilityError
        If the model has no gradients (a compressed one), or does not end in a dense layer.
    """
    spec = zoo.get(base.id)
    if spec.runtime != "keras":
        raise CapabilityError(
            f"{base.id} cannot be trained further: it has no gradients. Start from {spec.twin}."
        )
    n_before = len(class_names(base).labels)
    source = build(spec, base, n_before, seed=seed, store=open_store())
    keras.utils.set_random_seed(seed)
    model = assemble(spec, n_classes)
    head = head_of(model).name
    for layer, taken in zip(model.layers, source.layers, strict=True):
        if layer.name != head and layer.weights:
            layer.set_weights(taken.get_weights())
    return model


def head_of(model: keras.Model) -> keras.layers.Dense:
    """Return the dense layer that makes the logits.

    Raises
    ------
    CapabilityError
        If the model ends in something else.
    """
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense):
        raise CapabilityError(
            f"{model.name} ends in {type(last).__name__}; a head can replace a Dense layer only."
        )
    return last
