"""The widest gap: found where there is one, and not made out of noise."""

from __future__ import annotations

import numpy as np

from core.contracts import GroupCount
from core.data.gaps import widest_gap


def counts(attribute: str, *right_of: tuple[int, int]) -> list[GroupCount]:
    return [GroupCount(attribute, f"g{i}", n, k) for i, (k, n) in enumerate(right_of)]


def test_a_true_gap_is_found_with_its_interval_and_named() -> None:
    groups = counts("tone", (98, 100), (90, 100), (71, 100)) + counts("light", (50, 60), (49, 60))
    gap = widest_gap(groups)
    assert gap is not None
    assert (gap.attribute, gap.best.group, gap.worst.group) == ("tone", "g0", "g2")
    assert abs(gap.difference - 0.27) < 1e-12
    assert gap.low < 0.27 < gap.high
    assert gap.beyond_chance
    assert gap.n_attributes == 2


def test_a_gap_beyond_chance_goes_before_a_wider_one_that_is_not() -> None:
    groups = counts("few", (7, 10), (10, 10)) + counts("many", (900, 1000), (700, 1000))
    gap = widest_gap(groups)
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
        gap = widest_gap(groups, seed=table)
        called += gap is not None and gap.beyond_chance
    assert called / 200 <= 0.09


def test_equal_groups_have_no_gap_and_no_small_p() -> None:
    gap = widest_gap(counts("a", (30, 30), (30, 30)))
    assert gap is not None
    assert (gap.difference, gap.p, gap.beyond_chance) == (0.0, 1.0, False)


def test_without_two_groups_large_enough_there_is_nothing_to_say() -> None:
    assert widest_gap([]) is None
    assert widest_gap(counts("a", (3, 3), (4, 9))) is None
    assert widest_gap(counts("a", (30, 30))) is None
