"""Intervals: published values, exactness at the ends, coverage."""

from __future__ import annotations

import numpy as np
import pytest

from core.differences import on_circle, range_low, range_z
from core.fairness.counting.grouped_counts import redrawn
from core.fairness.counting.intervals import area_interval, area_variance, normal_quantile
from core.fairness.gaps.multiplicity import benjamini_hochberg
from core.fairness.groups.comparable import Areas, Rates
from core.multiplicity import holm
from core.proportions import newcombe_limits, wilson_limits

Z = normal_quantile(0.95)


@pytest.mark.parametrize(
    ("k", "low", "high"), [(8, 0.4902, 0.9433), (0, 0.0, 0.2775), (10, 0.7225, 1.0)]
)
def test_wilson(k: int, low: float, high: float) -> None:
    """REFERENCES."""
    assert [float(end) for end in wilson_limits(k / 10, 10, Z)] == pytest.approx(
        [low, high], abs=5e-5
    )


def test_wilson_at_the_ends_is_exact() -> None:
    low, high = wilson_limits(np.array([0.0, 1.0]), np.array([30.0, 30.0]), 3.3)
    assert low[0] == 0
    assert high[1] == 1
    assert np.isnan(wilson_limits(np.nan, 0, Z)).all()


def test_wilson_covers() -> None:
    rng = np.random.default_rng(0)
    for p in (0.03, 0.2, 0.5):
        k = rng.binomial(40, p, 20_000)
        low, high = wilson_limits(k / 40, np.full(len(k), 40), Z)
        assert 0.925 < ((low <= p) & (p <= high)).mean() < 0.985


def test_newcombe() -> None:
    """Newcombe 1998, table II: methods 10, examples (a), (d), (g)."""
    for (a, m, b, n), ends in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ):
        found = newcombe_limits(
            (a / m, *wilson_limits(a / m, m, Z)), (b / n, *wilson_limits(b / n, n, Z))
        )
        assert [float(end) for end in found] == pytest.approx(ends, abs=5e-5)


def test_no_events_anywhere_is_no_certainty() -> None:
    low, high = newcombe_limits((0.0, *wilson_limits(0, 30, Z)), (0.0, *wilson_limits(0, 30, Z)))
    assert (low, high) == pytest.approx((-0.1135, 0.1135), abs=1e-4)


def test_all_pairs_at_once() -> None:
    """At least as often as stated, for equal and for unlike sizes."""
    rng = np.random.default_rng(1)
    for sizes in ([200] * 8, [30, 60, 400, 2000, 50, 90]):
        n = np.array(sizes, float)
        z, held = range_z(len(n), 0.05), 0
        for _ in range(400):
            p = rng.binomial(n.astype(int), 0.4) / n
            held += range_low(*on_circle(Rates(np.ones(1), p[None], n[None]).limits, z)).low <= 0
        assert 0.93 <= held / 400 <= 1


def test_two_groups_need_no_allowance() -> None:
    assert range_z(2, 0.05) == pytest.approx(Z, abs=1e-5)
    assert range_z(20, 0.05) > range_z(5, 0.05) > Z


def test_area_interval_covers() -> None:
    rng = np.random.default_rng(2)
    from scipy.stats import norm

    for m, n, shift in ((15, 25, 1.0), (60, 40, 2.5)):
        truth = norm.cdf(shift / np.sqrt(2))
        x, y = rng.normal(shift, 1, (1500, m)), rng.normal(0, 1, (1500, n))
        above = x[:, :, None] > y[:, None, :]
        area = above.mean(axis=(1, 2))
        variance = (
            above.mean(axis=2).var(axis=1, ddof=1) / m + above.mean(axis=1).var(axis=1, ddof=1) / n
        )
        sizes = np.full(1500, float(m)), np.full(1500, float(n))
        low, high = area_interval(area, variance, *sizes, Z)
        assert (low <= area).all()
        assert (area <= high).all()
        assert 0.93 < ((low <= truth) & (truth <= high)).mean() <= 0.99


def test_a_perfect_area_has_no_perfect_interval() -> None:
    low, high = area_interval(
        np.array([1.0, np.nan]),
        np.array([0.0, np.nan]),
        np.array([20.0, 0]),
        np.array([20.0, 5]),
        Z,
    )
    assert 0.8 < low[0] < 0.95
    assert high[0] == pytest.approx(1)
    assert np.isnan([low[1], high[1]]).all()


def test_odd_distributions_widen_the_area_interval() -> None:
    """Half of the positives above everything, half below: the model's variance is too small."""
    sizes = np.array([40.0]), np.array([40.0])
    honest = np.array([0.25 / 39])
    assert area_variance(0.5, *sizes) < honest
    narrow = area_interval(np.array([0.5]), np.array([0.0]), *sizes, Z)
    wide = area_interval(np.array([0.5]), honest, *sizes, Z)
    assert wide[0] < narrow[0]
    assert wide[1] > narrow[1]


def test_redrawn_counts() -> None:
    cells = np.array([[0.0, 30.0, 0.0, 0.0], [10.0, 20.0, 5.0, 65.0]])
    drawn = redrawn(cells, np.array([30.0, 100.0]), n_boot=4000, seed=0)
    assert drawn.shape == (4000, 2, 4)
    assert (drawn.sum(axis=2) == [30, 100]).all()
    smoothed = (cells + 0.5) / (cells.sum(axis=1, keepdims=True) + 2)
    assert drawn.mean(axis=0) == pytest.approx(smoothed * [[30], [100]], abs=0.25)
    assert (drawn[:, 0, 0] > 0).mean() > 0.3, "none of 30 is not none for ever"
    again = redrawn(cells[::-1], np.array([100.0, 30.0]), n_boot=4000, seed=0)
    assert (again[:, ::-1] == drawn).all(), "the order of groups changes nothing"
    assert (redrawn(cells, np.array([30.0, 100.0]), n_boot=4000, seed=1) != drawn).any()


def test_bootstrap_intervals_cover() -> None:
    """F1 of 500 tables of 80 rows."""
    rng = np.random.default_rng(3)
    p = np.array([0.35, 0.15, 0.1, 0.4])
    truth = 2 * p[3] / (2 * p[3] + p[1] + p[2])
    cells = rng.multinomial(80, p, 500).astype(float)
    drawn = redrawn(cells, np.full(500, 80.0), n_boot=2000, seed=0)
    f1 = 2 * drawn[..., 3] / (2 * drawn[..., 3] + drawn[..., 1] + drawn[..., 2])
    low, high = np.quantile(f1, (0.025, 0.975), axis=0)
    assert 0.92 <= ((low <= truth) & (truth <= high)).mean() <= 0.98


def test_holm_and_benjamini_hochberg() -> None:
    """Against R's p.adjust."""
    p = [0.01, 0.02, 0.03, 0.04, 0.05]
    assert holm(p) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert benjamini_hochberg(p) == pytest.approx([0.05] * 5)
    assert holm([0.5, 0.001]) == pytest.approx([0.5, 0.002])
    assert benjamini_hochberg([0.8, 0.001, 0.02]) == pytest.approx([0.8, 0.003, 0.03])


def test_areas_of_a_null_draw_have_unit_scale() -> None:
    m, n = np.array([30.0, 80, 200]), np.array([50.0, 80, 90])
    areas = Areas(np.array([0.7, 0.72, 0.69]), np.full(3, np.nan), m, n)
    drawn = areas.null(np.random.default_rng(0), 4000)
    assert drawn.shape == (4000, 3)
    assert 0.5 < drawn.std() < 1.0, "held against a mean that they have a share in"
