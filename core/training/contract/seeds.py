"""The same training with several seeds: how far its figures and verdicts depend on the seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.values.codec import Stored

__all__ = ["GapSpread", "GroupSpread", "SeedSpread", "Spread"]


@dataclass(frozen=True, slots=True)
class Spread(Stored):
    """Mean, smallest and largest value over the seeds."""

    mean: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """Return the range of a share: ``"97.1% to 99.0%"``."""
        return f"{self.low:.1%} to {self.high:.1%}"


@dataclass(frozen=True, slots=True)
class GroupSpread(Stored):
    """Accuracy of one group of the test pictures over the seeds."""

    attribute: str
    group: str
    accuracy: Spread


@dataclass(frozen=True, slots=True)
class GapSpread(Stored):
    """The widest gap between an attribute's groups over the seeds.

    Parameters
    ----------
    difference : Spread
        Accuracy of the best group minus that of the worst; both are chosen anew for each seed.
    beyond_chance : int
        For how many seeds chance makes a gap as wide in fewer than 5 % of cases, Holm-adjusted
        over the attributes.
    worst : tuple of str
        The group that was worst, for each seed in order.
    """

    attribute: str
    difference: Spread
    beyond_chance: int
    worst: tuple[str, ...]


@dataclass(frozen=True)
class SeedSpread(Stored):
    """What several seeds of one training lead to; data, recipe and parameters are the same.

    A range over a few seeds is no interval: further seeds can lie outside of it.

    Parameters
    ----------
    seeds : tuple of int
    models : tuple of str
        The runs' ids, in the order of the seeds; empty where they do not come along.
    accuracies : tuple of float
        On the test split, in the order of the seeds.
    facts : dict
        Further figures of the recipe that are numbers, such as the accuracy under attack.
    """

    seeds: tuple[int, ...]
    models: tuple[str, ...]
    accuracies: tuple[float, ...]
    accuracy: Spread
    groups: tuple[GroupSpread, ...]
    gaps: tuple[GapSpread, ...]
    facts: dict[str, Spread] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many seeds."""
        return len(self.seeds)

    @property
    def range_text(self) -> str:
        """Return the accuracy's range in words: ``"97.1% to 99.0% over 5 seeds"``."""
        return f"{self.accuracy.words} over {self.n} seeds"

    def verdict_text(self, gap: GapSpread) -> str:
        """Return how far the seeds agree on a gap: ``"beyond chance in 5 of 5"``."""
        return f"beyond chance in {gap.beyond_chance} of {self.n}"

    def agrees(self, gap: GapSpread) -> bool:
        """Whether every seed leads to the same verdict about a gap."""
        return gap.beyond_chance in (0, self.n)
