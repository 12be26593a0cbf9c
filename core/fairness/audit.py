"""The work behind a :class:`~core.contracts.FairnessRequest`: count, estimate, test."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.contracts import (
    AuditRequest,
    Comparisons,
    FairnessReport,
    FairnessRequest,
    FairnessRules,
    Gap,
    MetricName,
    TableColumns,
    count_text,
)
from core.errors import InputError
from core.fairness.counting.count import count
from core.fairness.counting.counted import MAX_DEPTH, Counted, Set, attribute_sets
from core.fairness.counting.effective import kish
from core.fairness.counting.scores import score_median, scores_of
from core.fairness.gaps.candidates import Candidate, candidate
from core.fairness.gaps.largest import tested
from core.fairness.gaps.multiplicity import WORDS
from core.fairness.gaps.pairs import compared, reference_notes
from core.fairness.gaps.specs import GapSpec, default_gaps, get_gap
from core.fairness.groups.calibration import calibrations, inequality, score_curves
from core.fairness.groups.grouping import Grouping
from core.fairness.groups.tables import group_table, offered
from core.fairness.predictions import predictions_rows
from core.fairness.reading.rows import Rows, open_table
from core.fairness.reading.sample_splitting import taken_rows

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["audit", "audit_rows", "opened"]


def audit(requests: Sequence[FairnessRequest], control: Control) -> list[FairnessReport]:
    """Audit each request's table.

    Raises
    ------
    InputError
        If the table cannot be read, or a column does not hold what it should.
    Cancelled
        Between steps, when the work was stopped.
    """
    return [_audit(request, control) for request in requests]


def _audit(request: FairnessRequest, control: Control) -> FairnessReport:
    began = time.perf_counter()
    with opened(request, control) as (rows, columns):
        return audit_rows(rows, columns, request, control, began=began)


@contextmanager
def opened(request: AuditRequest, control: Control) -> Iterator[tuple[Rows, TableColumns]]:
    """Open what a request audits, with its columns mapped."""
    if request.predict is not None:
        with predictions_rows(request, control) as (rows, columns):
            yield taken_rows(rows, request.rows), columns
        return
    assert request.table is not None, "a request names a table or a dataset"
    with open_table(Path(request.table.path), name=request.table.name) as rows:
        yield taken_rows(rows, request.rows), request.columns


def audit_rows(
    rows: Rows, columns: TableColumns, request: AuditRequest, control: Control, *, began: float
) -> FairnessReport:
    """Audit an opened table under a request's rules.

    Parameters
    ----------
    columns : TableColumns
        As they are called in ``rows``.
    began : float
        ``time.perf_counter()`` when the work began.
    """
    rules, seed = request.rules, request.seed
    control.progress(0.0, "counting rows")
    counted = count(rows, columns)
    sets = attribute_sets(len(columns.groups), depth=MAX_DEPTH if rules.intersections else 1)
    groupings = _groupings(counted, sets, columns, rules, control)
    control.progress(0.5, "estimating")
    has = {"labels": counted.has_labels, "scores": counted.has_scores}
    metrics = offered(counted.classes.names, binary=counted.classes.binary, **has)
    tables = []
    for chosen in ((), *sets):
        control.check()
        tables.append(group_table(groupings[chosen], metrics, rules, seed=seed))
    control.progress(0.7, "testing gaps")
    candidates = _candidates(counted, [groupings[chosen] for chosen in sets], columns, rules)
    gaps = tested(candidates, rules, seed=request.seed, check=control.check)
    control.progress(0.9, "comparing groups")
    comparisons = compared(candidates, gaps, rules, check=control.check)
    whole = groupings[()].cells
    singles = [groupings[chosen] for chosen in ((), *sets) if len(chosen) < 2]
    scored = singles if counted.has_scores and counted.has_labels else []
    predict = request.predict
    report = FairnessReport(
        key=request.key,
        model="" if predict is None else predict.model.id,
        weights_sha256="" if predict is None else predict.weights_sha256,
        device="cpu",
        versions=request.versions,
        source=request.source,
        columns=columns,
        rules=rules,
        seed=seed,
        task="binary" if counted.classes.binary else "multiclass",
        classes=counted.classes.names,
        n=counted.n,
        n_effective=float(kish(whole.w.sum(), whole.w2.sum())),
        weighted=counted.weighted,
        overall=tables[0],
        tables=tuple(tables[1:]),
        gaps=gaps,
        family=_family(gaps, comparisons, rules),
        comparisons=comparisons,
        inequality=inequality(singles, rules, seed=seed) if counted.has_labels else (),
        unknown={
            each.cells.attribute: int(each.cells.n[each.cells.unknown].sum())
            for each in singles[1:]
        },
        calibrations=calibrations(scored, rules),
        curves=score_curves(counted, scored),
        score_bins=f"{rules.n_bins} bins of equal width over [0, 1]" if scored else "",
        notes=(*counted.merged, *reference_notes(candidates, rules)),
        command=request.command,
        taken=rows.taken,
        seconds=time.perf_counter() - began,
    )
    control.progress(1.0)
    return report


def _groupings(
    counted: Counted,
    sets: Sequence[Set],
    columns: TableColumns,
    rules: FairnessRules,
    control: Control,
) -> dict[Set, Grouping]:
    condition = (len(columns.groups),) if columns.condition else ()
    strata = {chosen: (*chosen, *condition) for chosen in sets if condition}
    cells = counted.cells([(), *sets, *strata.values()])
    median = score_median(counted) if counted.has_scores else 0.0
    found = {}
    for i, chosen in enumerate(((), *sets)):
        control.check()
        control.progress(0.1 + 0.4 * i / (len(sets) + 1), "counting groups")
        found[chosen] = Grouping(
            cells=cells[chosen],
            scores=scores_of(counted, cells[chosen], median=median, n_bins=rules.n_bins)
            if counted.has_scores
            else None,
            strata=cells[strata[chosen]] if chosen in strata else None,
            classes=counted.classes.names,
        )
    return found


def _candidates(
    counted: Counted, groupings: Sequence[Grouping], columns: TableColumns, rules: FairnessRules
) -> list[Candidate]:
    specs = [*_specs(counted, rules), *_conditional(counted, columns.condition)]
    return [
        candidate(spec, grouping, min_n=rules.min_n) for grouping in groupings for spec in specs
    ]


def _specs(counted: Counted, rules: FairnessRules) -> list[GapSpec]:
    """Return the gaps to test.

    Raises
    ------
    InputError
        If one was asked for that this table does not offer.
    """
    classes = counted.classes
    has = {"labels": counted.has_labels, "scores": counted.has_scores}
    if not rules.gaps:
        return [get_gap(id) for id in default_gaps(classes.names, binary=classes.binary, **has)]
    there = {each.name for each in offered(classes.names, binary=classes.binary, **has)}
    specs = [get_gap(id) for id in rules.gaps]
    for spec in specs:
        parts = [MetricName(part, of=spec.of).text for part in spec.parts]
        lacking = [part for part in parts if part not in there]
        if lacking:
            raise InputError(
                f"The gap {spec.id!r} needs {lacking[0]!r}, which this table does not offer. "
                f"Offered: {', '.join(sorted(there))}."
            )
    return specs


def _conditional(counted: Counted, condition: str) -> list[GapSpec]:
    """Return conditional parity: the gap within rows of equal value of the condition."""
    if not condition:
        return []
    rate = "selection_rate" if counted.classes.binary else "accuracy"
    return [
        GapSpec(
            MetricName(rate, given=condition).text,
            f"Conditional parity given {condition}",
            "Groups within rows of equal value, weighted by how common the value is.",
            (rate,),
            given=condition,
        )
    ]


def _family(gaps: Sequence[Gap], comparisons: Sequence[Comparisons], rules: FairnessRules) -> str:
    n_tests = sum(gap.p == gap.p for gap in gaps)  # NaN where untested
    metrics, attributes = ({getattr(gap, of) for gap in gaps} for of in ("metric", "attribute"))
    crossed = " and intersections" if len(attributes) > 1 else ""
    n_pairs = sum(len(block.groups) for block in comparisons)
    return (
        f"{count_text(n_tests, 'gap')}: {count_text(len(metrics), 'metric')} of "
        f"{count_text(len(attributes), 'attribute')}{crossed}. {WORDS[rules.adjust]}. "
        f"{count_text(n_pairs, 'comparison')} of single groups "
        f"{'stands alone' if n_pairs == 1 else 'are adjusted among themselves'}."
    )
