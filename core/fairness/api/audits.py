"""Fairness: which gaps between groups are real, where the worst slices are, what would help."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, Unpack

import numpy.typing as npt

from core.contracts import (
    AuditRequest,
    DatasetPredictions,
    FairnessReport,
    FairnessRequest,
    GapCard,
    GroupMetricCard,
    Mitigation,
    Result,
    Slice,
    SliceReport,
)
from core.control import Control, LocalControl
from core.declared import card_of
from core.engine.api import answer
from core.fairness.audit import audit_rows
from core.fairness.gaps.specs import GAPS
from core.fairness.looks import look
from core.fairness.metrics.registry import METRICS
from core.fairness.predictions import as_table
from core.fairness.reading.rows import open_columns
from core.fairness.reading.sample_splitting import taken_rows
from core.fairness.request.audits import (
    MitigationOptions,
    fairness_request,
    mitigation_request,
    slices_request,
)
from core.fairness.request.fields import AuditOptions, Table, columns_fields, predictions_fields
from core.signatures import signature_from

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "audit_columns", "audit_predictions", "fairness", "fairness_gaps", "fairness_metrics",
    "mitigate", "slices",
]  # fmt: skip

R = TypeVar("R", bound=Result)


@signature_from(fairness_request)
def fairness(
    table: Table | None = None,
    *,
    control: Control | None = None,
    **options: Unpack[AuditOptions],
) -> FairnessReport:
    """Audit a prediction table, or a model on a dataset, by group.

    Parameters
    ----------
    table : path or TableSource, optional
        A CSV, Parquet or Excel file of predictions; none for a model on a dataset.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`fairness_request`.

    Returns
    -------
    FairnessReport

    Raises
    ------
    InputError
        For a table that cannot be read, or a column that does not hold what it should; the text
        names column and row.
    """
    request = fairness_request(table, **options)
    return _looked(request, answer(request, control=control))


@signature_from(slices_request)
def slices(
    table: Table | None = None,
    *,
    control: Control | None = None,
    metric: str = "accuracy",
    depth: int = 3,
    only: Sequence[Slice | str] = (),
    **options: Unpack[AuditOptions],
) -> SliceReport:
    """Find the slices that a rate is worst for.

    Parameters
    ----------
    table : path or TableSource, optional
        A CSV, Parquet or Excel file of predictions; none for a model on a dataset.
    control : Control, optional
        Hears of progress and can stop the work.
    metric : str
        Id of a rate; ``tpr[cat]`` for one class of several.
    depth : int
        Conditions of a slice at most, 1 to 3.
    only : sequence of Slice or str
        Test these slices alone; empty to search all.
    **options
        As in :func:`slices_request`.

    Returns
    -------
    SliceReport
        The worst first.

    Raises
    ------
    InputError
        As :func:`slices_request`.
    """
    request = slices_request(table, metric=metric, depth=depth, only=only, **options)
    return _looked(request, answer(request, control=control))


@signature_from(mitigation_request)
def mitigate(
    table: Table | None = None,
    *,
    control: Control | None = None,
    **options: Unpack[MitigationOptions],
) -> Mitigation:
    """Decide anew and audit before and after.

    Parameters
    ----------
    table : path or TableSource, optional
        A CSV, Parquet or Excel file of predictions; none for a model on a dataset.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`mitigation_request`.

    Returns
    -------
    Mitigation

    Raises
    ------
    InputError
        As :func:`mitigation_request`.
    """
    request = mitigation_request(table, **options)
    return _looked(request, answer(request, control=control))


def _looked(request: AuditRequest, found: R) -> R:
    """Record that the table was looked at, and return what was found."""
    look(request)
    return found


@signature_from(AuditOptions)
def audit_columns(
    columns: Mapping[str, npt.ArrayLike] | pyarrow.Table,
    *,
    control: Control | None = None,
    **options: Unpack[AuditOptions],
) -> FairnessReport:
    """Audit columns in memory: arrays by name, or an Arrow table.

    The report is not kept in the store, so its ``key`` is empty.

    Parameters
    ----------
    columns : mapping of str to array or pyarrow.Table
        Arrays of equal length by name, or an Arrow table.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`fairness_request`.

    Returns
    -------
    FairnessReport

    Raises
    ------
    InputError
        As :func:`fairness`.
    """
    import pyarrow as pa

    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    return _audited(table, FairnessRequest(**columns_fields(table.column_names, options)), control)


@signature_from(AuditOptions)
def audit_predictions(
    predictions: DatasetPredictions,
    *,
    control: Control | None = None,
    **options: Unpack[AuditOptions],
) -> FairnessReport:
    """Audit what a model says about a dataset, from predictions that are there already.

    Label, prediction and scores are known.

    Parameters
    ----------
    predictions : DatasetPredictions
        As :func:`predict_dataset` returns them.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`fairness_request`.

    Returns
    -------
    FairnessReport

    Raises
    ------
    InputError
        As :func:`fairness`.
    """
    fields = predictions_fields(predictions.groups, options)
    table, columns = as_table(predictions, fields["columns"])
    report = _audited(table, FairnessRequest(**fields | {"columns": columns}), control)
    return replace(
        report,
        model=predictions.model,
        weights_sha256=predictions.weights_sha256,
        source=f"{predictions.model} on {predictions.dataset} ({predictions.split})",
    )


def _audited(
    table: pyarrow.Table, request: FairnessRequest, control: Control | None
) -> FairnessReport:
    began = time.perf_counter()
    with open_columns(table, name="The table") as rows:
        own = taken_rows(rows, request.rows)
        found = audit_rows(own, request.columns, request, control or LocalControl(), began=began)
    return replace(found, key="", command="")


def fairness_metrics() -> tuple[GroupMetricCard, ...]:
    """Return a card for every metric of groups.

    Returns
    -------
    tuple of GroupMetricCard
    """
    return tuple(card_of(metric, GroupMetricCard) for metric in METRICS.values())


def fairness_gaps() -> tuple[GapCard, ...]:
    """Return a card for every gap between groups.

    Returns
    -------
    tuple of GapCard
    """
    return tuple(card_of(gap, GapCard) for gap in GAPS.values())
