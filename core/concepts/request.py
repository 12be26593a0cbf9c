"""Requests about examples and concepts: neighbours, concepts of a class, TCAV, visualisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from core.contracts import (
    ConceptMapsRequest,
    ConceptsRequest,
    Geometry,
    NeighboursRequest,
    Picture,
    PictureSet,
    Selection,
    TcavRequest,
    VisualiseRequest,
)
from core.errors import CapabilityError, InputError, ParameterError
from core.modalities.capabilities import require
from core.modalities.picture import images
from core.modalities.picture.gallery import read_gallery
from core.modalities.picture.request import Reference, picture_set
from core.models import zoo
from core.models.labels import class_names
from core.models.zoo import DEFAULT_MODEL, ModelSpec
from core.options.model import model_fields

__all__ = [
    "concept_maps_request",
    "concepts_request",
    "neighbours_request",
    "tcav_request",
    "visualise_request",
]

_QUICK = 256
"""Pictures whose features take a few seconds; a larger folder goes to the batch lane."""
_SELECTIONS: tuple[Selection, ...] = get_args(Selection)


def neighbours_request(
    picture: Picture,
    *,
    reference: Reference,
    label: str | None = None,
    k: int = 8,
    layer: str | None = None,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry = "crop",
    seed: int | None = None,
) -> NeighboursRequest:
    """Describe the search for the ``k`` pictures of ``reference`` nearest to ``picture``.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    reference : path, Gallery, sequence of Picture or PictureSet
        A folder, a :class:`Gallery`, pictures, or a :func:`picture_set`.
    label : str, optional
        Takes only the folder's pictures with this label.
    k : int
        From 1 to 50.
    layer : str, optional
        Feature layer; the model's declared one by default.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    NeighboursRequest

    Raises
    ------
    InputError
        For an unknown model or layer, a model without a feature layer, or an empty set.
    """
    spec = _with_features(model, "Nearest pictures")
    _between("k", k, 1, 50)
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    held = picture_set(reference, label=label, model=model, geometry=geometry)
    return NeighboursRequest(
        **fields,
        input=images.to_input(picture, shape=spec.input_shape, geometry=geometry),
        reference=held,
        k=k,
        layer=_layer(spec, layer),
        lane="interactive" if _count(held) <= _QUICK else "batch",
    )


def concepts_request(
    reference: Reference,
    *,
    target: int | str,
    selection: str = "predicted",
    label: str | None = None,
    n_concepts: int = 6,
    n_pictures: int = 100,
    layer: str | None = None,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry = "crop",
    seed: int | None = None,
) -> ConceptsRequest:
    """Describe the search for the concepts of the class ``target`` over a set of pictures.

    Parameters
    ----------
    reference : path, Gallery, sequence of Picture or PictureSet
        A folder, a :class:`Gallery`, pictures, or a :func:`picture_set`.
    target : int or str
        Class by index, name or WordNet id.
    selection : str
        Which pictures of the set: those predicted as the class, those labelled so, or all.
    label : str, optional
        Takes only the folder's pictures with this label.
    n_concepts : int
        From 2 to 25.
    n_pictures : int
        At most so many pictures, 8 to 500.
    layer : str, optional
        Feature layer; the model's declared one by default.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    ConceptsRequest

    Raises
    ------
    InputError
        For an unknown model, class or selection, or a number out of its range.
    """
    spec = _with_features(model, "Concepts")
    _between("n_concepts", n_concepts, 2, 25)
    _between("n_pictures", n_pictures, 8, 500)
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    held = picture_set(reference, label=label, model=model, geometry=geometry)
    chosen = _selection(selection)
    if chosen == "labelled" and held.gallery is None:
        raise InputError("Pictures given one by one have no labels: select predicted or all.")
    return ConceptsRequest(
        **fields,
        reference=held,
        target=class_names(fields["model"]).find(target).index,
        selection=chosen,
        n_concepts=n_concepts,
        n_pictures=n_pictures,
        geometry=geometry,
        layer=_layer(spec, layer),
    )


def concept_maps_request(picture: Picture, concepts: ConceptsRequest) -> ConceptMapsRequest:
    """Describe the search for the concepts of a bank in one picture.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it.
    concepts : ConceptsRequest
        The request that found them.

    Returns
    -------
    ConceptMapsRequest
    """
    shape = zoo.get(concepts.model.id).input_shape
    return ConceptMapsRequest(
        model=concepts.model,
        weights_sha256=concepts.weights_sha256,
        versions=concepts.versions,
        seed=concepts.seed,
        input=images.to_input(picture, shape=shape, geometry=concepts.geometry),
        concepts=concepts,
    )


def tcav_request(
    concepts: Mapping[str, Reference] | Sequence[PictureSet],
    *,
    random: Reference,
    pictures: Reference,
    target: int | str,
    n_runs: int = 20,
    layer: str | None = None,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    geometry: Geometry = "crop",
    seed: int | None = None,
) -> TcavRequest:
    """Describe the test whether concepts matter to the class ``target``.

    Parameters
    ----------
    concepts : mapping of name to pictures, or sequence of PictureSet
        By name, or sets that have one.
    random : path, Gallery, sequence of Picture or PictureSet
        Pictures of no concept in particular.
    pictures : path, Gallery, sequence of Picture or PictureSet
        Pictures of the class.
    target : int or str
        Class by index, name or WordNet id.
    n_runs : int
        Random concepts to compare with, 5 to 100.
    layer : str, optional
        Feature layer; the model's declared one by default.
    model, weights, classes, geometry, seed
        As in :func:`prediction_request`.

    Returns
    -------
    TcavRequest

    Raises
    ------
    InputError
        For an unknown model or class, a model without gradients, no concept, or an empty set.
    """
    spec = _with_features(model, "TCAV")
    require("TCAV", frozenset({"gradient", "classes"}), spec.offer)
    _between("n_runs", n_runs, 5, 100)
    if not concepts:
        raise InputError("TCAV needs at least one concept: a name and a folder of pictures.")

    def held(source: Reference, name: str) -> PictureSet:
        return picture_set(source, name=name, model=model, geometry=geometry)

    named = (
        tuple(held(source, name) for name, source in concepts.items())
        if isinstance(concepts, Mapping)
        else tuple(concepts)
    )
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    return TcavRequest(
        **fields,
        concepts=named,
        random=held(random, "random pictures"),
        pictures=held(pictures, "pictures of the class"),
        target=class_names(fields["model"]).find(target).index,
        n_runs=n_runs,
        geometry=geometry,
        layer=_layer(spec, layer),
    )


def visualise_request(
    *,
    target: int | str,
    steps: int = 256,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    seed: int | None = None,
) -> VisualiseRequest:
    """Describe the making of a picture that drives the logit of ``target`` up.

    Parameters
    ----------
    target : int or str
        Class by index, name or WordNet id.
    steps : int
        From 16 to 1024.
    model, weights, classes, seed
        As in :func:`prediction_request`.

    Returns
    -------
    VisualiseRequest

    Raises
    ------
    InputError
        For an unknown model or class, or a model without gradients.
    """
    needs = frozenset({"gradient", "classes"})
    require("Activation maximisation", needs, zoo.get(model).offer)
    _between("steps", steps, 16, 1024)
    fields: dict[str, Any] = model_fields(model, weights=weights, classes=classes, seed=seed)
    index = class_names(fields["model"]).find(target).index
    return VisualiseRequest(**fields, target=index, steps=steps)


def _with_features(model: str, what: str) -> ModelSpec:
    spec = zoo.get(model)
    if not spec.features:
        raise CapabilityError(
            f"{what}: needs a convolutional feature layer, and {spec.id} declares none."
        )
    return spec


def _layer(spec: ModelSpec, layer: str | None) -> str | None:
    if layer is None or layer == spec.feature_layer:
        return None
    if layer not in spec.layers:
        raise InputError(
            f"{spec.id} offers no layer {layer!r}. Choose one of {', '.join(spec.layers)}."
        )
    return layer


def _selection(text: str) -> Selection:
    for selection in _SELECTIONS:
        if text == selection:
            return selection
    raise InputError(f"select must be one of {', '.join(_SELECTIONS)}. Received: {text!r}.")


def _between(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ParameterError(f"{name} must be from {low} to {high}. Received: {value}.")


def _count(held: PictureSet) -> int:
    if held.gallery is None:
        return len(held.pictures)
    return len(read_gallery(held.gallery.folder).labelled(held.label))
