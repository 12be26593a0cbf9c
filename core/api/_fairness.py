"""Fairness: which gaps between groups are real, where the worst slices are, what would help."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt

from core.api._answers import answer
from core.contracts import (
    AuditRequest,
    DatasetPredictions,
    FairnessReport,
    FairnessRequest,
    FairnessRules,
    GapCard,
    GroupMetricCard,
    Mitigation,
    ParityCost,
    ScoreCurves,
    Slice,
    SliceReport,
    ThresholdEffect,
)
from core.control import Control, LocalControl
from core.declared import card_of
from core.fairness import saved_slices as saving
from core.fairness import slices as searching
from core.fairness import thresholds as exploring
from core.fairness.audit import audit_rows
from core.fairness.gap_specs import GAPS
from core.fairness.halves import taken_rows
from core.fairness.looks import look
from core.fairness.metrics.registry import METRICS
from core.fairness.predictions import as_table
from core.fairness.rows import open_columns
from core.requests import (
    AuditOptions,
    Table,
    fairness_request,
    mitigation_request,
    slices_request,
)
from core.requests._fairness_fields import columns_fields, predictions_fields

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "audit_columns", "audit_predictions", "fairness", "fairness_gaps", "fairness_metrics",
    "forget_slice", "mitigate", "parity_cost", "save_slice", "saved_slices", "slice_members",
    "slices", "threshold_effect",
]  # fmt: skip


def fairness(
    table: Table | None = None,
    *,
    control: Control | None = None,
    **options: Unpack[AuditOptions],
) -> FairnessReport:
    """Audit a prediction table, or a model on a dataset, by group.

    Options as in :func:`fairness_request`.

    Raises
    ------
    InputError
        For a table that cannot be read, or a column that does not hold what it should; the text
        names column and row.
    """
    found: FairnessReport = _looked(fairness_request(table, **options), control)
    return found


def slices(
    table: Table | None = None,
    *,
    control: Control | None = None,
    metric: str = "accuracy",
    depth: int = 3,
    only: Sequence[Slice | str] = (),
    **options: Unpack[AuditOptions],
) -> SliceReport:
    """Find the slices that a rate is worst for; options as in :func:`slices_request`."""
    request = slices_request(table, metric=metric, depth=depth, only=only, **options)
    found: SliceReport = _looked(request, control)
    return found


def mitigate(
    table: Table | None = None, *, control: Control | None = None, **options: Any
) -> Mitigation:
    """Decide anew and audit before and after; options as in :func:`mitigation_request`."""
    found: Mitigation = _looked(mitigation_request(table, **options), control)
    return found


def _looked(request: AuditRequest, control: Control | None) -> Any:
    """Return the answer, and record that the table was looked at."""
    found = answer(request, control=control)
    look(request)
    return found


def audit_columns(
    columns: Mapping[str, npt.ArrayLike] | pyarrow.Table,
    *,
    control: Control | None = None,
    **options: Unpack[AuditOptions],
) -> FairnessReport:
    """Audit columns in memory: arrays by name, or an Arrow table.

    Options as in :func:`fairness_request`. The report is not kept in the store, so its ``key`` is
    empty.
    """
    import pyarrow as pa

    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    return _audited(table, FairnessRequest(**columns_fields(table.column_names, options)), control)


def audit_predictions(
    predictions: DatasetPredictions,
    *,
    control: Control | None = None,
    **options: Unpack[AuditOptions],
) -> FairnessReport:
    """Audit what a model says about a dataset, from predictions that are there already.

    Options as in :func:`fairness_request`; label, prediction and scores are known.
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
    """Return a card for every metric of groups."""
    return tuple(card_of(metric, GroupMetricCard) for metric in METRICS.values())


def fairness_gaps() -> tuple[GapCard, ...]:
    """Return a card for every gap between groups."""
    return tuple(card_of(gap, GapCard) for gap in GAPS.values())


def saved_slices(data: str) -> dict[str, Slice]:
    """Return the slices of some data that were given a name.

    Parameters
    ----------
    data : str
        Fingerprint of a dataset, or SHA-256 of a table.
    """
    return saving.saved_slices(data)


def save_slice(data: str, name: str, chosen: Slice | str) -> None:
    """Give a slice a name, for everybody who looks at the same data; an equal name is replaced.

    Raises
    ------
    InputError
        If the name or the slice cannot be kept, or too many are.
    """
    saving.save_slice(data, name, Slice.parse(chosen) if isinstance(chosen, str) else chosen)


def forget_slice(data: str, name: str) -> None:
    """Delete a saved slice."""
    saving.forget_slice(data, name)


def slice_members(
    chosen: Slice | str, groups: Mapping[str, Sequence[str]]
) -> npt.NDArray[np.int64]:
    """Return the numbers of the rows that belong to a slice.

    Parameters
    ----------
    chosen : Slice or str
        A slice, or its text.
    groups : mapping
        For each attribute the value of each row: ``predictions.groups`` of
        :class:`~core.contracts.DatasetPredictions`, or a dataset split's.

    Raises
    ------
    InputError
        If there is no such attribute.
    """
    return searching.members(Slice.parse(chosen) if isinstance(chosen, str) else chosen, groups)


def threshold_effect(
    curves: ScoreCurves, thresholds: Mapping[str, float], *, rules: FairnessRules | None = None
) -> ThresholdEffect:
    """Return what a threshold for each group leads to; milliseconds, from counts alone.

    Parameters
    ----------
    curves : ScoreCurves
        Of a report.
    thresholds : mapping
        From group to score; groups that are left out keep 0.5.
    """
    return exploring.threshold_effect(curves, thresholds, rules=rules or FairnessRules())


def parity_cost(curves: ScoreCurves, constraint: str) -> ParityCost:
    """Return how much accuracy a smaller gap costs; see :class:`~core.contracts.ParityCost`."""
    return exploring.parity_cost(curves, constraint)
