"""Rates by group and the gaps between them, with their verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.contracts._codec import Stored

__all__ = [
    "FairnessVerdict", "Floats", "Gap", "GroupGap", "GroupRate", "GroupTable", "Integers",
    "verdict_of",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
FairnessVerdict = Literal["flag", "pass", "insufficient evidence", "excluded"]


def verdict_of(low: float, high: float, tolerance: float) -> FairnessVerdict:
    """Return what an interval of a gap says: the one rule, for pages and command line alike.

    ``low`` already reaches to 0 where the adjusted test rejects nothing, so no p is asked for.

    >>> verdict_of(0.12, 0.3, 0.1), verdict_of(-0.05, 0.08, 0.1), verdict_of(0.0, 0.3, 0.1)
    ('flag', 'pass', 'insufficient evidence')
    """
    if math.isnan(low) or math.isnan(high):
        return "excluded"
    if low > tolerance or high < -tolerance:
        return "flag"
    if -tolerance <= low and high <= tolerance:
        return "pass"
    return "insufficient evidence"


@dataclass(frozen=True, slots=True)
class GroupRate:
    """One metric of one group.

    Parameters
    ----------
    k, n : float
        Numerator and denominator of a rate (sums of weights where rows have weights); ``k`` is NaN
        for metrics that are no rates.
    n_effective : float
        Kish's effective number behind ``n``; equal to it without weights.
    value, low, high : float
        NaN where not estimable; ``reason`` says why.
    """

    metric: str
    k: float
    n: float
    n_effective: float
    value: float
    low: float
    high: float
    reason: str


@dataclass(frozen=True)
class GroupTable(Stored):
    """Metrics of the groups of one attribute or intersection, G groups by M metrics.

    Parameters
    ----------
    attribute : str
        Such as ``"sex"`` or ``"sex×age"``; ``""`` for all rows together.
    groups : tuple of str
        In a stable order, ``"Unknown"`` last.
    parts : tuple of tuple of str
        Each group's value of each attribute.
    n : ndarray of int64, shape (G,)
        Rows.
    k, of, n_effective, value, low, high : ndarray of float64, shape (G, M)
        As in :class:`GroupRate` (``of`` is its ``n``).
    undefined : tuple of str
        For each metric why its value may be NaN.
    """

    attribute: str
    attributes: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    metrics: tuple[str, ...]
    n: Integers
    k: Floats
    of: Floats
    n_effective: Floats
    value: Floats
    low: Floats
    high: Floats
    undefined: tuple[str, ...]

    def rate(self, group: str, metric: str) -> GroupRate:
        """Return one metric of one group."""
        g, m = self.groups.index(group), self.metrics.index(metric)
        value = float(self.value[g, m])
        return GroupRate(
            metric=metric,
            k=float(self.k[g, m]),
            n=float(self.of[g, m]),
            n_effective=float(self.n_effective[g, m]),
            value=value,
            low=float(self.low[g, m]),
            high=float(self.high[g, m]),
            reason=self.undefined[m] if math.isnan(value) else "",
        )


@dataclass(frozen=True, slots=True)
class GroupGap:
    """One group against the gap's reference: a line of the forest plot.

    ``difference`` is signed; its interval is simultaneous over all pairs of groups, and reaches to
    0 unless both the gap's adjusted test and the pair's own reject.
    """

    group: str
    reference: str
    difference: float
    low: float
    high: float
    p: float
    tolerance: float

    @property
    def verdict(self) -> FairnessVerdict:
        """What the interval says."""
        return verdict_of(self.low, self.high, self.tolerance)


@dataclass(frozen=True)
class Gap(Stored):
    """The largest gap of one metric between the groups of one attribute.

    Parameters
    ----------
    metric : str
        Id of the gap, which is the metric's (``"tpr"``), a combination's (``"equalized_odds"``),
        ``"selection_rate|grade"`` for conditional parity, ``"tpr[cat]"`` for one class of several.
    difference, ratio : float
        Largest minus smallest value, smallest by largest; NaN where excluded or not defined.
    low, high : float
        Interval of the largest true gap, from intervals that hold for all pairs at once. Where the
        adjusted test does not reject, ``low`` is 0: the interval is what the verdict is read from.
    p, p_adjusted : float
        From groups that differ by chance alone, at the same margins; adjusted over the family.
    groups : tuple of str
        The groups compared, G of them.
    excluded : dict
        Those that are not, with the reason.
    highest, lowest, reference : str
        Group of the largest and smallest value; the one the others are held against.
    part : str
        Of a combination, the metric in which the gap is largest; else ``""``.
    differences, lows, highs, p_values : ndarray of float64, shape (G,)
        Each group minus the reference; see :class:`GroupGap`. Empty for combinations.
    needed_n : int or None
        Rows in each group's denominator at which groups without a true gap would pass four times in
        five; ``None`` where the verdict stands.
    why_excluded : str
        Why there is no gap to test; ``""`` where there is one.
    """

    attribute: str
    metric: str
    difference: float
    ratio: float
    low: float
    high: float
    p: float
    p_adjusted: float
    alpha: float
    tolerance: float
    groups: tuple[str, ...]
    excluded: dict[str, str]
    highest: str
    lowest: str
    reference: str
    part: str
    differences: Floats
    lows: Floats
    highs: Floats
    p_values: Floats
    needed_n: int | None = None
    why_excluded: str = ""

    @property
    def verdict(self) -> FairnessVerdict:
        """What the interval says; it cannot say anything else than what is plotted."""
        return verdict_of(self.low, self.high, self.tolerance)

    @property
    def below_four_fifths(self) -> bool:
        """Whether the ratio of selection is below 0.8: a screening line, never a verdict."""
        selects = self.metric.startswith(("selection_rate", "scoring_rate"))
        return selects and self.ratio < 0.8

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, in a sentence."""
        span = f"{self.low:.3f} to {self.high:.3f}"
        if self.verdict == "excluded":
            return self.why_excluded
        if self.verdict == "flag":
            return f"The whole interval, {span}, lies beyond the tolerance {self.tolerance:g}."
        if self.verdict == "pass":
            return f"The whole interval, {span}, lies within the tolerance {self.tolerance:g}."
        if self.p_adjusted >= self.alpha:
            return (
                f"Chance alone explains the gap (adjusted p {self.p_adjusted:.3f}), but gaps up to "
                f"{self.high:.3f} cannot be ruled out."
            )
        return f"The interval, {span}, holds gaps within and beyond {self.tolerance:g}."

    @property
    def pairs(self) -> tuple[GroupGap, ...]:
        """Each compared group against the reference."""
        if not self.differences.size:
            return ()
        return tuple(
            GroupGap(
                group=group,
                reference=self.reference,
                difference=float(self.differences[i]),
                low=float(self.lows[i]),
                high=float(self.highs[i]),
                p=float(self.p_values[i]),
                tolerance=self.tolerance,
            )
            for i, group in enumerate(self.groups)
            if group != self.reference
        )
