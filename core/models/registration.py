"""What is given to register a model: each argument checked, each mistake one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from math import isfinite
from typing import Literal, get_args

from core import numerals
from core.contracts import Outputs
from core.errors import InputError, NumeralError
from core.models import zoo
from core.models.weight_files import checked_classes
from core.models.zoo import Affine

__all__ = [
    "MOST_CLASSES",
    "Naming",
    "check_id",
    "checked_affine",
    "checked_labels",
    "checked_layers",
    "checked_outputs",
    "checked_text",
    "checked_whole",
]

Naming = Literal["imagenet", "numbered"]
MOST_CLASSES = 20_000
_OUTPUTS: tuple[Outputs, ...] = get_args(Outputs)
_NAMINGS: tuple[Naming, ...] = get_args(Naming)
_IMAGENET, _CHANNELS, _SHOWN = 1000, 3, 80


def checked_whole(name: str, given: object, low: int, high: int, about: str = "") -> int:
    """Return a whole number within bounds."""
    try:
        return numerals.whole(given, low, high)
    except NumeralError as error:
        raise InputError(f"{name}{about}: {error}") from error


def checked_text(name: str, given: object) -> str:
    """Return a text."""
    if not isinstance(given, str):
        raise InputError(f"{name} is a text. Received: {_shown(given)}.")
    return given


def check_id(id: str, builder: object, *, replace: bool) -> None:
    """Check that an id is one, and that no other model has it.

    Raises
    ------
    InputError
        If not, or if ``builder`` is none.
    """
    if not callable(builder):
        raise InputError(
            f"builder is a function, called as builder(inputs, n_classes). Received: "
            f"{_shown(builder)}."
        )
    if not (isinstance(id, str) and id.isidentifier()):
        raise InputError(
            f"A model id is a plain identifier such as my_resnet. Received: {_shown(id)}."
        )
    taken = zoo.specs().get(id) or zoo.architectures().get(id)
    own = taken is not None and taken.joined and taken.origin == "zoo"
    if taken is None or (own and (replace or _defined(taken.builder) == _defined(builder))):
        return
    way = (
        "pass replace=True to put this builder in its place"
        if own
        else "what comes with Pellucid or was trained here is not replaced"
    )
    raise InputError(f"There is a model {id!r} already ({taken.name}): choose another id; {way}.")


def _defined(builder: object) -> tuple[object, ...]:
    """Return where a builder is defined: its module, and its name there; of a lambda, its code."""
    while isinstance(builder, partial):
        builder = builder.func
    named = builder if hasattr(builder, "__qualname__") else type(builder)
    name = str(getattr(named, "__qualname__", ""))
    code = getattr(named, "__code__", None) if name.endswith("<lambda>") else None
    return getattr(named, "__module__", ""), name, code and (code.co_code, code.co_names)


def checked_layers(feature_layer: object, layers: object) -> tuple[str, ...]:
    """Return the layers that maps may read, the feature layer alone where none are listed."""
    if feature_layer is not None and not (isinstance(feature_layer, str) and feature_layer.strip()):
        raise InputError(
            "feature_layer is the name of a layer, as the builder gives it. Received: "
            f"{_shown(feature_layer)}."
        )
    listed = [] if isinstance(layers, str) or not isinstance(layers, Iterable) else [*layers]
    wrong = [each for each in listed if not (isinstance(each, str) and each.strip())]
    if wrong or isinstance(layers, str) or not isinstance(layers, Iterable):
        raise InputError(
            "layers is a list of names of layers. Received: "
            f"{_shown(wrong[0] if wrong else layers)}."
        )
    return tuple(listed) or ((str(feature_layer),) if feature_layer else ())


def checked_labels(labels: object, n_classes: int) -> Naming | tuple[str, ...]:
    """Return the names of the classes, or the rule that names them."""
    if isinstance(labels, str) and labels in _NAMINGS:
        if labels == "imagenet" and n_classes != _IMAGENET:
            raise InputError(
                f"{_IMAGENET} class names for {n_classes} classes: give n_classes and labels as "
                "many as there are logits."
            )
        return labels
    if isinstance(labels, str | bytes | Mapping | set) or not isinstance(labels, Iterable):
        raise InputError(
            "labels is a list of class names in the order of the logits, 'imagenet' or 'numbered'. "
            f"Received: {_shown(labels)}."
        )
    names = list(labels)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise InputError(f"Class names are texts. Received: {_shown(wrong[0])}.")
    if len(names) != n_classes:
        raise InputError(
            f"{len(names)} class names for {n_classes} classes: give n_classes and labels as many "
            "as there are logits."
        )
    return checked_classes(names, fewest=1 if n_classes == 1 else 2)


def checked_outputs(given: object) -> Outputs:
    """Return what a network's outputs are declared to be."""
    for each in _OUTPUTS:
        if given == each:
            return each
    raise InputError(f"outputs is one of {', '.join(_OUTPUTS)}. Received: {_shown(given)}.")


def checked_affine(given: object) -> Affine:
    """Return how pixels are prepared."""
    if given is None:
        return Affine()
    if not isinstance(given, Affine):
        raise InputError(
            f"preprocessing is an Affine(mean, scale, order). Received: {_shown(given)}."
        )
    for name, values in (("mean", given.mean), ("scale", given.scale)):
        if len(values) != _CHANNELS or not all(_finite(v) for v in values):
            raise InputError(
                f"preprocessing.{name} has {_CHANNELS} finite numbers, one a channel. Received: "
                f"{_shown(values)}."
            )
    if not all(given.scale) or given.order not in ("rgb", "bgr"):
        raise InputError(
            "preprocessing divides by its scale, which is not 0, in the order 'rgb' or 'bgr'. "
            f"Received: {_shown(given)}."
        )
    return given


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def _shown(given: object) -> str:
    text = " ".join(repr(given).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
