"""The largest gap of a metric between groups: interval, p values, verdict.

Every group that has rows is tested, small ones too: limits are exact, so that few rows are no
danger, only little evidence. A gap passes when every group of the attribute is shown to lie within
the tolerance; who is not is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessRules, Gap, LeftOut, Strongest
from core.differences import normal_z, on_circle
from core.fairness.gaps.candidates import Candidate
from core.fairness.gaps.decision import Decision, Limits, decide, limits_at
from core.fairness.gaps.multiplicity import ADJUST, interval_level, next_level
from core.fairness.gaps.null_distribution import calibrated_p
from core.fairness.gaps.plan import planned
from core.fairness.groups.comparable import Comparable

__all__ = ["tested"]

Floats = npt.NDArray[np.float64]
_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class _Family:
    """All gaps that are tested together: adjusted p values, in order, and the intervals' levels."""

    p: list[float]
    p_adjusted: Floats
    p_flag: Floats
    p_pass: Floats
    p_compared: Floats
    low_level: float
    high_level: float
    needed_level: float


def tested(
    candidates: Sequence[Candidate], rules: FairnessRules, *, seed: int, check: Callable[[], None],
    plan: bool = True,  # noqa: PT028
) -> tuple[Gap, ...]:  # fmt: skip
    """Test every gap, adjust over all of them, and return them with their verdicts.

    Parameters
    ----------
    plan : bool
        Whether to work out how many rows would settle what is not settled.
    """
    testable = [each for each in candidates if each.testable]
    # Where an attribute follows from others, intersections hold the same groups again.
    keys = [_key(each) for each in testable]
    distinct = dict(zip(keys, testable, strict=True))

    def found(each: Candidate) -> tuple[float, Decision]:
        combine = each.spec.combine
        p = calibrated_p(each.parts, combine, seed=seed, check=check)
        return p, decide(each.parts, combine, rules.tolerance, each.large)

    # NumPy draws without the interpreter's lock, and each gap from a generator of its own.
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pellucid-null") as pool:
        known = dict(zip(distinct, pool.map(found, distinct.values()), strict=True))
    family = _family([known[key] for key in keys], rules)
    places = {id(each): i for i, each in enumerate(testable)}
    gaps = []
    for each in candidates:
        check()
        at = places.get(id(each))
        gap = _untested(each, rules) if at is None else _gap(each, rules, family, at)
        gaps.append(planned(gap, each, rules, family.needed_level) if plan else gap)
    return tuple(gaps)


def _key(each: Candidate) -> tuple[object, ...]:
    names = frozenset(each.small)
    sizes = sorted(row for row, name in zip(each.rows, each.names, strict=True) if name in names)
    return (each.spec.combine, tuple(sizes), *(part.margins() for part in each.parts))


def _family(found: Sequence[tuple[float, Decision]], rules: FairnessRules) -> _Family:
    adjust = ADJUST[rules.adjust]
    p = [each for each, _ in found]
    p_flag = adjust([each.p_flag for _, each in found])
    p_pass = adjust([each.p_pass for _, each in found])
    flags, passes = (int((column < rules.alpha).sum()) for column in (p_flag, p_pass))
    return _Family(
        p=p,
        p_adjusted=adjust(p),
        p_flag=p_flag,
        p_pass=p_pass,
        p_compared=adjust([each.p_compared for _, each in found]),
        low_level=interval_level(rules.adjust, rules.alpha, len(p), flags),
        high_level=interval_level(rules.adjust, rules.alpha, len(p), passes),
        needed_level=next_level(rules.adjust, rules.alpha, len(p), passes),
    )


def _untested(each: Candidate, rules: FairnessRules) -> Gap:
    alone = each.n_groups == 1
    few = each.untested | each.small
    if alone:
        why = "There is one group only."
    elif len(each.names) > 1:
        why = "No value of the condition occurs in all groups."
    else:
        name, first = next(iter(few.items()))
        why = (
            f"Fewer than two groups can be compared ({len(few)} left out; {name}: {first.reason})."
        )
    return Gap(
        attribute=each.attribute, metric=each.spec.id,
        difference=0.0 if alone else np.nan, ratio=1.0 if alone else np.nan,
        low=np.nan, high=np.nan, p=np.nan, p_adjusted=np.nan,
        p_flag=np.nan, p_pass=np.nan, p_compared=np.nan,
        alpha=rules.alpha, tolerance=rules.tolerance,
        groups=tuple(name for name in each.names if name not in few),
        excluded={name: LeftOut(out.reason, out.n, np.nan) for name, out in few.items()},
        highest="", lowest="", strongest=None, part="", why_excluded=why,
    )  # fmt: skip


def _gap(each: Candidate, rules: FairnessRules, family: _Family, at: int) -> Gap:
    parts, names, combine = each.parts, each.names, each.spec.combine
    limits = limits_at(parts, combine, family.low_level, family.high_level)
    flagged = bool(family.p_flag[at] < rules.alpha)
    inside = bool(family.p_pass[at] < rules.alpha)
    hidden = _not_covered(each, rules, family, limits, flagged=flagged, inside=inside)
    strata = {name: LeftOut(out.reason, out.n, 1.0) for name, out in each.strata.items()}
    excluded = hidden | strata
    unseen = any(out.could_hide > rules.tolerance for out in excluded.values())
    passed = inside and not unseen
    shown = _shown(each, limits, hidden)
    sizes = [float(np.ptp(part.values[shown])) for part in parts]
    values = parts[limits.part].values
    span = limits.span
    top, bottom = _ends(values, shown)
    beyond = {name for name, out in each.untested.items() if not (flagged and out.unknown)}
    beyond |= set() if flagged else set(strata)
    high = max([limits.high, *(excluded[name].could_hide for name in beyond)])
    low, high = _within(limits.low, high, rules.tolerance, flagged=flagged, passed=passed)
    return Gap(
        attribute=each.attribute,
        metric=each.spec.id,
        difference=max(sizes) if combine == "max" else float(np.mean(sizes)),
        ratio=_ratio(parts, shown) if combine == "max" else np.nan,
        low=low,
        high=high,
        p=family.p[at],
        p_adjusted=float(family.p_adjusted[at]),
        p_flag=float(family.p_flag[at]),
        p_pass=1.0 if unseen else float(family.p_pass[at]),
        p_compared=float(family.p_compared[at]),
        alpha=rules.alpha,
        tolerance=rules.tolerance,
        groups=tuple(name for name in names if name not in hidden),
        excluded=excluded,
        highest=names[top],
        lowest=names[bottom],
        strongest=Strongest(
            names[span.higher],
            names[span.lower],
            float(values[span.higher] - values[span.lower]),
            max(span.low, rules.tolerance) if flagged and combine == "max" else span.low,
            limits.span_high,
        ),
        part=each.spec.parts[limits.part] if len(parts) > 1 else "",
    )


def _not_covered(
    each: Candidate, rules: FairnessRules, family: _Family, limits: Limits, *, flagged: bool,
    inside: bool,
) -> dict[str, LeftOut]:  # fmt: skip
    """Return the groups that no verdict covers, those of the most rows first.

    A small group is covered if it is one of the two that are flagged, or shown to lie within the
    tolerance of those that are compared and of the small ones that are covered before it, so that
    all who are covered agree; ``inside`` says that all groups that were tested are. Rows without a
    value are never covered: their value is held against the groups that are compared.
    """
    found = {}
    named = {limits.span.higher, limits.span.lower} if flagged else set()
    high_z = normal_z(family.high_level)
    wanted = each.small or each.unknown
    circles = [on_circle(part.limits, high_z) for part in each.known] if wanted else []
    compared = each.large if len(each.large) else np.arange(len(each.names))
    agreed = compared

    def widest(i: int, among: npt.NDArray[np.intp]) -> float:
        others = among[among != i]
        return min(max(_widest(*circle, i, others) for circle in circles), 1.0)

    for i, name in enumerate(each.names):
        if name in each.small and i not in named and not inside:
            hides = widest(i, agreed)
            if hides <= rules.tolerance:
                agreed = np.append(agreed, i)
            else:
                found[name] = LeftOut(each.small[name].reason, each.small[name].n, hides)
    seen = {name: len(each.names) + i for i, name in enumerate(each.unknown)}
    for name, out in each.untested.items():
        found[name] = LeftOut(
            out.reason, out.n, widest(seen[name], compared) if name in seen else 1.0
        )
    last = {name for name, out in each.untested.items() if out.unknown}
    return dict(sorted(found.items(), key=lambda pair: (pair[0] in last, -pair[1].n)))


def _widest(low: Floats, high: Floats, group: int, others: npt.NDArray[np.intp]) -> float:
    """Return the largest upper limit of a group's difference to any of the others, either way."""
    above = high[:, [group]] - low[::-1][:, others]
    below = high[:, others] - low[::-1][:, [group]]
    return float(max(above.max(), below.max()))


def _shown(each: Candidate, limits: Limits, hidden: dict[str, LeftOut]) -> npt.NDArray[np.intp]:
    """Return places of the groups that the difference is taken over.

    Those that the verdict covers, and the pair with the most evidence, if there is any. A group
    that nothing is known of has no part in it: of one row, every rate is 0 or 1.
    """
    shown = {i for i, name in enumerate(each.names) if name not in hidden}
    if limits.span.low > 0 or len(shown) < 2:
        shown |= {limits.span.higher, limits.span.lower}
    return np.array(sorted(shown), np.intp)


def _ends(values: Floats, shown: npt.NDArray[np.intp]) -> tuple[int, int]:
    """Return the groups of the largest and of the smallest value: two, also where all are equal."""
    top = int(shown[values[shown].argmax()])
    others = shown[shown != top]
    return top, int(others[values[others].argmin()])


def _within(
    low: float, high: float, tolerance: float, *, flagged: bool, passed: bool
) -> tuple[float, float]:
    """Return the interval as it is drawn.

    Methods that adjust step by step (Holm's) may settle a gap whose own limit does not quite reach
    the tolerance: it is drawn there then.
    """
    low = max(low, tolerance) if flagged else min(low, tolerance)
    return low, min(high, tolerance) if passed else max(high, tolerance)


def _ratio(parts: Sequence[Comparable], shown: npt.NDArray[np.intp]) -> float:
    """Return the smallest value by the largest; of several parts, the smallest ratio."""
    ends = [(part.values[shown].min(), part.values[shown].max()) for part in parts]
    return float(min((low / high if high > 0 else np.nan) for low, high in ends))
