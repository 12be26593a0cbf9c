"""What a claim is: a sentence with a bound, and trials that decide whether it holds."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from core.contracts import ClaimCard, ClaimDirection
from core.control import Control

__all__ = ["Claim", "Outcome", "Trials", "claim", "each"]

Outcome = bool | None
"""Whether the event of the claim happened in a trial; ``None`` where it does not speak of it."""


@dataclass(frozen=True)
class Trials:
    """How many trials to make, and from which seed.

    Parameters
    ----------
    claim : str
        Id of the claim: its draws are its own.
    n : int
    seed : int
    pictures : str
        Folder of labelled photographs; ``""`` for none.
    control : Control
        Passed on to work that takes long; between trials it is asked anyway.
    """

    claim: str
    n: int
    seed: int
    pictures: str
    control: Control

    def generators(self) -> Iterator[np.random.Generator]:
        """Yield a generator for each trial, the same whatever the number of trials."""
        own = zlib.crc32(self.claim.encode())
        for number in range(self.n):
            yield np.random.default_rng([self.seed, own, number])


Measure = Callable[[Trials], Iterable[Outcome]]


@dataclass(frozen=True)
class Claim:
    """A claim with the trials that measure it; ``measure`` yields an outcome for each trial."""

    card: ClaimCard
    measure: Measure


def claim(
    id: str, topic: str, words: str, how: str, measure: Measure, *, unit: str, n: int, quick: int,
    at_most: float | None = None, at_least: float | None = None, beside: str = "", needs: str = "",
) -> Claim:  # fmt: skip
    """Return a claim with one of the two bounds; see :class:`~core.contracts.ClaimCard`."""
    bound = at_most if at_least is None else at_least
    assert bound is not None, "a claim has a bound"
    direction: ClaimDirection = "at most" if at_least is None else "at least"
    card = ClaimCard(id, topic, words, how, direction, bound, unit, n, quick, beside, needs)
    return Claim(card, measure)


def each(trial: Callable[[np.random.Generator], Outcome]) -> Measure:
    """Return the measure of independent trials that need nothing but random numbers."""

    def measure(trials: Trials) -> Iterator[Outcome]:
        for rng in trials.generators():
            yield trial(rng)

    return measure
