"""The two tests behind a verdict: that a gap is within the tolerance, and that it is beyond.

Both are read from limits of the gap, so that interval and verdict cannot disagree: its p is the
level at which the limit reaches the tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.differences import (
    MAX_Z,
    Span,
    highest_z,
    normal_tail,
    normal_z,
    on_circle,
    range_high,
    range_low,
    range_tail,
    range_z,
)
from core.fairness.gaps.null_distribution import Combine
from core.fairness.groups.comparable import Comparable

__all__ = ["Decision", "Limits", "decide", "high_at", "limits_at"]

Floats = npt.NDArray[np.float64]
_TINY = 1e-12
"""So much of a gap is none: limits that are cut off at 0 lie beyond no tolerance."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Two p values, not adjusted: of a gap of at most the tolerance, and of one of at least it.

    ``p_compared`` is the second of the groups that are not small.
    """

    p_flag: float
    p_pass: float
    p_compared: float


@dataclass(frozen=True, slots=True)
class Limits:
    """An interval of the largest gap.

    Parameters
    ----------
    part : int
        Of several metrics, the one with the most evidence.
    span : Span
        Its pair of groups with the most evidence.
    """

    low: float
    high: float
    part: int
    span: Span
    span_high: float


def decide(
    parts: Sequence[Comparable], combine: Combine, tolerance: float, large: npt.NDArray[np.intp]
) -> Decision:
    """Return the p values of a gap.

    Parameters
    ----------
    large : ndarray
        Places of the groups that are not small.

    Notes
    -----
    Of a gap within the tolerance: the smallest level at which the simultaneous limit of some pair
    of groups (Tukey) lies beyond it; of several metrics, each takes its part (Šidák). Of a gap
    beyond: all pairs have to be shown within, each at the level itself (an intersection–union
    test), on both sides (Schuirmann 1987). Each side is tested at half the level.
    """
    n_groups = len(parts[0].values)
    whole = _p_pass(parts, combine, tolerance)
    few = len(large) < n_groups
    return Decision(
        p_flag=_several(range_tail(_flag_z(parts, combine, tolerance), n_groups), len(parts)),
        p_pass=whole,
        p_compared=whole if not few else 1.0 if len(large) < 2 else _p_pass(
            [part.of(large) for part in parts], combine, tolerance
        ),
    )  # fmt: skip


def _several(p: float, n_parts: int) -> float:
    return float(-np.expm1(n_parts * np.log1p(-p))) if p < 1 else 1.0


def _share(level: float, n_parts: int) -> float:
    """Return the level of each part: the inverse of :func:`_several`."""
    return float(-np.expm1(np.log1p(-level) / n_parts))


def _flag_z(parts: Sequence[Comparable], combine: Combine, tolerance: float) -> float:
    sizes = [float(np.ptp(part.values)) for part in parts]
    if _joined(sizes, combine) <= tolerance:
        return 0.0

    def above(z: float) -> float:
        return _low_at(parts, combine, z) - tolerance - _TINY

    return highest_z(above)


def _low_at(parts: Sequence[Comparable], combine: Combine, z: float) -> float:
    return _joined([max(range_low(*on_circle(p.limits, z)).low, 0.0) for p in parts], combine)


def high_at(parts: Sequence[Comparable], combine: Combine, z: float) -> float:
    """Return the upper limit of the gap where each pair's own is taken at z."""
    return _joined([range_high(*on_circle(part.limits, z)) for part in parts], combine)


def _p_pass(parts: Sequence[Comparable], combine: Combine, tolerance: float) -> float:
    z = highest_z(lambda z: tolerance - high_at(parts, combine, z))
    n_limits = len(parts) if combine == "mean" else 1  # of a maximum, each part has to be within
    return _several(normal_tail(z), n_limits)


def _joined(values: Sequence[float], combine: Combine) -> float:
    return max(values) if combine == "max" else float(np.mean(values))


def limits_at(
    parts: Sequence[Comparable], combine: Combine, low_level: float, high_level: float
) -> Limits:
    """Return an interval of the gap, each end with a chance of its own to be missed."""
    z = range_z(len(parts[0].values), _share(low_level, len(parts)))
    n_limits = len(parts) if combine == "mean" else 1
    z_high = normal_z(_share(high_level, n_limits))
    circles = [on_circle(part.limits, z) for part in parts]
    spans = [range_low(*circle) for circle in circles]
    part = max(range(len(parts)), key=lambda i: spans[i].low)
    span, (low, high) = spans[part], circles[part]
    return Limits(
        low=_joined([max(each.low, 0.0) for each in spans], combine),
        high=high_at(parts, combine, min(z_high, MAX_Z)),
        part=part,
        span=span,
        span_high=float((high[:, span.higher] - low[::-1, span.lower]).max()),
    )
