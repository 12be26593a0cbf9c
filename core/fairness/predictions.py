"""A model's predictions of a dataset as a table: made by the engine, or taken from the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import (
    AuditRequest,
    DatasetPredictions,
    DatasetPredictRequest,
    TableColumns,
)
from core.data.predictions import predict_dataset
from core.errors import InputError
from core.fairness.reading.class_column import as_they_are
from core.fairness.reading.rows import Rows, free_names, open_columns
from core.tabular.values import positive_class
from core.workspace import open_store

if TYPE_CHECKING:
    import pyarrow as pa

    from core.control import Control

__all__ = ["as_table", "predicted", "predictions_rows"]


@contextmanager
def predictions_rows(
    request: AuditRequest, control: Control
) -> Iterator[tuple[Rows, TableColumns]]:
    """Open the predictions that a request is about, with their columns mapped."""
    assert request.predict is not None, "asked only of a model on a dataset"
    predictions = predicted(request.predict, control)
    table, columns = as_table(predictions, request.columns)
    with open_columns(table, name=request.source) as rows:
        yield replace(rows, note=" ".join(predictions.notes)), columns


def predicted(request: DatasetPredictRequest, control: Control) -> DatasetPredictions:
    """Return the predictions, from the store where they are there."""
    control.progress(0.0, "predicting")
    artefact, _ = open_store().get_or_compute(
        request.key,
        lambda: predict_dataset([request], control)[0].to_artefact(),
        kind=request.kind,
    )
    return DatasetPredictions.from_artefact(artefact)


def as_table(
    predictions: DatasetPredictions, wanted: TableColumns
) -> tuple[pa.Table, TableColumns]:
    """Return predictions as columns in memory, and which of them holds what.

    Parameters
    ----------
    wanted : TableColumns
        ``groups`` (all attributes if empty), ``condition``, ``positive`` and ``bins``.

    Raises
    ------
    InputError
        For an attribute or class that the dataset does not have.
    """
    import pyarrow as pa

    groups = wanted.groups or tuple(predictions.groups)
    asked = dict.fromkeys((*groups, *([wanted.condition] if wanted.condition else [])))
    for name in asked:
        if name not in predictions.groups:
            raise InputError(
                f"{predictions.dataset} has no attribute {name!r}. "
                f"It has: {', '.join(predictions.groups) or 'none'}."
            )
    label, prediction, score = free_names(("true class", "predicted class", "score"), tuple(asked))
    names = np.asarray(predictions.classes, object)
    positive = wanted.positive
    if len(names) == 2 or positive:
        positive = positive_class(predictions.classes, positive, where=predictions.dataset)
        scores = predictions.probabilities[:, predictions.classes.index(positive)]
    else:
        scores = predictions.probabilities.max(axis=1)
    columns = {
        label: pa.array(names[predictions.labels], pa.string()),
        prediction: pa.array(names[predictions.probabilities.argmax(axis=1)], pa.string()),
        # Softmax of float32 may exceed 1 by its last bit.
        score: np.clip(scores, 0.0, 1.0),
    } | {name: pa.array(predictions.groups[name], pa.string()) for name in asked}
    mapped = replace(
        wanted, label=label, prediction=prediction, score=score, groups=groups, positive=positive,
        map=as_they_are(predictions.classes),
    )  # fmt: skip
    return pa.table(columns), mapped
