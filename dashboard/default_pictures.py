"""Which source suits which model: portraits for one of portraits, photographs for the zoo's."""

from __future__ import annotations

from dataclasses import replace

from core.errors import PellucidError
from dashboard import dataset_pictures, services, uploads
from dashboard.dataset_pictures import Place
from dashboard.services import ShownSplit
from dashboard.state import Choice

__all__ = ["default_picture", "to_model"]


def default_picture(model: str) -> str:
    """Return the id of the source that a model is shown with first; ``""`` where there is none."""
    data = dataset_pictures.data_of(model)
    if data is not None:
        return dataset_pictures.default_id(data)
    return next(iter(uploads.examples(model)), "")


def to_model(choice: Choice, model: str) -> Choice:
    """Return ``choice`` with another model, and what does not fit it replaced.

    A source that a visitor dropped stays; an example or a source of a dataset stays if the model
    knows its classes. Nothing stays where the model takes another kind of source.
    """
    if model == choice.model:
        return choice
    card, before = services.model(model), services.model(choice.model)
    alike = card.modality == before.modality
    same_classes = services.class_names(model) == services.class_names(choice.model)
    methods = services.offered(card)
    fits = choice.method in methods
    picture = _picture(choice.picture, model) if alike else default_picture(model)
    return replace(
        choice,
        picture=picture,
        mask=choice.mask if picture == choice.picture else "",
        model=model,
        reading=choice.reading if alike else (),
        layer=None,
        target=choice.target if same_classes else None,
        against=choice.against if same_classes else None,
        compared=choice.compared if same_classes or choice.compare == "methods" else (),
        method=choice.method if fits else next(iter(methods)),
        parameters=choice.parameters if fits and alike else (),
    )


def _picture(held: str, model: str) -> str:
    data = dataset_pictures.data_of(model)
    if held in uploads.examples(model):
        return held if data is None else dataset_pictures.default_id(data)
    place = dataset_pictures.place(held)
    if place is None:
        return held
    return default_picture(model) if data is None else _in_dataset(place, data)


def _in_dataset(place: Place, data: ShownSplit) -> str:
    """Return the same picture in the model's own dataset, else one that fits its classes."""
    if place.dataset == data.dataset:
        return place.id
    try:
        known = dataset_pictures.facts(place)
        own = dataset_pictures.facts(replace(place, dataset=data.dataset))
        if known is None or known.split.classes != data.classes:
            return dataset_pictures.default_id(data)
        same = own is not None and own.picture().sha256 == known.picture().sha256
    except PellucidError:  # of a dataset that is gone, or a broken file: nothing to hold on to
        return dataset_pictures.default_id(data)
    return own.place.id if own is not None and same else place.id
