"""Fairness audits as results: rates by group, gaps with their verdicts, curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal

from core.fairness.contract.audits import AuditRequest, FairnessRules, TableColumns
from core.fairness.contract.gaps import Comparisons, Gap, GroupGap
from core.fairness.contract.rates import Floats, GroupTable
from core.fairness.contract.sample_splitting import RowsTaken
from core.values.codec import Stored
from core.values.results import Result

__all__ = [
    "Calibration", "FairnessReport", "FairnessRequest", "Inequality", "ScoreCurves", "Task",
]  # fmt: skip

Task = Literal["binary", "multiclass"]


@dataclass(frozen=True)
class Inequality(Stored):
    """An index of how unequally errors benefit people (Speicher et al. 2018, arXiv:1807.00787).

    ``part`` is ``"total"`` (attribute ``""``), ``"between"`` groups or ``"within"`` them.
    """

    index: str
    attribute: str
    part: Literal["total", "between", "within"]
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration(Stored):
    """Calibration curve of one group: B bins of scores, empty ones left out.

    Parameters
    ----------
    mean_score, rate, low, high : ndarray of float64, shape (B,)
        Mean score of each bin, share of events among its rows, and that share's Wilson interval.
    n : ndarray of float64, shape (B,)
        Rows, or the sum of their weights.
    """

    attribute: str
    group: str
    mean_score: Floats
    rate: Floats
    low: Floats
    high: Floats
    n: Floats


@dataclass(frozen=True)
class ScoreCurves(Stored):
    """What each threshold would lead to in each group: ROC curves, G groups by T thresholds.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
        Rising; the counts at each are exact. All distinct scores where there are few, else scores
        that hold equal shares of the rows between them.
    true_positives, false_positives : ndarray of float64, shape (G, T)
        Positives and negatives whose score is at least the threshold.
    positives, negatives, thinning : ndarray of float64, shape (G,)
        Of all rows; and Σw²/Σw, which is 1 without weights.
    """

    attribute: str
    groups: tuple[str, ...]
    thresholds: Floats
    true_positives: Floats
    false_positives: Floats
    positives: Floats
    negatives: Floats
    thinning: Floats


@dataclass(frozen=True)
class FairnessReport(Result):
    """Which gaps between groups are real.

    Parameters
    ----------
    source : str
        What was audited; a stranger's text.
    task : {"binary", "multiclass"}
    classes : tuple of str
        In the order of the cells; of a binary task negative, then positive.
    n : int
        Rows.
    n_effective : float
        Kish's effective number of rows.
    overall : GroupTable
        All rows as one group.
    tables : tuple of GroupTable
        Single attributes first, then intersections.
    gaps : tuple of Gap
    family : str
        What the p values were adjusted over, in words.
    comparisons : tuple of Comparisons
        Each group against the largest one, against all others together, and against the reference
        that was asked for, by every metric that a gap is tested of.
    unknown : dict
        For each attribute, rows without a value.
    calibrations, curves : tuple
        Where there are scores, for single attributes and (attribute ``""``) all rows.
    score_bins : str
        The bins of ECE, in words; ``""`` without scores.
    notes : tuple of str
        What was left out or merged, one sentence each.
    taken : RowsTaken
        Which half of the table, if not all of it.
    """

    source: str
    columns: TableColumns
    rules: FairnessRules
    seed: int
    task: Task
    classes: tuple[str, ...]
    n: int
    n_effective: float
    weighted: bool
    overall: GroupTable
    tables: tuple[GroupTable, ...]
    gaps: tuple[Gap, ...]
    family: str
    comparisons: tuple[Comparisons, ...]
    inequality: tuple[Inequality, ...]
    unknown: dict[str, int]
    calibrations: tuple[Calibration, ...]
    curves: tuple[ScoreCurves, ...]
    score_bins: str
    notes: tuple[str, ...]
    command: str
    taken: RowsTaken = field(default_factory=RowsTaken, kw_only=True)

    def table(self, attribute: str) -> GroupTable:
        """Return the table of an attribute, an intersection, or (``""``) all rows."""
        if not attribute:
            return self.overall
        return next(table for table in self.tables if table.attribute == attribute)

    @cached_property
    def pairs(self) -> tuple[GroupGap, ...]:
        """Every comparison, those with the most evidence of a difference first."""
        every = [pair for block in self.comparisons for pair in block]
        rank = ("flag", "insufficient evidence", "pass", "excluded").index
        return tuple(sorted(every, key=lambda pair: (rank(pair.verdict), -pair.evidence)))

    def against(self, attribute: str, metric: str) -> Comparisons | None:
        """Return the groups of an attribute against the reference that was asked for.

        Against the largest group where the attribute has no such reference; ``None`` for gaps that
        are made of several metrics.
        """
        same = (c for c in self.comparisons if (c.attribute, c.metric) == (attribute, metric))
        return next(same, None)

    def comparisons_note(self, attribute: str = "", metric: str = "") -> str:
        """Say that comparisons and gaps may differ in their verdicts; ``""`` without comparisons.

        The comparisons are a family of their own: flagging or passing them with their gap would
        double the chance of a false verdict among them.

        Parameters
        ----------
        attribute, metric : str
            The gap to look at; all of them by default.
        """
        gaps = dict.fromkeys((block.attribute, block.metric) for block in self.comparisons)
        shown = [gap for gap in gaps if not attribute or gap == (attribute, metric)]
        if not shown:
            return ""
        uncertain = any(
            pair.verdict == "insufficient evidence"
            for gap in shown
            if self.gap(*gap).verdict == "pass"
            for pair in self.against(*gap) or ()
        )
        n_pairs = sum(len(block.groups) for block in self.comparisons)
        among = (
            "One comparison of single groups is made, apart from the gaps"
            if n_pairs == 1
            else f"The {n_pairs} comparisons of single groups are adjusted among themselves, apart "
            "from the gaps"
        )
        return (
            f"{among}: the same two groups can be flagged as a gap and be “not enough evidence” as "
            "a pair, or the other way round."
        ) + (
            f" A gap can pass as a whole though single comparisons, adjusted over all {n_pairs} of "
            "them, cannot be told from the tolerance."
            if uncertain
            else ""
        )

    def gap(self, attribute: str, metric: str) -> Gap:
        """Return the gap of a metric between the groups of an attribute."""
        return next(g for g in self.gaps if (g.attribute, g.metric) == (attribute, metric))


@dataclass(frozen=True)
class FairnessRequest(AuditRequest):
    """Ask which gaps between groups are real."""

    kind: ClassVar[str] = "fairness"
    work: ClassVar[str] = "core.fairness.audit:audit"
    result: ClassVar[type[FairnessReport]] = FairnessReport
    command_name: ClassVar[str] = "fairness"
