"""Claims about groups of a few rows: nobody is left out unsaid, and chance alone is no finding."""

from __future__ import annotations

import numpy as np

from core.calibration.base import Claim, claim, each
from core.calibration.tables import counts, verdicts
from core.contracts import Gap

__all__ = ["CLAIMS"]

_TOPIC = "Fairness: small groups"
_LARGE = 3000


def _beside_two_large(
    rng: np.random.Generator, rate: float, small_rate: float, rows: tuple[int, int]
) -> Gap:
    """Return the gap of two large groups that are alike and a small one."""
    sizes = np.array([_LARGE, _LARGE, int(rng.integers(*rows))])
    return verdicts([counts(rng, np.array([rate, rate, small_rate]), sizes)], rng)[0]


def _hidden(rng: np.random.Generator) -> bool:
    """Whether a pass stands though a group of 1 to 9 rows is 25 to 90 points off."""
    gap = rng.uniform(0.25, 0.9)
    rate = rng.uniform(gap, 1.0)
    return _beside_two_large(rng, rate, rate - gap, (1, 10)).verdict == "pass"


def _found(rng: np.random.Generator) -> bool:
    """Whether a group of nine rows of which (nearly) all fare otherwise is flagged."""
    return _beside_two_large(rng, 0.98, 0.01, (9, 10)).verdict == "flag"


def _chance(rng: np.random.Generator) -> bool:
    """Whether something is flagged among groups of 1 to 30 rows that do not differ."""
    rate = rng.choice([0.02, 0.1, 0.5, 0.9, 0.98])
    sizes = np.append(rng.integers(1, 31, 6), [_LARGE, _LARGE])
    gap = verdicts([counts(rng, np.full(len(sizes), rate), sizes)], rng)[0]
    return gap.verdict == "flag"


CLAIMS: tuple[Claim, ...] = (
    claim(
        "small.hidden", _TOPIC,
        "A pass hides a small group that fares far worse in at most 5 % of tables.",
        "Two groups of 3 000 alike, a third of 1 to 9 rows that is 25 to 90 points off.",
        each(_hidden), unit="tables", n=300, quick=8, at_most=0.05, beside="small.found",
    ),
    claim(
        "small.found", _TOPIC,
        "Nine rows that all fare otherwise are flagged in at least 90 % of tables.",
        "Two groups of 3 000 at a rate of 98 %, a third of nine rows at 1 %.",
        each(_found), unit="tables", n=120, quick=6, at_least=0.9,
    ),
    claim(
        "small.chance", _TOPIC,
        "Small groups that do not differ are flagged in at most 5 % of tables.",
        "Six groups of 1 to 30 rows beside two of 3 000, one common rate from 2 to 98 %.",
        each(_chance), unit="tables", n=1000, quick=20, at_most=0.05, beside="small.found",
    ),
)  # fmt: skip
