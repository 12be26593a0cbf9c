"""Tests of many differences of two values at once: p values, and intervals that agree with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import FairnessRules
from core.differences import MAX_Z, difference_limits, normal_z
from core.fairness.gaps.fisher import fisher
from core.fairness.gaps.multiplicity import ADJUST, interval_level
from core.fairness.groups.comparable import Comparable, Rates

__all__ = ["PairTests", "pair_tests"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
_ROUNDS = 40
_CLOSE = 1e-4
_SETTLED = 1e-6


@dataclass(frozen=True)
class PairTests:
    """N differences a − b: adjusted p values and intervals, arrays ``(N,)``."""

    difference: Floats
    low: Floats
    high: Floats
    p: Floats
    p_adjusted: Floats
    p_flag: Floats
    p_pass: Floats


def pair_tests(blocks: Sequence[tuple[Comparable, Comparable]], rules: FairnessRules) -> PairTests:
    """Test all pairs of all blocks as one family."""
    raw = [_raw(a, b, rules.tolerance) for a, b in blocks]
    p, p_flag, p_pass = (np.concatenate([each[i] for each in raw]) for i in range(3))
    adjust = ADJUST[rules.adjust]
    flag, within = adjust(p_flag), adjust(p_pass)
    flags, passes = flag < rules.alpha, within < rules.alpha
    low_z, high_z = (
        normal_z(interval_level(rules.adjust, rules.alpha, len(p), int(settled.sum())))
        for settled in (flags, passes)
    )
    difference = np.concatenate([a.values - b.values for a, b in blocks])
    near = _joined(blocks, low_z)
    far = _joined(blocks, high_z)
    low, high = _drawn(difference, near, far, rules.tolerance, flags, passes)
    return PairTests(difference, low, high, p, adjust(p), flag, within)


def _joined(blocks: Sequence[tuple[Comparable, Comparable]], z: float) -> tuple[Floats, Floats]:
    ends = [difference_limits(a.limits, b.limits, np.full(len(a.values), z)) for a, b in blocks]
    return np.concatenate([low for low, _ in ends]), np.concatenate([high for _, high in ends])


def _drawn(
    difference: Floats,
    near: tuple[Floats, Floats],
    far: tuple[Floats, Floats],
    tolerance: float,
    flags: npt.NDArray[np.bool_],
    passes: npt.NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Return intervals as they are drawn, in agreement with the verdicts.

    The end towards 0 has the level of the flags, the other one that of the passes; a verdict that
    was reached step by step is drawn up to the tolerance. Flagged: no end lies nearer than the
    tolerance; passed: both lie within it; neither: one end lies on either side of it, or on it.
    """
    up = difference >= 0
    inner, outer = np.where(up, near[0], -near[1]), np.where(up, far[1], -far[0])
    inner = np.where(flags, np.maximum(inner, tolerance), np.minimum(inner, tolerance))
    back = np.where(up, far[0], -far[1])  # beyond 0, where the other side's tolerance lies
    inner = np.where(flags, inner, np.minimum(inner, back))
    inner = np.where(passes, np.maximum(inner, -tolerance), inner)
    outer = np.where(passes, np.minimum(outer, tolerance), outer)
    # p values are found by steps: at the very edge a limit may fall a hair's breadth short.
    short = ~flags & ~passes & (np.maximum(outer, -inner) < tolerance)
    outer = np.where(short, tolerance, outer)
    return np.where(up, inner, -outer), np.where(up, outer, -inner)


def _raw(a: Comparable, b: Comparable, tolerance: float) -> tuple[Floats, Floats, Floats]:
    """Return p values of each pair: no difference, at most the tolerance, at least it."""
    difference = a.values - b.values
    beyond = np.abs(difference) > tolerance
    p_flag, p_pass = np.ones(len(difference)), np.ones(len(difference))
    for chosen, towards, found in ((beyond, _inner, p_flag), (~beyond, _outer, p_pass)):
        at = np.flatnonzero(chosen)
        if len(at):
            found[at] = _two_sided(_highest(a.of(at), b.of(at), towards, tolerance))
    if isinstance(a, Rates) and isinstance(b, Rates) and len(a.weights) == 1:
        p = fisher(a.rates[0] * a.n[0], a.n[0], b.rates[0] * b.n[0], b.n[0])
    else:
        p = _two_sided(_highest(a, b, _inner, 0.0))
    return p, p_flag, p_pass


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr

    found: Floats = np.where(z > 0, 2 * ndtr(-z), 1.0)
    return found


def _inner(low: Floats, high: Floats, tolerance: float) -> Floats:
    """Return by how much the interval lies beyond the tolerance."""
    return np.maximum(low, -high) - tolerance


def _outer(low: Floats, high: Floats, tolerance: float) -> Floats:
    """Return by how much the interval lies within the tolerance."""
    return tolerance - np.maximum(high, -low)


def _highest(
    a: Comparable, b: Comparable, rest: Callable[[Floats, Floats, float], Floats], tolerance: float
) -> Floats:
    """Return for each pair the z at which ``rest``, which falls with z, passes 0.

    All pairs at once: bracketed from where a straight line would pass it, then the false position
    with halved ends (Illinois).
    """

    def at(z: Floats, pairs: Integers) -> Floats:
        return rest(*difference_limits(a.of(pairs).limits, b.of(pairs).limits, z), tolerance)

    everyone = np.arange(len(a.values))
    left, right = np.zeros(len(everyone)), np.ones(len(everyone))
    below = at(right, everyone)
    value = a.values - b.values
    above = rest(value, value, tolerance)
    near = np.flatnonzero(below <= 0)
    above[near] = at(left[near], near)
    growing = np.flatnonzero(below > 0)
    while len(growing):
        slope = (above[growing] - below[growing]) / (right[growing] - left[growing])
        ahead = 1.05 * right[growing] + 1.1 * below[growing] / np.maximum(slope, _CLOSE)
        left[growing], above[growing] = right[growing], below[growing]
        right[growing] = np.minimum(ahead, MAX_Z)
        below[growing] = at(right[growing], growing)
        growing = growing[(below[growing] > 0) & (right[growing] < MAX_Z)]
    found = np.where(below > 0, MAX_Z, np.where(above > 0, left, 0.0))
    active = np.flatnonzero((above > 0) & (below <= 0))
    side = np.zeros(len(everyone), np.int64)
    for _ in range(_ROUNDS):
        active = active[right[active] - left[active] > _CLOSE]
        if not len(active):
            break
        f, g = above[active], below[active]
        z = left[active] + (right[active] - left[active]) * np.clip(f / (f - g), 0.001, 0.999)
        now = at(z, active)
        up = now > 0
        for pairs, point, here, ends, values, opposite, mark in (
            (active[up], z[up], now[up], left, above, below, 1),
            (active[~up], z[~up], now[~up], right, below, above, -1),
        ):
            opposite[pairs] = np.where(side[pairs] == mark, opposite[pairs] / 2, opposite[pairs])
            ends[pairs], values[pairs], side[pairs] = point, here, mark
        settled = np.abs(now) <= _SETTLED
        found[active] = np.where(settled, z, left[active])
        active = active[~settled]
    return found
