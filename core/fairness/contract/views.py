"""What pages, exports and the glossary show of a fairness audit besides the report itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.fairness.contract.verdicts import FairnessVerdict
from core.values.codec import Stored

__all__ = ["Finding", "GapCard", "GroupMetricCard", "LocalLaw144Row", "TablePreview"]


@dataclass(frozen=True, slots=True)
class GroupMetricCard:
    """What a metric of groups declares about itself.

    ``undefined`` says when it is not estimable; ``higher_is_better`` is ``None`` where neither end
    is better.
    """

    id: str
    name: str
    summary: str
    undefined: str
    higher_is_better: bool | None
    needs_labels: bool
    needs_scores: bool


@dataclass(frozen=True, slots=True)
class GapCard:
    """What a gap declares about itself; ``parts`` are the metrics that it is made of."""

    id: str
    name: str
    summary: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Finding(Stored):
    """One gap in plain language; group names in it are strangers' texts."""

    attribute: str
    metric: str
    verdict: FairnessVerdict
    text: str


@dataclass(frozen=True)
class LocalLaw144Row(Stored):
    """One line of the audit tables in the layout of New York City's Local Law 144.

    Parameters
    ----------
    n, selected : int
        People, and those selected (or scoring above the median of all).
    rate, impact_ratio : float
        NaN where a line is only counted.
    note : str
        Why a line is only counted; ``""`` where it is not.
    """

    attribute: str
    category: str
    n: int
    selected: int
    rate: float
    impact_ratio: float
    note: str


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The first rows of a table as text, for mapping its columns; strangers' texts."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
