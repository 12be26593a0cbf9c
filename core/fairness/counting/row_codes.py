"""A table row by row, as codes: for decisions that cannot be made from counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.contracts import TableColumns, count_text
from core.errors import InputError
from core.fairness.counting.count import count
from core.fairness.reading.class_column import as_they_are
from core.fairness.reading.rows import Rows, free_names

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MAX_ROWS", "RowCodes", "row_codes"]

MAX_ROWS = 10_000_000
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RowCodes:
    """N rows of a binary task.

    Parameters
    ----------
    classes : tuple of str
        Negative, positive.
    label, prediction : ndarray of int64, shape (N,)
        0 or 1.
    score, weight : ndarray of float64, shape (N,)
    groups : dict
        For each attribute the names of its groups, and the number of each row's.
    threshold : float
        The score, as its column holds it, from which on the table's own decisions are positive.
    notes : tuple of str
        What is to be said of how the cells were read.
    """

    classes: tuple[str, ...]
    label: Integers
    prediction: Integers
    score: Floats
    weight: Floats
    groups: dict[str, tuple[tuple[str, ...], Integers]]
    threshold: float
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: npt.NDArray[np.bool_]) -> RowCodes:
        """Return some of the rows."""
        return RowCodes(
            self.classes,
            self.label[rows],
            self.prediction[rows],
            self.score[rows],
            self.weight[rows],
            {name: (known, codes[rows]) for name, (known, codes) in self.groups.items()},
            self.threshold,
            self.notes,
        )

    def names(self, attribute: str) -> npt.NDArray[np.object_]:
        """Return the name of each row's group."""
        known, codes = self.groups[attribute]
        return np.asarray(known, object)[codes]

    def table(self, prediction: Integers, columns: TableColumns) -> tuple[pa.Table, TableColumns]:
        """Return the rows with a prediction as a table to audit, and its columns mapped.

        Parameters
        ----------
        prediction : ndarray of int64, shape (N,)
            0 or 1.
        columns : TableColumns
            Of the table that the rows came from.
        """
        import pyarrow as pa

        def coded(codes: Integers, names: tuple[str, ...]) -> pa.Array:
            return pa.DictionaryArray.from_arrays(codes.astype(np.int32), list(names))

        own = ("label", "prediction", "score", "weight")
        label, said, score, weight = free_names(own, tuple(self.groups))
        data = {name: coded(codes, known) for name, (known, codes) in self.groups.items()}
        data |= {
            label: coded(self.label, self.classes),
            said: coded(prediction, self.classes),
            score: pa.array(self.score),
            weight: pa.array(self.weight),
        }
        mapped = replace(
            columns,
            label=label,
            prediction=said,
            score=score,
            weight=weight if columns.weight else "",
            positive=self.classes[1],
            bins=(),  # cut already
            map=as_they_are(self.classes),
            drop_missing=False,
        )
        return pa.table(data), mapped


def row_codes(rows: Rows, columns: TableColumns) -> RowCodes:
    """Read a binary table with labels and scores row by row.

    Raises
    ------
    InputError
        If it has more than two classes, no labels, no scores, or too many rows.
    """
    if not columns.label or not columns.score:
        raise InputError(
            "Decisions are made anew from scores and judged by labels: the table needs a column "
            "of each (--y-true, --score)."
        )
    counted = count(rows, columns)
    if not counted.classes.binary:
        raise InputError(
            f"{rows.name} has {count_text(len(counted.classes.names), 'class')}. Name the positive "
            "one (--positive VALUE): the others count as negative."
        )
    if counted.n > MAX_ROWS:
        raise InputError(
            f"{rows.name} has {count_text(counted.n, 'row')}; decisions are made anew from at most "
            f"{MAX_ROWS}. Take a random part of them."
        )
    found = rows.database.columns(counted.row_query)

    def codes(name: str) -> Integers:
        return np.asarray(found[name], np.int64)

    return RowCodes(
        classes=counted.classes.names,
        label=codes("y"),
        prediction=codes("p"),
        score=np.asarray(found["s"], np.float64),
        weight=np.asarray(found["w"], np.float64),
        groups={
            name: (known, codes(f"g{i}"))
            for i, (name, known) in enumerate(zip(counted.attributes, counted.groups, strict=True))
        },
        threshold=columns.threshold,
        notes=counted.merged,
    )
