"""How a model does on a split: counts, from labels and probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import Array, DatasetPredictions, Evaluation, GroupCount, SplitName

__all__ = ["Mistake", "evaluate_arrays", "evaluation", "mistakes"]

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Mistake:
    """A picture that was classified wrongly.

    ``label`` and ``prediction`` are indices of classes, ``probability`` that of the prediction.
    """

    index: int
    id: str
    label: int
    prediction: int
    probability: float


def evaluate_arrays(
    split: SplitName,
    labels: npt.NDArray[np.int64],
    probabilities: Array,
    groups: Mapping[str, Sequence[str]],
) -> Evaluation:
    """Count what is right, by class and by group.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
    probabilities : ndarray of float32, shape (n, n_classes)
    groups : mapping
        For each attribute the value of each picture.
    """
    n, n_classes = probabilities.shape
    predicted = probabilities.argmax(axis=1)
    confusion = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
    confusion = confusion.reshape(n_classes, n_classes)
    right = predicted == labels
    per_class = confusion.sum(axis=1)
    occurs = per_class > 0
    recall = np.diag(confusion)[occurs] / per_class[occurs]
    of_label = probabilities[np.arange(n), labels].astype(np.float64)
    return Evaluation(
        split=split,
        n=n,
        loss=float(-np.log(np.maximum(of_label, _TINY)).mean()),
        accuracy=float(right.mean()),
        balanced_accuracy=float(recall.mean()),
        confusion=tuple(tuple(int(k) for k in row) for row in confusion),
        groups=tuple(c for name, values in groups.items() for c in _counts(name, values, right)),
    )


def _counts(
    attribute: str, values: Sequence[str], right: npt.NDArray[np.bool_]
) -> list[GroupCount]:
    names, member = np.unique(np.asarray(values, str), return_inverse=True)
    n = np.bincount(member, minlength=len(names))
    correct = np.bincount(member, weights=right, minlength=len(names))
    return [
        GroupCount(attribute, str(name), int(k), int(c))
        for name, k, c in zip(names, n, correct, strict=True)
    ]


def evaluation(predictions: DatasetPredictions) -> Evaluation:
    """Return how the predictions of a split do.

    Parameters
    ----------
    predictions : DatasetPredictions
        As :func:`predict_dataset` returns them.

    Returns
    -------
    Evaluation
        Counts by class and by group.
    """
    return evaluate_arrays(
        predictions.split, predictions.labels, predictions.probabilities, predictions.groups
    )


def mistakes(predictions: DatasetPredictions, k: int) -> tuple[Mistake, ...]:
    """Return the ``k`` worst mistakes: the surest wrong answers first.

    Parameters
    ----------
    predictions : DatasetPredictions
        As :func:`predict_dataset` returns them.
    k : int
        How many at most.

    Returns
    -------
    tuple of Mistake
    """
    predicted = predictions.probabilities.argmax(axis=1)
    sure = predictions.probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != predictions.labels)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:k]
    return tuple(
        Mistake(
            index=int(i),
            id=predictions.ids[i],
            label=int(predictions.labels[i]),
            prediction=int(predicted[i]),
            probability=float(sure[i]),
        )
        for i in worst
    )
