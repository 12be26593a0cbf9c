"""Slice discovery: which conjunctions of attributes a rate is worst for.

Every slice of up to three conditions is held against all other rows. Who looks at thousands finds
bad ones by chance: the two tests behind a verdict (is the difference within the tolerance, is it
beyond) are adjusted over all that were looked at, and intervals are as wide as that asks for. A
slice that does not stand out within a wider one is explained by that.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.contracts import MetricName, Slice, SliceFinding, SliceReport, SlicesRequest, count_text
from core.errors import InputError
from core.fairness.audit import opened
from core.fairness.counting.count import count
from core.fairness.counting.counted import Cells, Counted, attribute_sets
from core.fairness.counting.effective import effective_rows, kish
from core.fairness.gaps.fisher import fisher
from core.fairness.gaps.multiplicity import WORDS
from core.fairness.gaps.pair_tests import pair_tests
from core.fairness.groups.comparable import Rates
from core.fairness.groups.grouping import Grouping
from core.fairness.groups.tables import offered
from core.fairness.metrics.registry import METRICS
from core.tabular.values import group_text

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["discover", "members"]

Floats = npt.NDArray[np.float64]
_EXAMINED = 1000
_SHOWN = 100
_RANGE = re.compile(r"< (?P<below>\S+)|\[(?P<low>[^,]+), (?P<high>[^)]+)\)|≥ (?P<from>\S+)")


def discover(requests: Sequence[SlicesRequest], control: Control) -> list[SliceReport]:
    """Search each request's table.

    Raises
    ------
    InputError
        As for an audit, and for a metric that is no rate of this table.
    Cancelled
        Between steps, when the work was stopped.
    """
    return [_discover(request, control) for request in requests]


@dataclass(frozen=True)
class _Searched:
    """S slices: conditions, rows, the rate's sums inside ``(4, S)`` and over all rows ``(4,)``."""

    slices: list[Slice]
    rows: npt.NDArray[np.int64]
    inside: Floats
    total: Floats


def _discover(request: SlicesRequest, control: Control) -> SliceReport:
    began = time.perf_counter()
    rules = request.rules
    with opened(request, control) as (rows, columns):
        control.progress(0.2, "counting rows")
        counted = count(rows, columns, scores=False)
        _check_metric(counted, request.metric)
        sets = attribute_sets(len(columns.groups), depth=request.depth)
        cells = counted.cells([(), *sets])
        control.progress(0.7, "comparing slices")
        searched = _searched(counted, [cells[c] for c in sets], cells[()], request.metric)
        wanted = _wanted(searched, request)
    control.check()
    findings, n_slices = _findings(searched, wanted, request)
    k, of, *_ = searched.total
    report = SliceReport(
        key=request.key,
        model="" if request.predict is None else request.predict.model.id,
        weights_sha256="" if request.predict is None else request.predict.weights_sha256,
        device="cpu",
        versions=request.versions,
        source=request.source,
        columns=columns,
        rules=rules,
        seed=request.seed,
        metric=request.metric,
        depth=request.depth,
        overall=float(k / of) if of else np.nan,
        n=counted.n,
        n_slices=n_slices,
        n_small=int(wanted.sum()) - n_slices,
        notes=counted.merged,
        findings=findings,
        family=f"{_family(n_slices, request)}. {WORDS[rules.adjust]}.",
        command=request.command,
        taken=rows.taken,
        seconds=time.perf_counter() - began,
    )
    control.progress(1.0)
    return report


def _check_metric(counted: Counted, metric: str) -> None:
    binary, labels = counted.classes.binary, counted.has_labels
    there = offered(counted.classes.names, binary=binary, labels=labels, scores=False)
    rates = [each.name for each in there if hasattr(each.metric, "numerator")]
    if metric not in rates:
        raise InputError(
            f"Slices are searched for by a rate, not by {metric!r}. This table offers: "
            f"{', '.join(rates)}."
        )


def _searched(counted: Counted, groupings: Sequence[Cells], whole: Cells, metric: str) -> _Searched:
    asked = MetricName.parse(metric)

    def sums(cells: Cells) -> Floats:
        grouping = Grouping(cells, None, None, counted.classes.names)
        return np.stack(grouping.rate(asked.base, of=asked.of)[:4])

    slices = [
        Slice(tuple(zip(cells.attributes, values, strict=True)))
        for cells in groupings
        for values in cells.parts
    ]
    return _Searched(
        slices,
        np.concatenate([cells.n.sum(axis=(1, 2)) for cells in groupings]),
        np.concatenate([sums(cells) for cells in groupings], axis=1),
        sums(whole)[:, 0],
    )


def _wanted(searched: _Searched, request: SlicesRequest) -> npt.NDArray[np.bool_]:
    """Return which slices are tested: all, or those that were asked for.

    Raises
    ------
    InputError
        If one that was asked for has no rows.
    """
    if not request.only:
        return np.ones(len(searched.slices), bool)
    for each in request.only:
        if each not in searched.slices:
            raise InputError(f"{request.source} has no rows of the slice {each.name!r}.")
    return np.array([each in request.only for each in searched.slices], bool)


def _family(n_slices: int, request: SlicesRequest) -> str:
    if request.only:
        n = len(set(request.only))
        were = "was" if n == 1 else "were"
        return f"{n_slices} of {count_text(n, 'slice')} that {were} asked for"
    return f"{count_text(n_slices, 'slice')} of up to {request.depth} conditions"


def _findings(
    searched: _Searched, wanted: npt.NDArray[np.bool_], request: SlicesRequest
) -> tuple[tuple[SliceFinding, ...], int]:
    rules = request.rules
    inside, rest = searched.inside, searched.total[:, None] - searched.inside
    large = wanted & (kish(*inside[1::2]) >= rules.min_n) & (kish(*rest[1::2]) >= rules.min_n)
    if not large.any():
        return (), 0
    at = np.flatnonzero(large)
    n, n_rest = effective_rows(*inside), effective_rows(*rest)
    with np.errstate(invalid="ignore", divide="ignore"):
        value, other = inside[0] / inside[1], rest[0] / rest[1]
    inside_rates, rest_rates = (
        Rates(np.ones(1), rate[at][None], rows[at][None])
        for rate, rows in ((value, n), (other, n_rest))
    )
    tests = pair_tests([(inside_rates, rest_rates)], rules)
    difference = tests.difference
    sign = _worse(request.metric)
    badness = np.abs(difference) if sign == 0 else sign * difference
    flagged = (tests.p_flag < rules.alpha) & (badness > 0)
    order = np.lexsort((-badness, ~flagged))[:_EXAMINED]
    explained = _explained(searched, at[order], value, n, rules.alpha)
    found = [
        SliceFinding(
            slice=searched.slices[at[i]],
            n=int(searched.rows[at[i]]),
            k=float(inside[0, at[i]]),
            of=float(inside[1, at[i]]),
            value=float(value[at[i]]),
            rest=float(other[at[i]]),
            difference=float(difference[i]),
            low=float(tests.low[i]),
            high=float(tests.high[i]),
            p=float(tests.p[i]),
            p_adjusted=float(tests.p_adjusted[i]),
            p_flag=float(tests.p_flag[i]),
            p_pass=float(tests.p_pass[i]),
            alpha=rules.alpha,
            tolerance=rules.tolerance,
            within=explained.get(int(at[i]), ""),
        )
        for i in order
    ]
    # Stable, so that within each class the worst stay first.
    found.sort(key=lambda each: (each.verdict != "flag", bool(each.within)))
    return tuple(found[:_SHOWN]), len(at)


def _worse(metric: str) -> int:
    """Return the sign of a difference that is bad; 0 where both are."""
    better = METRICS[MetricName.parse(metric).base].higher_is_better
    return 0 if better is None else -1 if better else 1


def _explained(
    searched: _Searched, chosen: npt.NDArray[np.int64], value: Floats, n: Floats, alpha: float
) -> dict[int, str]:
    """Return the wider slice that explains each one, by number; those that none does are left out.

    Wider by one condition; it explains a slice that does not differ from the rest of it.
    """
    at = {each.conditions: i for i, each in enumerate(searched.slices)}
    pairs = [
        (int(i), at[conditions[:j] + conditions[j + 1 :]])
        for i in chosen
        if len(conditions := searched.slices[i].conditions) > 1
        for j in range(len(conditions))
    ]
    if not pairs:
        return {}
    own, wider = np.array(pairs).T
    around = searched.inside[:, wider] - searched.inside[:, own]
    n_around = effective_rows(*around)
    with np.errstate(invalid="ignore", divide="ignore"):
        k_around = np.nan_to_num(around[0] / around[1] * n_around)
    alike = n_around == 0  # the wider slice has no other rows
    apart = ~alike
    p = fisher(value[own] * n[own], n[own], k_around, n_around)
    alike[apart] = p[apart] >= alpha
    return {int(own[i]): searched.slices[wider[i]].text for i in np.flatnonzero(alike)[::-1]}


def members(wanted: Slice, groups: Mapping[str, Sequence[str]]) -> npt.NDArray[np.int64]:
    """Return the numbers of the rows that belong to a slice.

    Parameters
    ----------
    groups : mapping
        For each attribute the value of each row, as in
        :class:`~core.contracts.DatasetPredictions`.

    Raises
    ------
    InputError
        If there is no such attribute.
    """
    kept: npt.NDArray[np.bool_] | None = None
    for attribute, group in wanted.conditions:
        if attribute not in groups:
            raise InputError(
                f"There is no attribute {attribute!r}. There is: {', '.join(groups) or 'none'}."
            )
        values = groups[attribute]
        fits = {value: _fits(value, group) for value in set(values)}
        own = np.array([fits[value] for value in values], bool)
        kept = own if kept is None else kept & own
    if kept is None:
        kept = np.ones(len(next(iter(groups.values()), ())), bool)
    return np.flatnonzero(kept)


def _fits(value: str, group: str) -> bool:
    if group_text(value) == group:
        return True
    cut = _RANGE.fullmatch(group)
    try:
        number = float(value)
        ends = {name: float(end) for name, end in cut.groupdict().items() if end} if cut else {}
    except ValueError:
        return False
    return bool(ends) and (
        number < ends.get("below", np.inf)
        and ends.get("low", -np.inf) <= number < ends.get("high", np.inf)
        and number >= ends.get("from", -np.inf)
    )
