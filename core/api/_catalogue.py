"""What there is: models, methods, classes; and how to add a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from core import images, numerals
from core.contracts import ClassRef, MethodCard, ModelCard, ModelRef
from core.data.registry import DATASETS
from core.errors import InputError, NumeralError
from core.evidence.registry import METRICS
from core.modalities import registry as modalities
from core.modalities.registry import DEFAULT_MODALITY
from core.models import zoo
from core.models.labels import class_names as _class_names
from core.models.zoo import DEFAULT_MODEL, Affine, ModelSpec
from core.registry import Registry
from core.robustness.attacks.registry import ATTACKS
from core.saliency.registry import METHODS

__all__ = [
    "PluginKind", "broken_plugins", "class_names", "find_class", "methods", "models",
    "register_model",
]  # fmt: skip

_IMAGENET = 1000
PluginKind = Literal["models", "methods", "metrics", "attacks", "datasets", "modalities"]
_REGISTRIES: dict[str, Registry[Any]] = {
    "methods": METHODS, "metrics": METRICS, "attacks": ATTACKS, "datasets": DATASETS,
    "modalities": modalities.MODALITIES,
}  # fmt: skip
_Named = Literal["imagenet", "numbered"]


def models() -> tuple[ModelCard, ...]:
    """Return a card for every model of the zoo; the default comes first."""
    return tuple(spec.card() for spec in zoo.specs().values())


def methods(modality: str = DEFAULT_MODALITY) -> tuple[MethodCard, ...]:
    """Return a card for every saliency method, with the choices for a kind of input."""
    of = modalities.get(modality)
    return tuple(method.card(of) for method in METHODS.values())


def broken_plugins(kind: PluginKind) -> tuple[str, ...]:
    """Return what installed packages bring that cannot be used, one sentence each: what, and why.

    Everything else works without them.
    """
    if kind == "models":
        return tuple(map(str, zoo.broken()))
    return tuple(map(str, _REGISTRIES[kind].broken))


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
    labels: _Named | Sequence[str] = "numbered",
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
    labels : {"imagenet", "numbered"} or sequence of str
        Names of the classes, as many as there are logits.

    Raises
    ------
    InputError
        The model is built once here, and looked at: outputs that are not one logit for each class
        (probabilities, sigmoids, another number), weights that are no numbers, an input of another
        shape or a layer that maps cannot read are refused in one sentence.

    Notes
    -----
    Workers of the dashboard are other processes: there a model joins through an entry point of
    the group ``pellucid.models``: a function that returns :class:`core.models.zoo.ModelSpec` s.
    """
    if not id.isidentifier():
        raise InputError(f"A model id is a plain identifier such as my_resnet. Received: {id!r}.")
    side = _whole("input_size", input_size, images.MIN_SIDE, " (square pictures: one side)")
    n_classes = _whole("n_classes", n_classes, 2)
    named: _Named | tuple[str, ...] = (
        cast(_Named, labels) if isinstance(labels, str) else tuple(labels)
    )
    n_names = {"imagenet": _IMAGENET, "numbered": n_classes}.get(str(labels), len(named))
    if n_names != n_classes:
        raise InputError(
            f"{n_names} class names for {n_classes} classes: give n_classes and labels as many as "
            "there are logits."
        )
    spec = ModelSpec(
        id=id,
        name=name or id,
        builder=builder,
        input_size=side,
        preprocessing=preprocessing or Affine(),
        feature_layer=feature_layer or "",
        layers=tuple(layers) or ((feature_layer,) if feature_layer else ()),
        features=feature_layer is not None,
        n_parameters=0,
        paper="",
        licence="yours",
        summary=summary,
        n_classes=n_classes,
        labels=named,
        registration=1,
    )
    from core.models.assembly import check_registration

    check_registration(spec)
    zoo.register(spec)


def _whole(name: str, given: object, low: int, about: str = "") -> int:
    try:
        return numerals.whole(given, low)
    except NumeralError as error:
        raise InputError(f"{name}{about}: {error}") from error
