"""From the scores of single maps to means by method, metric and group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.contracts import GroupScore, Score
from core.evidence.intervals import INTERVAL_WORDS, mean_interval

__all__ = ["Collected"]


@dataclass
class Collected:
    """The scores of many maps, as numbers: what a leaderboard holds in memory.

    Parameters
    ----------
    groups : sequence of str
        Subgroup of each picture; empty for none.
    """

    groups: Sequence[str]
    _values: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    _protocols: dict[tuple[str, str], str] = field(default_factory=dict)
    _differ: set[tuple[str, str]] = field(default_factory=set)
    _reasons: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, picture: int, method: str, score: Score) -> None:
        """Take in one metric's score of the map of one picture."""
        cell = method, score.metric
        if score.value is None:
            self._reasons.setdefault(cell, score.reason)
            return
        self._values.setdefault(cell, {})[picture] = score.value
        if self._protocols.setdefault(cell, score.protocol) != score.protocol:
            self._differ.add(cell)

    def scores(self, methods: Sequence[str], metrics: Sequence[str]) -> tuple[GroupScore, ...]:
        """Return a mean with its interval for every method × metric × group, all first."""
        return tuple(
            self._score(method, metric, group)
            for method in methods
            for metric in metrics
            for group in ("", *sorted(set(self.groups)))
        )

    def _score(self, method: str, metric: str, group: str) -> GroupScore:
        found = self._values.get((method, metric), {})
        values = [v for i, v in found.items() if not group or self.groups[i] == group]
        low, high = mean_interval(values)
        return GroupScore(
            method=method,
            metric=metric,
            group=group,
            mean=float(np.mean(values)) if values else None,
            low=low,
            high=high,
            n=len(values),
            protocol=self._protocol(method, metric),
        )

    def _protocol(self, method: str, metric: str) -> str:
        cell = method, metric
        if cell not in self._protocols:
            return f"Not defined: {self._reasons.get(cell, 'no picture has a map')}."
        parts = [self._protocols[cell].rstrip(".")]
        if cell in self._differ:
            parts.append("Figures in this protocol are the first picture's")
        parts.append(INTERVAL_WORDS)
        if cell in self._reasons:
            parts.append(f"Left out: pictures where {self._reasons[cell]}")
        return ". ".join(parts) + "."
