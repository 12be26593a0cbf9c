"""The widest gap: found where there is one, and not made out of noise."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import GroupCount
from core.data.gaps import gaps_by_attribute, largest_gap
from core.proportions import newcombe


def counts(attribute: str, *right_of: tuple[int, int]) -> list[GroupCount]:
    return [GroupCount(attribute, f"g{i}", n, k) for i, (k, n) in enumerate(right_of)]


def test_a_true_gap_is_found_with_its_interval_and_named() -> None:
    groups = counts("tone", (98, 100), (90, 100), (71, 100)) + counts("light", (50, 60), (49, 60))
    gap = largest_gap(groups)
    assert gap is not None
    assert (gap.attribute, gap.best.group, gap.worst.group) == ("tone", "g0", "g2")
    assert abs(gap.difference - 0.27) < 1e-12
    assert gap.low < 0.27 < gap.high
    assert gap.beyond_chance
    assert gap.n_attributes == 2


def test_a_gap_beyond_chance_goes_before_a_wider_one_that_is_not() -> None:
    groups = counts("few", (7, 10), (10, 10)) + counts("many", (900, 1000), (700, 1000))
    gap = largest_gap(groups)
    assert gap is not None
    assert gap.attribute == "many"


def test_noise_is_called_a_gap_in_about_one_case_of_twenty() -> None:
    """Six attributes of up to ten groups, 200 tables without any disparity."""
    rng = np.random.default_rng(3)
    called = 0
    for table in range(200):
        groups: list[GroupCount] = []
        for attribute, k in enumerate((10, 3, 3, 4, 6, 7)):
            n = [60] * k
            groups += counts(str(attribute), *zip(rng.binomial(n, 0.9).tolist(), n, strict=True))
        gap = largest_gap(groups, seed=table)
        called += gap is not None and gap.beyond_chance
    assert called / 200 <= 0.09


def test_equal_groups_have_no_gap_and_no_small_p() -> None:
    gap = largest_gap(counts("a", (30, 30), (30, 30)))
    assert gap is not None
    assert (gap.difference, gap.p, gap.beyond_chance) == (0.0, 1.0, False)


def test_without_two_groups_large_enough_there_is_nothing_to_say() -> None:
    assert largest_gap([]) is None
    assert largest_gap(counts("a", (3, 3), (4, 9))) is None
    assert largest_gap(counts("a", (30, 30))) is None


@pytest.mark.parametrize("k", [3, 7, 10])
def test_the_interval_excludes_0_of_equal_groups_in_at_most_5_percent(k: int) -> None:
    """Groups of 150 as in the issue; Newcombe's interval of the two extremes did in 10 to 58 %."""
    rng = np.random.default_rng(k)
    found = 0
    for table in range(300):
        right = rng.binomial(150, rng.uniform(0.3, 0.95), k).tolist()
        gap = largest_gap(counts("a", *((n, 150) for n in right)), seed=table)
        assert gap is not None
        assert gap.low <= gap.difference <= gap.high
        found += gap.low > 0
    assert found / 300 <= 0.05


def test_the_intervals_of_several_attributes_hold_at_once() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for table in range(150):
        groups: list[GroupCount] = []
        for attribute in range(4):
            right = rng.binomial(150, 0.8, 5).tolist()
            groups += counts(str(attribute), *((n, 150) for n in right))
        found += any(gap.low > 0 for gap in gaps_by_attribute(groups, seed=table))
    assert found / 150 <= 0.06


def test_a_gap_of_two_groups_has_the_width_of_a_difference() -> None:
    gap = largest_gap(counts("a", (120, 150), (90, 150)))
    assert gap is not None
    assert (gap.low, gap.high) == pytest.approx(newcombe(120, 150, 90, 150), abs=0.02)
