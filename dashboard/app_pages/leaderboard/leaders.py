"""Who leads a leaderboard, and whether that can be said at all: pure functions to plain text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from core.contracts import GroupScore, MetricCard
from dashboard.formatting import number

__all__ = ["FEW", "Leaders", "few_pictures", "leaders_of"]

FEW = 10
"""Below this many pictures a page says that they are too few."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Leaders:
    """One metric's order.

    Parameters
    ----------
    scores : tuple of GroupScore
        Best first; those without a mean last.
    leaders : tuple of str
        The method whose interval lies apart from all others'; else those that may be the best.
    words : str
        The finding in one or two sentences. Plain text.
    """

    scores: tuple[GroupScore, ...]
    leaders: tuple[str, ...]
    clear: bool
    words: str


def leaders_of(
    scores: Sequence[GroupScore],
    *,
    metric: MetricCard,
    names: Mapping[str, str],
    controls: Collection[str],
) -> Leaders:
    """Order one metric's scores of one group, and say what the order is worth.

    Parameters
    ----------
    names : mapping of str to str
        Names of the methods by id.
    controls : collection of str
        Methods that know nothing of the model: they can't win, but they can be missed.
    """
    ordered = tuple(sorted(scores, key=lambda score: _rank(score, metric.higher_is_better)))
    running = [s for s in ordered if s.mean is not None and s.method not in controls]
    if not running:
        return Leaders(ordered, (), False, f"{metric.name}: no method has a value here.")
    if metric.higher_is_better is None:
        words = f"{metric.name} has no better end: it describes maps and judges none."
        return Leaders(ordered, (), False, words)
    best = running[0]
    level = [s for s in running[1:] if _overlap(best, s)]
    leaders = tuple(s.method for s in (best, *level))
    words = _finding(best, level, running, metric, names)
    ahead = ordered[: ordered.index(best)]
    missed = [s for s in ordered if s.method in controls and (s in ahead or _overlap(best, s))]
    return Leaders(ordered, leaders, not level, words + _against(missed, names))


def few_pictures(n: int) -> str:
    """Return what to think of a small number of pictures; ``""`` for enough of them."""
    if n >= FEW:
        return ""
    told = "no interval can be given" if n < 2 else "intervals are wide"
    return (
        f"Too few pictures: n = {n}, so {told}, and other pictures may turn the order around. "
        f"Take {FEW} or more to learn something."
    )


def _rank(score: GroupScore, higher_is_better: bool | None) -> tuple[bool, float]:
    if score.mean is None:
        return True, 0.0
    return False, -score.mean if higher_is_better else score.mean


def _overlap(a: GroupScore, b: GroupScore) -> bool:
    """Whether two intervals share a point; those that are not there are as wide as can be."""
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return b.mean is not None
    return a.low <= b.high and b.low <= a.high


def _finding(
    best: GroupScore,
    level: Sequence[GroupScore],
    running: Sequence[GroupScore],
    metric: MetricCard,
    names: Mapping[str, str],
) -> str:
    name = names[best.method]
    if len(running) == 1:
        return f"{metric.name}: {name} alone was measured, {_value(best)}."
    if not level:
        return (
            f"{name} leads on {metric.name.lower()}: {_value(best)}, apart from the intervals of "
            "all other methods."
        )
    others = [names[s.method] for s in level[:_NAMED]]
    if len(level) > _NAMED:
        others.append(f"{len(level) - _NAMED} more")
    return (
        f"No clear winner on {metric.name.lower()}: {name} has the best mean, {_value(best)}, but "
        f"its interval overlaps with {_listed(others)}."
    )


def _against(missed: Sequence[GroupScore], names: Mapping[str, str]) -> str:
    if not missed:
        return ""
    controls = ", ".join(names[s.method] for s in missed)
    return f" It is not clearly better than what knows nothing of the model: {controls}."


def _value(score: GroupScore) -> str:
    mean = number(score.mean) if score.mean is not None else "not estimable"
    if score.low is None or score.high is None:
        return f"{mean} (no interval)"
    return f"{mean} (95 % interval {number(score.low)} to {number(score.high)})"


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]
