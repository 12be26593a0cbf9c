"""How often verdicts are wrong on tables whose truth is known: at most as often as they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, norm

from core.contracts import FairnessRules
from core.differences import difference_limits
from core.fairness.comparable import Areas, Comparable, Rates
from core.fairness.decision import decide
from core.fairness.multiplicity import ADJUST
from core.fairness.pairs import pair_tests
from core.proportions import exact_limits

RULES = FairnessRules()
Draw = Callable[[np.random.Generator], Sequence[Comparable]]


def bound(n_tables: int, rate: float = 0.05) -> float:
    """As many tables as a rate of 5 % exceeds in one case of a thousand."""
    return float(binom.ppf(0.999, n_tables, rate)) / n_tables


def rates_of(rng: np.random.Generator, truth: Sequence[float], n: Sequence[int]) -> Rates:
    k = rng.binomial(n, truth)
    return Rates(np.ones(1), (k / np.asarray(n))[None], np.asarray(n, float)[None])


def areas_of(rng: np.random.Generator, truth: Sequence[float], n: Sequence[int]) -> Areas:
    """Areas of normal scores, a third of the rows positive, with DeLong's variances."""
    found = []
    for area, rows in zip(truth, n, strict=True):
        m = max(1, rows // 3)
        x = rng.normal(norm.ppf(area) * np.sqrt(2), 1, m)
        y = np.sort(rng.normal(0, 1, rows - m))
        above = np.searchsorted(y, x) / len(y)
        below = 1 - np.searchsorted(np.sort(x), y) / m
        few = m < 2 or len(y) < 2
        variance = np.nan if few else above.var(ddof=1) / m + below.var(ddof=1) / len(y)
        found.append((above.mean(), variance, m, len(y)))
    return Areas(*(np.array(column, float) for column in zip(*found, strict=True)))


def wrong(draw: Draw, n_gaps: int, n_tables: int, *, combine: str = "max", seed: int = 0,
          tolerance: float = 0.1) -> tuple[float, float]:  # fmt: skip
    """Return the shares of tables with any flag, and with any pass, of gaps of one kind."""
    rng = np.random.default_rng(seed)
    flags = passes = 0
    for _ in range(n_tables):
        found = []
        for _ in range(n_gaps):
            parts = draw(rng)
            every = np.arange(len(parts[0].values))
            found.append(decide(parts, combine, tolerance, every))  # type: ignore[arg-type]
        adjust = ADJUST["holm"]
        flags += bool((adjust([each.p_flag for each in found]) < 0.05).any())
        passes += bool((adjust([each.p_pass for each in found]) < 0.05).any())
    return flags / n_tables, passes / n_tables


# ---- one difference, exactly


@pytest.mark.parametrize("sizes", [(1, 200), (3, 50), (9, 300), (10, 10), (20, 200), (100, 100)])
@pytest.mark.parametrize("level", [0.025, 0.0005])
def test_limits_keep_their_level_in_every_table(sizes: tuple[int, int], level: float) -> None:
    """Summed over all tables: on old code (Newcombe) up to 32 times the level."""
    z = float(norm.isf(level))
    i, j = (axis.ravel() for axis in np.mgrid[0 : sizes[0] + 1, 0 : sizes[1] + 1])
    low, high = difference_limits(
        lambda at: exact_limits(i, sizes[0], at), lambda at: exact_limits(j, sizes[1], at),
        np.full(len(i), z),
    )  # fmt: skip
    for difference in (0.0, 0.05, 0.1, 0.4):
        for base in np.linspace(0, 1 - difference, 41):
            one = binom.pmf(i, sizes[0], base + difference) * binom.pmf(j, sizes[1], base)
            other = binom.pmf(i, sizes[0], base) * binom.pmf(j, sizes[1], base + difference)
            assert one[low > difference].sum() <= level
            assert other[high < -difference].sum() <= level
            within = (low > -difference) & (high < difference)
            assert max(one[within].sum(), other[within].sum()) <= level


# ---- families at the tolerance


@pytest.mark.parametrize("n_gaps", [6, 49])
def test_families_of_two_groups_at_exactly_the_tolerance(n_gaps: int) -> None:
    """500 tables of n = 10 000. On old code some false flag in 14 % of tables with 6 gaps."""
    rng = np.random.default_rng(1)
    n = np.full(500 * n_gaps, 5000.0)
    a, b = (
        Rates(np.ones(1), rng.binomial(5000, p, (1, len(n))) / n, n[None]) for p in (0.55, 0.45)
    )
    raw = pair_tests([(a, b)], replace(RULES, adjust="bh", alpha=0.5))
    del raw
    flags = passes = 0
    for table in range(500):
        own = np.arange(table * n_gaps, (table + 1) * n_gaps)
        found = pair_tests([(a.of(own), b.of(own))], RULES)
        flags += bool((found.p_flag < RULES.alpha).any())
        passes += bool((found.p_pass < RULES.alpha).any())
    assert flags / 500 <= bound(500)
    assert passes / 500 <= bound(500)
    assert flags + passes > 0, "the tests can reject"
