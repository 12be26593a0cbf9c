"""Gaps between groups, comparisons of groups, and what their verdicts cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.fairness.contract.metric_names import MetricName
from core.fairness.contract.verdicts import (
    FairnessVerdict,
    LeftOut,
    agreed_text,
    coverage_text,
    decimals_beside,
    p_text,
    points_text,
    verdict_of,
)
from core.values.codec import Stored

__all__ = ["Comparisons", "Gap", "GroupGap", "ReferenceKind", "Strongest"]

Floats = npt.NDArray[np.float64]
ReferenceKind = Literal["largest", "best", "rest", "named"]


@dataclass(frozen=True, slots=True)
class Strongest(Stored):
    """The two groups between which there is the most evidence of a gap.

    The interval is simultaneous over all pairs of groups, and over all gaps.
    """

    higher: str
    lower: str
    difference: float
    low: float
    high: float


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
        Interval of the largest true gap between any groups that have rows, small ones included,
        simultaneous over all gaps of the report. It lies beyond the tolerance where the gap is
        flagged, within where it passes, and holds the tolerance where neither is shown.
    p, p_adjusted : float
        For information: how often groups that do not differ at all lie so far apart, at the same
        margins; adjusted over the family. No verdict is read from it.
    p_flag, p_pass : float
        That the gap is at most the tolerance, and that it is at least the tolerance; both adjusted
        over all gaps of the report. The verdict is read from these two.
    p_compared : float
        As ``p_pass``, of the groups of at least ``min_n`` rows alone.
    groups : tuple of str
        The groups that the verdict covers.
    excluded : dict
        Those that it does not, with the reason and the gap that could hide there; rows without a
        value; and of conditional parity values of the condition (``"grade = 3"``) that not all
        compared groups have.
    highest, lowest : str
        Groups of the largest and smallest value; two, also where all are equal.
    strongest : Strongest or None
        Of a combination, in the metric ``part``; ``None`` where excluded.
    part : str
        Of a combination, the metric in which the evidence is strongest; else ``""``.
    needed_n : int or None
        Rows in each group's denominator (effective ones where rows have weights) at which groups
        without a true gap would pass four times in five: more than some group has. ``None`` where
        the verdict stands, where rows without a value or strata that not all groups have keep it
        from a pass, or where it is
    too_near : bool
        Whether groups that have as many rows are apart by what cannot be told from the tolerance.
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
    p_flag: float
    p_pass: float
    p_compared: float
    alpha: float
    tolerance: float
    groups: tuple[str, ...]
    excluded: dict[str, LeftOut]
    highest: str
    lowest: str
    strongest: Strongest | None
    part: str
    needed_n: int | None = None
    too_near: bool = False
    why_excluded: str = ""

    @property
    def verdict(self) -> FairnessVerdict:
        """What the two tests say."""
        return verdict_of(self.p_flag, self.p_pass, self.alpha)

    @property
    def name(self) -> MetricName:
        """The metric, and the class or condition that it is of."""
        return MetricName.parse(self.metric)

    @property
    def below_four_fifths(self) -> bool:
        """Whether the ratio of selection is below 0.8: a screening line, never a verdict."""
        selects = self.metric.startswith(("selection_rate", "scoring_rate"))
        return selects and self.ratio < 0.8

    @property
    def conclusion(self) -> str:
        """What the verdict says of the tolerance, in a sentence."""
        tolerated = points_text(self.tolerance)
        if self.verdict == "flag":
            return f"It is larger than the {tolerated} that are tolerated."
        if self.verdict == "pass":
            return f"It is within the {tolerated} that are tolerated."
        if self.too_near:
            return f"That is too near to {tolerated} to tell whether it exceeds them."
        return f"That is not enough to tell whether it exceeds {tolerated}."

    @property
    def p_text(self) -> str:
        """The p values that the verdict is read from, with what each supposes."""
        return p_text(self.p_flag, self.p_pass, alpha=self.alpha, tolerance=self.tolerance)

    @property
    def coverage(self) -> str:
        """Who is not covered by the verdict, in a sentence or two; ``""`` if everybody is."""
        agreed = self.verdict == "insufficient evidence" and self.p_compared < self.alpha
        first = f"{agreed_text(self.groups, self.tolerance)} " if agreed and self.excluded else ""
        return first + coverage_text(self.excluded)

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, and what it does not cover."""
        if self.verdict == "excluded":
            return self.why_excluded
        low, high = (
            f"{100 * end:.{decimals_beside(100 * end, 100 * self.tolerance, least=1)}f}"
            for end in (self.low, self.high)
        )
        span = f"The interval of the gap is {low} to {high} points."
        return " ".join(filter(None, (span, self.conclusion, self.coverage)))


@dataclass(frozen=True, slots=True)
class GroupGap:
    """One group against another, or against all others.

    Parameters
    ----------
    difference : float
        The group's value minus the reference's.
    low, high : float
        Interval, adjusted over all comparisons of the report. Where what is left out keeps it from
        a pass, it holds what could hide there.
    p, p_flag, p_pass : float
        Of no difference at all, for information; that it is at most, and that it is at least the
        tolerance. All adjusted likewise.
    excluded : dict
        What the comparison leaves out: strata in which one of the two has rows; against all others
        together, also groups that are not compared, and rows without a value. It does not pass
        where a gap beyond the tolerance could hide there.
    """

    attribute: str
    metric: str
    group: str
    reference: str
    kind: ReferenceKind
    difference: float
    low: float
    high: float
    p: float
    p_flag: float
    p_pass: float
    alpha: float
    tolerance: float
    excluded: dict[str, LeftOut]

    @property
    def verdict(self) -> FairnessVerdict:
        """What the two tests say."""
        return verdict_of(self.p_flag, self.p_pass, self.alpha)

    @property
    def p_text(self) -> str:
        """The p values that the verdict is read from, with what each supposes."""
        return p_text(self.p_flag, self.p_pass, alpha=self.alpha, tolerance=self.tolerance)

    @property
    def coverage(self) -> str:
        """What the verdict does not cover, in a sentence; ``""`` if nothing is left out."""
        return coverage_text(self.excluded)

    @property
    def evidence(self) -> float:
        """The smallest difference, in its direction, that the interval leaves; below 0 if none."""
        return max(self.low, -self.high)


@dataclass(frozen=True)
class Comparisons(Stored):
    """Groups of one attribute against one reference, by one metric; arrays ``(G,)``.

    Parameters
    ----------
    kind : {"largest", "best", "rest", "named"}
        The reference: the group of the most rows, of the best value, all other groups together, or
        a named one.
    reference : str
        Its name; for all others together ``"rest"``, or ``"all others"`` where a group is called
        "rest".
    excluded : tuple of dict
        For each group, what its comparison leaves out.
    """

    attribute: str
    metric: str
    kind: ReferenceKind
    reference: str
    groups: tuple[str, ...]
    difference: Floats
    low: Floats
    high: Floats
    p: Floats
    p_flag: Floats
    p_pass: Floats
    alpha: float
    tolerance: float
    excluded: tuple[dict[str, LeftOut], ...]

    def __iter__(self) -> Iterator[GroupGap]:
        """Go through the groups."""
        for i, group in enumerate(self.groups):
            yield GroupGap(
                attribute=self.attribute,
                metric=self.metric,
                group=group,
                reference=self.reference,
                kind=self.kind,
                difference=float(self.difference[i]),
                low=float(self.low[i]),
                high=float(self.high[i]),
                p=float(self.p[i]),
                p_flag=float(self.p_flag[i]),
                p_pass=float(self.p_pass[i]),
                alpha=self.alpha,
                tolerance=self.tolerance,
                excluded=self.excluded[i],
            )
