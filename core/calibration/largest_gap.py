"""Claims about the widest gap, as Models and Robustness show it from counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.calibration.base import Claim, Outcome, claim, each
from core.calibration.tables import Floats, random_rates
from core.contracts import GroupCount, RobustGap
from core.data.gaps import Gap, largest_gap
from core.robustness.curves import gaps

__all__ = ["CLAIMS"]

_TOPIC = "Models and Robustness: widest gap"
_STEPS = (0.0, 1 / 255, 2 / 255, 4 / 255)


def _widest(rng: np.random.Generator, rates: Floats, n: int) -> Gap:
    groups = [
        GroupCount("group", f"g{i}", n, int(rng.binomial(n, rate))) for i, rate in enumerate(rates)
    ]
    found = largest_gap(groups, seed=int(rng.integers(2**31)))
    assert found is not None, "every group has pictures enough"
    return found


def _alike(groups: int) -> Callable[[np.random.Generator], bool]:
    def trial(rng: np.random.Generator) -> bool:
        """Whether the interval excludes 0 though no groups differ."""
        gap = _widest(rng, np.full(groups, rng.uniform(0.3, 0.95)), 150)
        return gap.low > 0 or gap.high < 0

    return trial


def _beyond_chance(rng: np.random.Generator) -> bool:
    return _widest(rng, np.full(8, rng.uniform(0.3, 0.95)), 150).beyond_chance


def _covers(rng: np.random.Generator) -> bool:
    """Whether the interval holds the largest true gap."""
    true = float(rng.uniform(0, 0.4))
    gap = _widest(rng, random_rates(rng, int(rng.integers(2, 12)), true), 150)
    return gap.low <= true <= gap.high


def _found(rng: np.random.Generator) -> bool:
    gap = _widest(rng, random_rates(rng, 7, 0.35), 150)
    return gap.low > 0 and gap.beyond_chance


def _curve(rng: np.random.Generator, worse: float) -> tuple[RobustGap, ...]:
    """Return the gaps of a curve of eight groups of 60; pictures of one break sooner."""
    groups = np.repeat(np.arange(8), 60)
    reach = np.where(groups == 0, worse, 1.0) * 4 / 255
    distances = (rng.exponential(1.0, len(groups)) * reach).astype(np.float32)
    members = {"": np.ones(len(groups), bool)} | {f"g{i}": groups == i for i in range(8)}
    return gaps("group", members, distances, _STEPS, seed=int(rng.integers(2**31)))


def _curve_alike(rng: np.random.Generator) -> bool:
    """Whether the gap at some ε is shown as one, by its p or by its interval."""
    return any(gap.beyond_chance or gap.low > 0 for gap in _curve(rng, 1.0))


def _curve_found(rng: np.random.Generator) -> Outcome:
    return any(gap.beyond_chance and gap.low > 0 for gap in _curve(rng, 0.25))


CLAIMS: tuple[Claim, ...] = (
    *(
        claim(
            f"widest.alike.{groups}", _TOPIC,
            f"Of {groups} groups that do not differ, the interval of the widest gap excludes 0 in "
            "at most 5 %.",
            f"{groups} groups of 150 pictures, one common accuracy from 30 to 95 %.",
            each(_alike(groups)), unit="tables", n=1000, quick=20, at_most=0.05,
            beside="widest.found",
        )
        for groups in (3, 7, 10)
    ),
    claim(
        "widest.chance", _TOPIC,
        "A widest gap is called beyond chance in at most 5 % where there is none.",
        "Eight groups of 150 pictures, one common accuracy from 30 to 95 %.",
        each(_beyond_chance), unit="tables", n=1000, quick=20, at_most=0.05,
        beside="widest.found",
    ),
    claim(
        "widest.interval", _TOPIC,
        "The interval of the widest gap holds the true one in at least 95 %.",
        "2 to 11 groups of 150 pictures, true gaps from 0 to 40 points.",
        each(_covers), unit="tables", n=1000, quick=20, at_least=0.95,
    ),
    claim(
        "widest.found", _TOPIC,
        "A true gap of 35 points is found, by p and interval, in at least 90 %.",
        "Seven groups of 150 pictures.",
        each(_found), unit="tables", n=500, quick=20, at_least=0.9,
    ),
    claim(
        "widest.curve", _TOPIC,
        "Of a curve over ε, at most 5 % show a gap where no groups differ.",
        "Eight groups of 60 pictures, four ε; by p or by interval, at any ε.",
        each(_curve_alike), unit="curves", n=500, quick=10, at_most=0.05,
        beside="widest.curve.found",
    ),
    claim(
        "widest.curve.found", _TOPIC,
        "Where one group breaks at a quarter of ε, at least 90 % show it.",
        "Eight groups of 60 pictures, four ε; by p and interval, at some ε.",
        each(_curve_found), unit="curves", n=300, quick=10, at_least=0.9,
    ),
)  # fmt: skip
