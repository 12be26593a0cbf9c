"""Requests about all the pictures of a dataset."""

from __future__ import annotations

from core.contracts import DEFAULT_MODEL, DatasetPredictRequest, SplitName
from core.data.registry import open_dataset
from core.errors import InputError
from core.models.labels import class_names
from core.options.labelled import DatasetOptions, class_map
from core.options.model import model_fields

__all__ = ["DatasetOptions", "dataset_request"]


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
        Such as ``portraits`` or ``folder:/data/pets``. Its classes are found by name among the
        model's, in whatever order; the model may know further ones.
    split : {"train", "validation", "test"}
        Which of its splits.
    limit : int, optional
        Takes the first so many pictures.
    model, weights, classes, seed
        As in :func:`prediction_request`.

    Returns
    -------
    DatasetPredictRequest

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
    known = class_map(opened, fields["model"])
    same = class_names(fields["model"]).labels == opened.classes
    return DatasetPredictRequest(
        **fields, dataset=opened.ref, fingerprint=opened.fingerprint, split=split, limit=limit,
        class_map=() if same else known,
    )  # fmt: skip
