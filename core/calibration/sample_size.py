"""Claims about the rows that a verdict would need: at that number it does what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.calibration.base import Claim, Outcome, claim, each
from core.calibration.tables import counts, expected, verdicts

__all__ = ["CLAIMS"]

_TOPIC = "Fairness: rows needed"
_FIRST = 20


def _passes(rate: float, groups: int) -> Callable[[np.random.Generator], Outcome]:
    """Return a trial: whether groups that do not differ pass with the rows asked for."""

    def trial(rng: np.random.Generator) -> Outcome:
        first = verdicts([expected(np.full(groups, rate), np.full(groups, _FIRST))], rng)[0]
        if first.needed_n is None:
            return None
        sizes = np.full(groups, first.needed_n)
        return verdicts([counts(rng, np.full(groups, rate), sizes)], rng)[0].verdict == "pass"

    return trial


CLAIMS: tuple[Claim, ...] = tuple(
    claim(
        f"needed.{rate:g}.{groups}", _TOPIC,
        f"With the rows that a report asks for, {groups} groups that share a rate of "
        f"{100 * rate:g} % pass in at least 80 % of tables.",
        f"The number of rows comes from a table of {_FIRST} rows a group.",
        each(_passes(rate, groups)), unit="tables", n=500, quick=60, at_least=0.8,
    )
    for rate, groups in ((0.5, 2), (0.9, 2), (0.98, 2), (0.98, 5))
)  # fmt: skip
