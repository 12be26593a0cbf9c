"""Networks to be trained: fresh ones, and those of the zoo with another head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.contracts import ModelRef
from core.errors import CapabilityError
from core.models import zoo
from core.models.assembly import assemble, build
from core.models.backbone import head_of
from core.models.labels import class_names
from core.models.spec import ModelSpec
from core.models.tensorflow import keras
from core.runs import finished_runs
from core.training.placement import Placement, is_half
from core.workspace import open_store

__all__ = ["base_of", "exact", "fresh", "with_head"]


def fresh(
    architecture: ModelSpec, *, size: int, n_classes: int, seed: int, placement: Placement
) -> keras.Model:
    """Return a network with weights drawn from ``seed``: pixels in [0, 1] to logits."""
    keras.utils.set_random_seed(seed % 2**32)
    with placement.building():
        return assemble(replace(architecture, input_size=size), n_classes)


def base_of(ref: ModelRef) -> tuple[ModelSpec, str]:
    """Return the spec of a model that is trained further, and the id of its architecture.

    Raises
    ------
    CapabilityError
        If it has no gradients (a compressed one).
    """
    spec = zoo.get(ref.id)
    if spec.runtime != "keras" or not spec.gradients:
        instead = f" Start from {spec.twin}." if spec.twin else ""
        raise CapabilityError(f"{ref.id} cannot be trained further: no gradients.{instead}")
    run = finished_runs().get(ref.id)
    return spec, ref.id if run is None else run.architecture


def with_head(base: ModelRef, *, n_classes: int, seed: int, placement: Placement) -> keras.Model:
    """Return a model of the zoo with its weights, and a fresh head for ``n_classes``.

    Raises
    ------
    CapabilityError
        If the model has no gradients, or does not end in a dense layer.
    """
    spec, _ = base_of(base)
    source = build(spec, base, len(class_names(base).labels), seed=seed, store=open_store())
    keras.utils.set_random_seed(seed % 2**32)
    with placement.building():
        model = assemble(spec, n_classes)
    head = head_of(model)
    for layer, taken in zip(model.layers, source.layers, strict=True):
        if layer is not head and layer.weights:
            layer.set_weights(taken.get_weights())
    _draw_anew(head, seed)
    return model


def _draw_anew(head: keras.layers.Dense, seed: int) -> None:
    """Overwrite what a builder that brings its own weights put there."""
    kernel = keras.initializers.GlorotUniform(seed=seed % 2**32)(head.kernel.shape)
    head.kernel.assign(kernel)
    if head.use_bias:
        head.bias.assign(np.zeros(head.bias.shape, np.float32))


def exact(model: keras.Model, architecture: ModelSpec, *, size: int) -> keras.Model:
    """Return the network as pages compute it: in float32 on one device, with the same weights."""
    if not is_half(model):
        return model
    n_classes = int(model.output.shape[-1])
    same = assemble(replace(architecture, input_size=size), n_classes)
    same.set_weights(model.get_weights())
    return same
