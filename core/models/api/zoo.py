"""Models and their classes, and how to add a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.contracts import ClassRef, ModelCard, ModelRef, Outputs
from core.errors import InputError
from core.modalities import registry as kinds
from core.modalities.registry import DEFAULT_MODALITY
from core.models import zoo
from core.models.labels import class_names as _class_names
from core.models.registration import (
    MOST_CLASSES,
    Naming,
    check_id,
    checked_affine,
    checked_labels,
    checked_layers,
    checked_outputs,
    checked_text,
    checked_whole,
)
from core.models.weight_files import checked_name
from core.models.zoo import DEFAULT_MODEL, Affine, ModelSpec

__all__ = [
    "Affine", "DEFAULT_MODEL", "architectures", "class_names", "find_class", "models",
    "register_model",
]  # fmt: skip


def models() -> tuple[ModelCard, ...]:
    """Return a card for every model of the zoo; the default comes first.

    Returns
    -------
    tuple of ModelCard
    """
    return tuple(spec.card() for spec in zoo.specs().values())


def class_names(model: str = DEFAULT_MODEL, *, classes: str | None = None) -> tuple[str, ...]:
    """Return the class names of a model by index.

    Parameters
    ----------
    model : str
        Id of a model.
    classes : str, optional
        File with one class name a line, in place of the model's own names.

    Returns
    -------
    tuple of str

    Raises
    ------
    UnknownNameError
        If there is no such model.
    InputError
        If the file of class names cannot be read.
    """
    return _class_names(ModelRef(model, classes=classes)).labels


def find_class(model: str, text: str | int, *, classes: str | None = None) -> ClassRef:
    """Find a class by index, name, synonym or WordNet id.

    Parameters
    ----------
    model : str
        Id of a model.
    text : str or int
        Index, name, synonym or WordNet id.
    classes : str, optional
        File with one class name a line, in place of the model's own names.

    Returns
    -------
    ClassRef

    Raises
    ------
    UnknownNameError
        If no class, or (``AmbiguousNameError``) more than one, carries the name.
    """
    return _class_names(ModelRef(model, classes=classes)).find(text)


def register_model(
    id: str,
    builder: Callable[..., Any] | None = None,
    *,
    model: object = None,
    input_size: int | tuple[int, ...] | None = None,
    n_classes: int | None = None,
    feature_layer: str | None = None,
    layers: Sequence[str] = (),
    name: str = "",
    preprocessing: Affine | None = None,
    labels: Naming | Sequence[str] = "numbered",
    summary: str = "Registered by the user.",
    replace: bool = False,
    modality: str = DEFAULT_MODALITY,
    outputs: Outputs | None = None,
) -> None:
    """Add a model of your own to the zoo of this process: a function that builds it, or itself.

    Parameters
    ----------
    id : str
        Identifier, which no model has yet. Under an id that was registered before, a builder that
        is defined anew (by the same name in the same module, as when a notebook's cell or a module
        is run again) takes the place of the old one; another one does with ``replace`` alone.
    builder : callable, optional
        ``builder(inputs, n_classes) -> keras.Model``: from the preprocessed Keras tensor
        ``(None, height, width, channels)`` to logits, with weights loaded. Your code, run on
        your machine.
    model : keras.Model, optional
        In place of a builder: a model of pictures with its weights, as it stands. It is copied,
        models inside it are opened, and its input, outputs and feature layers are read off.
    input_size : int or tuple of int
        Of a builder. Side of square inputs of three channels in pixels; or ``(height, width)``; or
        ``(height, width, channels)`` with 1 channel for grey, 3 for colour, 2 or 4 with opacity
        behind, as opaque pictures have it: others are refused there.
    n_classes : int
        Of a builder: how many logits there are.
    feature_layer : str, optional
        Name of the layer that CAMs read; without one, they are not offered.
    layers : sequence of str
        Layers offered for CAMs; the feature layer alone by default.
    name : str
        For people; the id by default.
    preprocessing : Affine, optional
        Done inside the model; by default pixels stay in [0, 1], or are what a given model's first
        Rescaling or Normalization takes. One number stands for every channel.
    labels : {"imagenet", "numbered"} or sequence of str
        Names of the classes, each once, as many as there are logits.
    summary : str
        One sentence for people.
    replace : bool
        Whether another builder may take the place of one that was registered under this id. What
        comes with Pellucid, and what was trained here, is never replaced.
    modality : str
        What kind of input it takes: the id of a modality, that of pictures by default.
    outputs : {"logits", "probabilities", "sigmoid", "binary", "values"}
        What the network ends in, logits by default; of a given model it is read off. A final
        softmax (``"probabilities"``) or sigmoid is found in its graph and taken off, for what is
        explained are logits. With ``"sigmoid"`` each class is a yes or no of its own; one sigmoid
        for two classes (``"binary"``) is two logits, minus and plus half of what
        enters it. ``"values"`` are those
        of a regression: ``n_classes`` is their number, ``labels`` their names, and whatever needs
        classes is refused.

    Raises
    ------
    InputError
        The model is built once here, and looked at: outputs that are not one logit for each class
        (probabilities, sigmoids, what is bounded or rescaled, whole numbers, the same for every
        picture, another number), weights that are no numbers, an input of another shape or a layer
        that maps cannot read are refused in one sentence. A head that was begun at 0, and waits for
        its training, is none of these.

    Notes
    -----
    Not seen: a bound inside a layer of your own that has weights, where no drawn picture reaches
    it, and outputs that are unbounded without being logits (exponentials, distances).

    Workers of the dashboard are other processes: there a model joins through an entry point of
    the group ``pellucid.models``: a function that returns :class:`core.models.zoo.ModelSpec` s.
    """
    declared, prepared = checked_outputs(outputs or "logits"), Affine()
    if model is not None:
        if builder is not None or input_size is not None or n_classes is not None:
            raise InputError(
                "A model is given by itself: builder, input_size and n_classes are read off it."
            )
        from core.own_models.built import look_at

        listed = None if isinstance(labels, str) else len(tuple(labels))
        built = look_at(model, id=id, kind=outputs and declared, n_names=listed)
        builder, input_size, n_classes = built.builder, built.input_size, built.n_classes
        declared, prepared = built.outputs, built.preprocessing
        layers = layers or built.layers
        feature_layer = feature_layer or (layers[-1] if layers else None)
    elif builder is None:
        raise InputError(
            "builder is a function, called as builder(inputs, n_classes); a Keras model itself is "
            "given as model. Received: neither."
        )
    size = kinds.get(modality).checked_size(input_size)
    fewest = 1 if declared == "values" else 2
    n_classes = checked_whole("n_classes", n_classes, fewest, MOST_CLASSES)
    check_id(id, builder, replace=replace)
    chosen = checked_layers(feature_layer, layers)
    named = checked_labels(labels, n_classes)
    spec = ModelSpec(
        id=id,
        name=checked_name(name) if checked_text("name", name) else id,
        builder=builder,
        input_size=size,
        preprocessing=prepared if preprocessing is None else checked_affine(preprocessing),
        feature_layer=feature_layer or "",
        layers=chosen,
        features=feature_layer is not None,
        n_parameters=0,
        paper="",
        licence="yours",
        summary=checked_text("summary", summary),
        n_classes=n_classes,
        labels=named,
        registration=1,
        modality=modality,
        outputs=declared,
    )
    from core.models.assembly import check_registration

    zoo.register(check_registration(spec))


def architectures() -> tuple[ModelCard, ...]:
    """Return a card for everything that weights of one's own can go into.

    Returns
    -------
    tuple of ModelCard
    """
    return tuple(spec.card() for spec in zoo.architectures().values())
