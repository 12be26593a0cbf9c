"""What there is: models, methods, classes; and how to add a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from core import images
from core.contracts import ClassRef, MethodCard, ModelCard, ModelRef
from core.errors import InputError
from core.models import zoo
from core.models.labels import class_names as _class_names
from core.models.zoo import DEFAULT_MODEL, Affine, ModelSpec
from core.saliency import registry

__all__ = ["class_names", "find_class", "methods", "models", "register_model"]


def models() -> tuple[ModelCard, ...]:
    """Return a card for every model of the zoo; the default comes first."""
    return tuple(spec.card() for spec in zoo.specs().values())


def methods() -> tuple[MethodCard, ...]:
    """Return a card for every saliency method."""
    return tuple(method.card() for method in registry.METHODS.values())


def class_names(model: str = DEFAULT_MODEL, *, classes: str | None = None) -> tuple[str, ...]:
    """Return the class names of a model by index."""
    return _class_names(ModelRef(model, classes=classes)).labels


def find_class(model: str, text: str | int, *, classes: str | None = None) -> ClassRef:
    """Find a class by index, name, synonym or WordNet id.

    Raises
    ------
    UnknownNameError
        If no class, or (``AmbiguousNameError``) more than one, carries the name.
    """
    return _class_names(ModelRef(model, classes=classes)).find(text)


def register_model(
    id: str,
    builder: Callable[..., Any],
    *,
    input_size: int,
    n_classes: int,
    feature_layer: str | None = None,
    layers: Sequence[str] = (),
    name: str = "",
    preprocessing: Affine | None = None,
    labels: Literal["imagenet", "numbered"] = "numbered",
    summary: str = "Registered by the user.",
) -> None:
    """Add an architecture of your own to the zoo of this process.

    Parameters
    ----------
    id : str
        Identifier; an existing one is replaced.
    builder : callable
        ``builder(inputs, n_classes) -> keras.Model``: from the preprocessed Keras tensor
        ``(None, input_size, input_size, 3)`` to logits, with weights loaded. Your code, run on
        your machine.
    input_size : int
        Side of the input in pixels.
    n_classes : int
    feature_layer : str, optional
        Name of the layer that CAMs read; without one, they are not offered.
    layers : sequence of str
        Layers offered for CAMs; the feature layer alone by default.
    preprocessing : Affine, optional
        Done inside the model; by default pixels stay in [0, 1].

    Notes
    -----
    Workers of the dashboard are other processes: there a model joins through an entry point of
    the group ``pellucid.models``: a function that returns :class:`core.models.zoo.ModelSpec` s.
    """
    if not id.isidentifier():
        raise InputError(f"A model id is a plain identifier such as my_resnet. Received: {id!r}.")
    if input_size < images.MIN_SIDE or n_classes < 2:
        raise InputError(
            f"Expected input_size of at least {images.MIN_SIDE} and n_classes of at least 2. "
            f"Received {input_size} and {n_classes}."
        )
    zoo.register(
        ModelSpec(
            id=id,
            name=name or id,
            builder=builder,
            input_size=input_size,
            preprocessing=preprocessing or Affine(),
            feature_layer=feature_layer or "",
            layers=tuple(layers) or ((feature_layer,) if feature_layer else ()),
            features=feature_layer is not None,
            n_parameters=0,
            paper="",
            licence="yours",
            summary=summary,
            n_classes=n_classes,
            labels=labels,
        )
    )
