"""Datasets: what there is, their pictures, and what a model says about all of them."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import numpy.typing as npt

from core.contracts import DatasetCard, DatasetPredictions, DatasetRef, Picture, SplitName
from core.control import Control
from core.data import registry
from core.data.base import Dataset
from core.data.evaluate import Mistake, evaluation, mistakes
from core.data.folder.brought import brought_pictures
from core.data.folder.brought import keep_pictures as keep_brought_pictures
from core.data.gaps import Gap, largest_gap
from core.data.paired import Paired, paired
from core.data.picture import picture_part
from core.data.prediction_table import check_predictions_file, predictions_table, write_predictions
from core.data.request import dataset_request
from core.engine.api import answer
from core.errors import InputError
from core.options.labelled import DatasetOptions, reference
from core.settings import settings
from core.signatures import signature_from

__all__ = [
    "Gap", "Mistake", "Paired", "check_predictions_file", "dataset_mask", "dataset_picture",
    "datasets", "default_seed", "evaluation", "keep_pictures", "largest_gap", "mistakes",
    "offered_datasets", "open_dataset", "paired", "parse_dataset", "picture_part",
    "predict_dataset", "predictions_table", "write_predictions",
]  # fmt: skip

_BUILT_IN = ("portraits", "portraits?bias=0.9")


def datasets() -> tuple[DatasetCard, ...]:
    """Return a card for every kind of dataset.

    Returns
    -------
    tuple of DatasetCard
    """
    return tuple(kind.card() for kind in registry.DATASETS.values())


def offered_datasets() -> tuple[str, ...]:
    """Return the references that the dashboard offers.

    Its own, those of packages that are named by their id alone, the owner's setting's, and the
    pictures that came along with models.

    Returns
    -------
    tuple of str
    """
    kinds = registry.DATASETS
    brought = (id for id, kind in kinds.items() if id not in kinds.own and not kind.source)
    given = [text.strip() for text in settings().datasets.split(",") if text.strip()]
    named = (registry.parse(text).text for text in given)
    return (*_BUILT_IN, *brought, *named, *brought_pictures())


def keep_pictures(name: str, data: bytes) -> str:
    """Unpack a zip of labelled pictures into this home, and return the dataset's reference.

    Parameters
    ----------
    name : str
        The archive's; a stranger's text.
    data : bytes
        A folder a class, or a ``metadata.csv`` with file_name and label.

    Returns
    -------
    str
        Offered by :func:`offered_datasets` from now on; the same for the same archive.

    Raises
    ------
    InputError
        If it is no zip, is damaged, holds no pictures, or more than is taken.
    StoreError
        If the disk is full.
    """
    return keep_brought_pictures(name, data)


def default_seed() -> int:
    """Return the seed of every random draw for which none is given.

    Returns
    -------
    int
    """
    return settings().seed


def parse_dataset(text: str) -> DatasetRef:
    """Read a reference such as ``portraits?bias=0.9`` without opening the dataset.

    Parameters
    ----------
    text : str
        Reference of a dataset such as ``portraits?bias=0.9`` or ``folder:/data/pets``.

    Returns
    -------
    DatasetRef

    Raises
    ------
    InputError
        If a part of it does not exist or does not fit.
    """
    return registry.parse(text)


def open_dataset(text: str) -> Dataset:
    """Open a dataset by its reference, such as ``portraits?bias=0.9``.

    Parameters
    ----------
    text : str
        Reference of a dataset such as ``portraits?bias=0.9`` or ``folder:/data/pets``; a folder's
        path is one too.

    Returns
    -------
    Dataset
        ``part("test")`` is a split; its pictures are decoded when they are asked for.

    Raises
    ------
    InputError
        If there is none, or it cannot be used.
    """
    return registry.open_dataset(reference(text))


def dataset_picture(text: str, split: SplitName, index: int) -> Picture:
    """Return a picture of a dataset.

    Parameters
    ----------
    text : str
        Reference of a dataset such as ``portraits?bias=0.9`` or ``folder:/data/pets``.
    split : {"train", "validation", "test"}
        Which of its splits.
    index : int
        Number of the picture, from 0.

    Returns
    -------
    Picture

    Raises
    ------
    InputError
        If there is no such picture.
    """
    part = registry.open_dataset(text).part(split)
    if not 0 <= index < len(part):
        raise InputError(f"{text} has {len(part)} {split} pictures, numbered from 0; not {index}.")
    return picture_part(part).picture(index)


def dataset_mask(text: str, split: SplitName, index: int) -> npt.NDArray[np.bool_]:
    """Return where the object is in :func:`dataset_picture`, bool ``(H, W)``.

    Parameters
    ----------
    text : str
        Reference of a dataset such as ``portraits?bias=0.9`` or ``folder:/data/pets``.
    split : {"train", "validation", "test"}
        Which of its splits.
    index : int
        Number of the picture, from 0.

    Returns
    -------
    ndarray of bool

    Raises
    ------
    InputError
        If the dataset has no masks.
    """
    return picture_part(registry.open_dataset(text).part(split)).mask(index)


@signature_from(dataset_request)
def predict_dataset(
    text: str, *, control: Control | None = None, **options: Unpack[DatasetOptions]
) -> DatasetPredictions:
    """Predict every picture of a split in this process.

    Parameters
    ----------
    text : str
        Reference of a dataset such as ``portraits?bias=0.9`` or ``folder:/data/pets``.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`dataset_request`.

    Returns
    -------
    DatasetPredictions

    Raises
    ------
    InputError
        As :func:`dataset_request`.
    """
    return answer(dataset_request(text, **options), control=control)
