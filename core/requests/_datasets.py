"""Requests about all the pictures of a dataset."""

from __future__ import annotations

from core.contracts import DEFAULT_MODEL, DatasetPredictRequest, SplitName
from core.data.registry import open_dataset
from core.errors import InputError
from core.models.labels import class_names
from core.requests._common import model_fields

__all__ = ["dataset_request"]


def dataset_request(
    dataset: str,
    *,
    model: str = DEFAULT_MODEL,
    weights: str = "pretrained",
    classes: str | None = None,
    split: SplitName = "test",
    limit: int | None = None,
    seed: int | None = None,
) -> DatasetPredictRequest:
    """Describe the work of predicting every picture of a split.

    Parameters
    ----------
    dataset : str
        Such as ``portraits`` or ``folder:/data/pets``.
    limit : int, optional
        Takes the first so many pictures.

    Raises
    ------
    InputError
        For an unknown name, a split that is missing, or a model of other classes.
    """
    opened = open_dataset(dataset)
    part = opened.part(split)
    if not len(part) or (limit is not None and limit < 1):
        raise InputError(f"There is no picture to predict in {opened.ref.text}, split {split}.")
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    names = class_names(fields["model"]).labels
    if names != opened.classes:
        mend = (
            "The same names stand in another order: only pictures sorted in the model's own order "
            "can be counted here."
            if set(names) == set(opened.classes)
            else "They must be the same, in the same order: train a model on this dataset, or, if "
            "the model has no names of its own, name the classes (--classes FILE)."
        )
        raise InputError(
            f"{model} tells {len(names)} classes apart ({_few(names)}), {opened.ref.text} has "
            f"{len(opened.classes)} ({_few(opened.classes)}). {mend}"
        )
    return DatasetPredictRequest(
        **fields, dataset=opened.ref, fingerprint=opened.fingerprint, split=split, limit=limit
    )


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
