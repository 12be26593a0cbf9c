"""Bounds on the chance of far-off gaps: exact for two groups, never below what draws show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom, norm

from core.fairness.gaps.null_distribution import calibrated_p, spread
from core.fairness.groups.comparable import Areas, Rates
from core.fairness.groups.tails import normal_pairs, pairs_apart


def rates(k: list[list[int]], n: list[list[int]]) -> Rates:
    counts, rows = np.array(k, float), np.array(n, float)
    return Rates(np.full(len(rows), 1 / len(rows)), counts / rows, rows)


def test_two_groups_are_exact() -> None:
    """Counts of two groups are one count: SciPy sums the same tail."""
    part = rates([[30, 45]], [[80, 70]])
    for distance in (0.5, 2.0, 3.3, 6.0):
        k = np.arange(81)
        events, total = 75, 150
        error = np.sqrt(0.25 / np.array([80, 70]))
        apart = np.abs((k / 80 - 0.5) / error[0] - ((events - k) / 70 - 0.5) / error[1])
        exact = hypergeom.pmf(k, total, 80, events)[apart >= distance].sum()
        assert part.apart(distance) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(
    "part",
    [
        rates([[12, 30, 5, 60]], [[40, 50, 30, 90]]),
        rates([[1, 3, 0, 2, 1]], [[40, 50, 30, 90, 35]]),
        rates([[20, 30, 25], [10, 5, 30]], [[40, 60, 45], [50, 30, 60]]),
        Areas(
            np.array([0.7, 0.72, 0.69]), np.full(3, np.nan), np.array([30.0, 80, 200]),
            np.array([50.0, 80, 90]),
        ),
    ],
    ids=["rates", "rare events", "two components", "areas"],
)  # fmt: skip
def test_no_bound_is_below_what_draws_show(part: Rates | Areas) -> None:
    drawn = spread(part.null(np.random.default_rng(0), 60_000))
    seen = 0
    for distance in (3.0, 3.5, 4.0, 4.5):
        share = float((drawn >= distance).mean())
        noise = 3 * np.sqrt(share / 60_000)
        assert share - noise <= part.apart(distance) <= 1
        seen += share > 0
    assert seen >= 2, "draws reach as far as that"
    assert part.apart(4.5) < part.apart(3.5) or part.apart(3.5) == 1
    assert part.apart(14.0) < 1e-9


def test_a_gap_far_off_needs_few_draws_and_the_same_decision() -> None:
    far = rates([[10, 95, 90]], [[100, 100, 100]])
    p = calibrated_p([far], "max", most=100_000, seed=0, check=lambda: None)
    assert 0 < p < 1e-20
    near = rates([[80, 95, 90]], [[100, 100, 100]])
    p = calibrated_p([near], "max", most=100_000, seed=0, check=lambda: None)
    assert 1e-4 < p < 0.05
    both = calibrated_p([far, near], "mean", most=2000, seed=0, check=lambda: None)
    assert both > 1e-20, "a mean is far off only if one of its parts is"


def test_nothing_is_claimed_where_nothing_can_vary() -> None:
    assert rates([[0, 0]], [[30, 30]]).apart(0.0) == 1
    assert pairs_apart(np.ones(1), np.array([5]), np.array([[30]]), np.ones(1), 3.0) == 1
    assert normal_pairs(2, 0.0) == 1
    assert normal_pairs(3, 6.0) == pytest.approx(6 * norm.sf(6 / np.sqrt(2)))


def test_tables_too_large_for_pairs_are_left_to_draws() -> None:
    big = rates([[40_000, 10_000]], [[100_000, 100_000]])
    assert big.apart(50.0) == 1


def test_equal_margins_are_one_null_whatever_the_order() -> None:
    one, other = rates([[12, 30, 5]], [[40, 50, 30]]), rates([[5, 12, 30]], [[30, 40, 50]])
    assert one.margins() == other.margins()
    assert one.margins() != rates([[12, 30, 6]], [[40, 50, 30]]).margins()
    p = [calibrated_p([part], "max", most=4000, seed=1, check=lambda: None)
         for part in (one, other)]  # fmt: skip
    assert p[0] == p[1]
