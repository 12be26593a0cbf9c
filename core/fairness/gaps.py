"""The largest gap of a metric between groups: interval, calibrated p, verdict.

One interval serves plot and verdict. It comes from Newcombe's intervals of all pairs of groups,
which hold at once (max-T), and reaches down to 0 where the calibrated and adjusted test does not
reject: what cannot be told from no gap must not look like one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessRules, Gap
from core.fairness.comparable import Comparable
from core.fairness.gap_specs import GapSpec
from core.fairness.grouping import Grouping
from core.fairness.intervals import simultaneous_z
from core.fairness.metrics.registry import METRICS
from core.fairness.multiplicity import ADJUST
from core.fairness.null import calibrated_p, null_draws
from core.proportions import newcombe_limits

__all__ = ["Candidate", "candidate", "tested"]

Floats = npt.NDArray[np.float64]
_POWER = 0.8
_MOST_NEEDED = 10**9
_PAIRS = 2_000_000
_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Candidate:
    """A gap before its test: who is compared, and with what."""

    spec: GapSpec
    attribute: str
    names: tuple[str, ...]
    excluded: dict[str, str]
    n_groups: int
    parts: tuple[Comparable, ...]

    @property
    def testable(self) -> bool:
        """Whether there is anything to test."""
        return bool(self.parts)


def candidate(spec: GapSpec, grouping: Grouping, *, min_n: int) -> Candidate:
    """Find out which groups a gap can compare."""
    parts = [grouping.part(metric) for metric in spec.parts]
    left_out = grouping.excluded(parts, min_n)
    names = grouping.cells.groups
    kept = np.array([g for g in range(len(names)) if g not in left_out], np.intp)
    compared = [part.of(kept) for part in parts] if len(kept) > 1 else []
    return Candidate(
        spec=spec,
        attribute=grouping.cells.attribute,
        names=tuple(names[g] for g in kept),
        excluded={names[g]: reason for g, reason in left_out.items()},
        n_groups=len(names),
        parts=tuple(part for part in compared if part is not None) if None not in compared else (),
    )


def tested(
    candidates: Sequence[Candidate], rules: FairnessRules, *, seed: int, check: Callable[[], None]
) -> tuple[Gap, ...]:
    """Test every gap, adjust over all of them, and return them with their verdicts."""
    testable = [each for each in candidates if each.testable]
    most = null_draws(len(testable), rules.alpha)
    # Where an attribute follows from others, intersections hold the same groups again.
    keys = [(each.spec.combine, *(part.margins() for part in each.parts)) for each in testable]
    distinct = dict(zip(keys, testable, strict=True))

    def drawn(each: Candidate) -> tuple[float, Floats]:
        return calibrated_p(each.parts, each.spec.combine, most=most, seed=seed, check=check)

    # NumPy draws without the interpreter's lock, and each gap from a generator of its own.
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pellucid-null") as pool:
        known = dict(zip(distinct, pool.map(drawn, distinct.values()), strict=True))
    found = [known[key] for key in keys]
    adjusted = ADJUST[rules.adjust]([p for p, _ in found]) if found else np.empty(0)
    results = iter(zip(found, adjusted, strict=True))
    gaps = []
    for each in candidates:
        if each.testable:
            (p, draws), p_adjusted = next(results)
            gaps.append(_gap(each, rules, p, float(p_adjusted), draws))
        else:
            gaps.append(_untested(each, rules))
    return tuple(gaps)


def _untested(each: Candidate, rules: FairnessRules) -> Gap:
    alone = each.n_groups == 1
    nothing = np.empty(0)
    if alone:
        why = "There is one group only."
    elif len(each.names) > 1:
        why = "No value of the condition occurs in all groups."
    else:
        first = next(iter(each.excluded.items()))
        why = (
            f"Fewer than two groups can be compared ({len(each.excluded)} left out; "
            f"{first[0]}: {first[1]})."
        )
    return Gap(
        attribute=each.attribute, metric=each.spec.id,
        difference=0.0 if alone else np.nan, ratio=1.0 if alone else np.nan,
        low=np.nan, high=np.nan, p=np.nan, p_adjusted=np.nan,
        alpha=rules.alpha, tolerance=rules.tolerance,
        groups=each.names, excluded=each.excluded,
        highest="", lowest="", reference="", part="",
        differences=nothing, lows=nothing, highs=nothing, p_values=nothing, why_excluded=why,
    )  # fmt: skip


def _gap(each: Candidate, rules: FairnessRules, p: float, p_adjusted: float, draws: Floats) -> Gap:
    parts, names = each.parts, each.names
    level = (1 - rules.alpha) ** (1 / len(parts))
    z = simultaneous_z(len(names), level)
    ranges = [_range(part, z) for part in parts]
    rejects = p_adjusted < rules.alpha
    combine = max if each.spec.combine == "max" else _mean
    low, high = combine([r[0] for r in ranges]), combine([r[1] for r in ranges])
    sizes = [float(np.ptp(part.values)) for part in parts]
    widest = int(np.argmax(sizes))
    values = parts[widest].values
    metric = each.spec.parts[widest]
    top, bottom = int(values.argmax()), int(values.argmin())
    lower_is_better = METRICS[metric.split("[")[0].split("|")[0]].higher_is_better is False
    best = bottom if lower_is_better else top
    pairs = (
        _pairs(parts[0], best, z, draws, rules.alpha if rejects else 0.0)
        if len(parts) == 1
        else (np.empty(0),) * 4
    )
    settled = (rejects and low > rules.tolerance) or high <= rules.tolerance
    return Gap(
        attribute=each.attribute,
        metric=each.spec.id,
        difference=combine(sizes),
        ratio=_ratio(parts) if each.spec.combine == "max" else np.nan,
        low=max(low, 0.0) if rejects else 0.0,
        high=high,
        p=p,
        p_adjusted=p_adjusted,
        alpha=rules.alpha,
        tolerance=rules.tolerance,
        groups=names,
        excluded=each.excluded,
        highest=names[top],
        lowest=names[bottom],
        reference=names[best] if len(parts) == 1 else "",
        part=metric if len(parts) > 1 else "",
        differences=pairs[0],
        lows=pairs[1],
        highs=pairs[2],
        p_values=pairs[3],
        needed_n=None if settled else _needed(parts, len(names), z, rules.tolerance),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _ratio(parts: Sequence[Comparable]) -> float:
    """Return the smallest value by the largest; of several parts, the smallest ratio."""
    ends = [(part.values.min(), part.values.max()) for part in parts]
    return float(min((low / high if high > 0 else np.nan) for low, high in ends))


def _range(part: Comparable, z: float) -> tuple[float, float]:
    """Return an interval of largest minus smallest true value, from all pairs at once.

    Every pair's interval holds, so the largest true gap is at least the largest lower limit, and,
    being one of the pairs, at most the largest upper limit.
    """
    values, (low, high) = part.values, part.limits(z)
    step = max(1, _PAIRS // len(values))
    lows, highs = [], []
    for start in range(0, len(values), step):
        own = slice(start, start + step)
        below, above = newcombe_limits(
            (values[own, None], low[own, None], high[own, None]), (values, low, high)
        )
        rows = np.arange(len(below))
        below[rows, start + rows] = above[rows, start + rows] = -np.inf  # no pair with oneself
        lows.append(below.max())
        highs.append(above.max())
    return float(max(lows)), float(max(highs))


def _pairs(
    part: Comparable, best: int, z: float, draws: Floats, alpha: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return differences to the best group: value, low, high, p.

    An interval reaches to 0 unless the pair's own p, taken from draws of the largest gap, is below
    ``alpha``.
    """
    values, (low, high) = part.values, part.limits(z)
    lows, highs = newcombe_limits((values, low, high), (values[best], low[best], high[best]))
    apart = np.abs(part.observed() - part.observed()[best])
    p = (len(draws) - np.searchsorted(draws, apart - 1e-9) + 1) / (len(draws) + 1)
    kept = p < alpha
    lows, highs = (
        np.where(kept, lows, np.minimum(lows, 0.0)),
        np.where(kept, highs, np.maximum(highs, 0.0)),
    )
    differences = values - values[best]
    for numbers, own in ((differences, 0.0), (lows, 0.0), (highs, 0.0), (p, 1.0)):
        numbers[best] = own
    return differences, lows, highs, p


def _needed(parts: Sequence[Comparable], n_groups: int, z: float, tolerance: float) -> int | None:
    """Return rows a group at which groups that do not differ would pass four times in five.

    The interval's half-width and the gap that chance makes four times in five have to fit into the
    tolerance together.
    """
    chance = simultaneous_z(n_groups, _POWER ** (1 / len(parts))) * np.sqrt(2)

    def fits(n: int) -> bool:
        for part in parts:
            pair, error = part.alike(n)
            ends = [limit - pair.values for limit in pair.limits(z)]
            one, other = ((0.0, low, high) for low, high in zip(*ends, strict=True))
            if newcombe_limits(one, other)[1] + chance * error > tolerance:
                return False
        return True

    high = 2
    while not fits(high):
        high *= 2
        if high > _MOST_NEEDED:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
