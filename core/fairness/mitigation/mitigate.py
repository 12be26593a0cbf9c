"""The work behind a :class:`~core.contracts.MitigationRequest`.

Decisions are made from one part of the rows and judged on the other: a rule that is judged on what
it was made from looks fairer than it is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import (
    FairnessReport,
    Mitigation,
    MitigationRequest,
    RowsTaken,
    TableColumns,
    count_text,
)
from core.control import PartControl
from core.errors import InputError
from core.fairness.audit import audit_rows, opened
from core.fairness.counting.row_codes import Integers, RowCodes, row_codes
from core.fairness.mitigation.mitigators import RULES
from core.fairness.predictions import as_table, predicted
from core.fairness.reading.rows import open_columns

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["mitigate"]


def mitigate(requests: Sequence[MitigationRequest], control: Control) -> list[Mitigation]:
    """Decide anew for each request, and audit both decisions on the rows held out.

    Raises
    ------
    InputError
        As for an audit; for a table without labels or scores, or one that no rule can be made from.
    Cancelled
        Between steps, when the work was stopped.
    """
    return [_mitigate(request, control) for request in requests]


def _mitigate(request: MitigationRequest, control: Control) -> Mitigation:
    began = time.perf_counter()
    fit, held_out, columns, taken = _parts(request, control)
    rule = RULES[request.mitigator](
        fit,
        request.attribute,
        request.constraint,
        tolerance=request.rules.tolerance,
    )
    control.check()
    decided = rule.decide(held_out, request.attribute, seed=request.seed)

    def audited(prediction: Integers, start: float, words: str) -> FairnessReport:
        table, mapped = held_out.table(prediction, columns)
        part = PartControl(control, start, start + 0.3, words)
        with open_columns(table, name=request.source) as rows:
            own = replace(rows, taken=taken, note=" ".join(held_out.notes))
            return audit_rows(own, mapped, request, part, began=time.perf_counter())

    before = audited(held_out.prediction, 0.4, "auditing decisions as they were")
    after = audited(decided, 0.7, "auditing decisions as they would be")
    control.progress(1.0)
    return Mitigation(
        key=request.key,
        model=before.model,
        weights_sha256=before.weights_sha256,
        device=before.device,
        versions=request.versions,
        seconds=time.perf_counter() - began,
        source=request.source,
        attribute=request.attribute,
        constraint=request.constraint,
        mitigator=request.mitigator,
        thresholds=rule.thresholds,
        never=rule.never,
        rule=rule.words,
        n_fit=len(fit),
        before=before,
        after=after,
        command=request.command,
    )


def _parts(
    request: MitigationRequest, control: Control
) -> tuple[RowCodes, RowCodes, TableColumns, RowsTaken]:
    """Return the rows to decide from, those to judge by, the columns' mapping, and which rows.

    What is judged on a table's confirming half is decided from its exploring half.
    """
    with opened(request, control) as (rows, columns):
        codes, taken = row_codes(rows, columns), rows.taken
    control.check()
    if request.fit is not None:
        table, mapped = as_table(predicted(request.fit, control), request.columns)
        with open_columns(table, name=f"{request.source}, {request.fit.split}") as rows:
            return row_codes(rows, mapped), codes, columns, taken
    if request.rows == "confirm":
        with opened(replace(request, rows="explore"), control) as (rows, columns):
            return row_codes(rows, columns), codes, columns, taken
    judged = np.random.default_rng(request.seed).random(len(codes)) < request.held_out
    if not judged.any() or judged.all():
        raise InputError(
            f"{request.source} has {count_text(len(codes), 'row')}: too few to decide from one "
            "part and judge by the other."
        )
    return codes.take(~judged), codes.take(judged), columns, taken
