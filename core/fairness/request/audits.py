"""Audits, slices and mitigations of a table or of a model's predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack, cast

from core.contracts import (
    CONSTRAINTS,
    MITIGATORS,
    Constraint,
    DatasetPredictRequest,
    FairnessRequest,
    MetricName,
    MitigationRequest,
    Mitigator,
    Slice,
    SlicesRequest,
    SplitName,
)
from core.errors import InputError, ParameterError
from core.fairness.counting.counted import MAX_DEPTH
from core.fairness.metrics.registry import get_rate
from core.fairness.request.fields import (
    AuditOptions,
    Table,
    audit_fields,
    check_one_of,
    library_versions,
    predict_request,
)
from core.numerals import NOTHING
from core.signatures import signature_from

__all__ = [
    "AuditOptions", "MitigationOptions", "fairness_request", "mitigation_request", "slices_request",
]  # fmt: skip


class _Attribute(TypedDict):
    attribute: str


class MitigationOptions(AuditOptions, _Attribute, total=False):
    """Of :func:`~core.requests.mitigation_request`."""

    constraint: str
    mitigator: str
    held_out: float
    fit_split: SplitName


@signature_from(AuditOptions)
def fairness_request(
    table: Table | None = None, **options: Unpack[AuditOptions]
) -> FairnessRequest:
    """Describe the work of auditing predictions by group.

    Parameters
    ----------
    table : path or TableSource, optional
        A CSV or Parquet file of predictions.
    **options
        See :class:`AuditOptions`.

    Returns
    -------
    FairnessRequest

    Raises
    ------
    InputError
        For a table that cannot be read, a column that it does not have, or a rule out of range.
    """
    return FairnessRequest(**audit_fields(table, options))


@signature_from(AuditOptions)
def slices_request(
    table: Table | None = None,
    *,
    metric: str = "accuracy",
    depth: int = MAX_DEPTH,
    only: Sequence[Slice | str] = (),
    **options: Unpack[AuditOptions],
) -> SlicesRequest:
    """Describe the work of finding the slices that a rate is worst for.

    Parameters
    ----------
    table : path or TableSource, optional
        A CSV, Parquet or Excel file of predictions.
    metric : str
        Id of a rate; ``tpr[cat]`` for one class of several.
    depth : int
        Conditions of a slice at most, 1 to 3.
    only : sequence of Slice or str
        Test these slices alone, and adjust over them; empty to search all.
    **options
        See :class:`AuditOptions`.

    Returns
    -------
    SlicesRequest

    Raises
    ------
    InputError
        As :func:`fairness_request` does, and for a metric that is no rate.
    """
    get_rate(MetricName.parse(metric).base)
    if not 1 <= depth <= MAX_DEPTH:
        raise ParameterError(f"depth must be from 1 to {MAX_DEPTH}. Received: {depth}.")
    fields = audit_fields(table, options)
    wanted = tuple(Slice.parse(each) if isinstance(each, str) else each for each in only)
    for each in wanted:
        _check_slice(each, fields["columns"].groups, depth)
    return SlicesRequest(**fields, metric=metric, depth=depth, only=wanted)


def _check_slice(wanted: Slice, groups: Sequence[str], depth: int) -> None:
    attributes = [attribute for attribute, _ in wanted.conditions]
    if not 1 <= len(attributes) <= depth or len(set(attributes)) < len(attributes):
        raise InputError(
            f"A slice to test has 1 to {depth} conditions on different attributes, such as "
            f"sex=f&age=old. Received: {wanted.name[:80] or NOTHING}."
        )
    missing = [name for name in attributes if name not in groups]
    if missing:
        raise InputError(
            f"The slice names {missing[0]!r}, which is not among the groups "
            f"({', '.join(groups)}). Name it among the groups as well (--group)."
        )


@signature_from(AuditOptions)
def mitigation_request(
    table: Table | None = None,
    *,
    attribute: str,
    constraint: str = "tpr",
    mitigator: str = "group_thresholds",
    held_out: float = 0.5,
    fit_split: SplitName = "validation",
    **options: Unpack[AuditOptions],
) -> MitigationRequest:
    """Describe the work of deciding anew, so that groups are treated more alike.

    Parameters
    ----------
    table : path or TableSource, optional
        A CSV, Parquet or Excel file of predictions.
    attribute : str
        Whose groups.
    constraint : {"selection_rate", "tpr", "fpr", "equalized_odds"}
        What shall be alike.
    mitigator : {"group_thresholds", "threshold_optimizer"}
    held_out : float
        Share of a table's rows that both decisions are judged on, in (0, 1).
    fit_split : {"train", "validation", "test"}
        Of a dataset, the split that decisions are made from; they are judged on ``split``.
    **options
        See :class:`AuditOptions`.

    Returns
    -------
    MitigationRequest

    Raises
    ------
    InputError
        As :func:`fairness_request` does, and for an unknown attribute, constraint or mitigator.
    """
    check_one_of("constraint", constraint, CONSTRAINTS)
    check_one_of("mitigator", mitigator, MITIGATORS)
    if not 0 < held_out < 1:
        raise ParameterError(f"held_out must lie between 0 and 1. Received: {held_out:g}.")
    fields = audit_fields(table, options)
    if attribute not in fields["columns"].groups:
        raise InputError(
            f"The attribute {attribute!r} is not among the groups "
            f"({', '.join(fields['columns'].groups)}). Name it among the groups as well (--group)."
        )
    predict: DatasetPredictRequest | None = fields["predict"]
    if predict is not None and predict.split == fit_split:
        raise InputError(
            f"Decisions are made from the {fit_split} split and would be judged on it too. "
            "Choose another split for either (--fit-split, --split)."
        )
    fit = None if predict is None else predict_request({**options, "split": fit_split})
    if mitigator == "threshold_optimizer":
        fields["versions"] |= library_versions(("fairlearn",))
    return MitigationRequest(
        **fields,
        attribute=attribute,
        constraint=cast(Constraint, constraint),
        mitigator=cast(Mitigator, mitigator),
        held_out=held_out,
        fit=fit,
    )
