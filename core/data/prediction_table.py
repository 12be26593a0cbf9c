"""What a model says about the pictures of a split, as a table: Parquet or CSV."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.contracts import DatasetPredictions
from core.errors import InputError
from core.numerals import NOTHING

if TYPE_CHECKING:
    import pyarrow

__all__ = ["check_predictions_file", "predictions_table", "write_predictions"]

_FORMULA = tuple("=+-@\t\r")


def predictions_table(predictions: DatasetPredictions) -> pyarrow.Table:
    """Return a row for each picture.

    Columns: ``id``, ``label``, ``label_name``, ``prediction``, ``prediction_name``,
    ``probability`` (of the prediction), ``p_<class>`` for each class, then the groups. A group
    that is called like another column is named ``group_<name>``.

    Parameters
    ----------
    predictions : DatasetPredictions
        As :func:`predict_dataset` returns them.

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow

    names = np.asarray(predictions.classes, object)
    predicted = predictions.probabilities.argmax(axis=1)
    columns: dict[str, Any] = {
        "id": list(predictions.ids),
        "label": predictions.labels,
        "label_name": names[predictions.labels],
        "prediction": predicted,
        "prediction_name": names[predicted],
        "probability": predictions.probabilities.max(axis=1),
    }
    for i, name in enumerate(predictions.classes):
        columns[f"p_{name}"] = np.ascontiguousarray(predictions.probabilities[:, i])
    for name, values in predictions.groups.items():
        free = name
        while free in columns or (free != name and free in predictions.groups):
            free = f"group_{free}"
        columns[free] = list(values)
    return pyarrow.table(columns)


def check_predictions_file(path: Path) -> None:
    """Check, before anything is computed, that the table can be written there.

    Parameters
    ----------
    path : Path
        Where the table shall be written.

    Raises
    ------
    InputError
        For another suffix than ``.parquet`` and ``.csv``, or a folder that is missing.
    """
    if path.suffix.lower() not in _WRITERS:
        raise InputError(
            f"Predictions are written as {' or '.join(_WRITERS)}. Received: {path.name or NOTHING}."
        )
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_dir():
        raise InputError(f"{path} is a folder; expected the name of a file.")


def write_predictions(predictions: DatasetPredictions, path: Path) -> None:
    """Write :func:`predictions_table`; a file that is there is replaced once the new one is whole.

    In a CSV, text that a spreadsheet would take for a formula gets an apostrophe in front.

    Parameters
    ----------
    predictions : DatasetPredictions
        As :func:`predict_dataset` returns them.
    path : Path
        A ``.csv`` or ``.parquet`` file.

    Raises
    ------
    InputError
        As :func:`check_predictions_file`.
    """
    check_predictions_file(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _WRITERS[path.suffix.lower()](predictions_table(predictions), draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _write_parquet(table: pyarrow.Table, path: Path) -> None:
    import pyarrow.parquet

    pyarrow.parquet.write_table(table, path)


def _write_csv(table: pyarrow.Table, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([_cell(name) for name in table.column_names])
        rows.writerows([_cell(v) for v in row.values()] for row in table.to_pylist())


_WRITERS: dict[str, Callable[[Any, Path], None]] = {".parquet": _write_parquet, ".csv": _write_csv}


def _cell(value: object) -> object:
    """Keep a stranger's text from becoming a formula in a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
