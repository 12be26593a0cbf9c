"""Effective numbers of weighted rates, also where weights go with the outcome."""

from __future__ import annotations

import numpy as np
import pytest

from core import api
from core.calibration.tables import weighted
from core.fairness.counting.effective import effective_rows, kish
from core.fairness.groups.grouping import Grouping
from tests.fairness.conftest import Write


def sums(events: np.ndarray, w: np.ndarray) -> list[np.ndarray]:
    return [np.array(x) for x in (w[events].sum(), w.sum(), (w[events] ** 2).sum(), (w**2).sum())]


def by_hand(events: np.ndarray, w: np.ndarray) -> float:
    p = w[events].sum() / w.sum()
    variance = (w**2 * (events - p) ** 2).sum() / w.sum() ** 2
    return p * (1 - p) / variance


def test_rows_without_weights_are_what_they_are_to_the_last_bit() -> None:
    n = np.arange(1, 700, dtype=float)[:, None]
    k = np.minimum(np.arange(700, dtype=float), n)
    assert (effective_rows(k, n + 0 * k, k, n + 0 * k) == n).all()


@pytest.mark.parametrize("seed", range(20))
def test_it_is_kish_or_what_the_variance_of_the_rate_says_if_that_is_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    events = rng.random(80) < rng.uniform(0.05, 0.95)
    w = rng.lognormal(0, 1, 80) * np.where(events, 1, rng.uniform(0.2, 5))
    _, of, _, of2 = given = sums(events, w)
    expected = min(float(kish(of, of2)), by_hand(events, w))
    assert effective_rows(*given) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("all_of_them", [False, True])
def test_where_a_rate_is_0_or_1_kish_s_number_stands(all_of_them: bool) -> None:
    w = np.random.default_rng(0).gamma(2, 0.1, 50)
    events = np.full(50, all_of_them)
    _, of, _, of2 = given = sums(events, w)
    assert effective_rows(*given) == kish(of, of2)
    given[0] = given[0] * (1 - 1e-15) + 1e-17  # as rounding leaves it
    assert effective_rows(*given) == kish(of, of2)


def test_limits_hold_where_weights_go_with_the_outcome() -> None:
    """2 000 groups of one rate: exact limits at 95 % miss at most 5 % of them; Kish's 15 %."""
    rate, groups = 0.9, 2000
    cells = weighted(
        np.random.default_rng(1), np.full(groups, rate), np.full(groups, 300), rejected=3.0
    )
    part = Grouping(cells, None, None, ("0", "1")).part("selection_rate")
    found = part.of_groups(np.arange(groups))
    assert found is not None
    low, high = found.limits(np.array([[1.959964]]))
    missed = ((low > rate) | (high < rate)).mean()
    assert missed < 0.055, f"{missed:.1%}"


@pytest.fixture(scope="module")
def heavy() -> dict[str, np.ndarray]:
    """Rows that are not selected weigh three times as much."""
    rng = np.random.default_rng(4)
    g, p = rng.integers(0, 2, 900), (rng.random(900) < 0.9).astype(int)
    y = np.where(rng.random(900) < 0.8, p, 1 - p)
    s = np.where(g == 0, 0.9 * p, 0.1 * p)  # above the median: who is selected of the first group
    return {"g": g.astype(str), "p": p, "y": y, "s": s, "w": np.where(p == 1, 1.0, 3.0)}


@pytest.mark.parametrize("metric", ["selection_rate", "tpr", "accuracy", "scoring_rate"])
def test_rates_of_groups_say_the_number_that_their_intervals_use(heavy: dict, metric: str) -> None:
    scores = {"score": "s"} if metric == "scoring_rate" else {}
    report = api.audit_columns(
        heavy, label="y", prediction="p", groups=["g"], weight="w", gaps=["accuracy"], **scores
    )
    own = heavy["g"] == "0"
    p, y, w = (heavy[name][own] for name in ("p", "y", "w"))
    below = y == 1 if metric == "tpr" else np.ones(len(p), bool)
    events = (p == y if metric == "accuracy" else p == 1)[below]
    whole = float(kish(w[below].sum(), (w[below] ** 2).sum()))
    expected = min(by_hand(events, w[below]), whole)
    assert report.table("g").rate("0", metric).n_effective == pytest.approx(expected)
    assert expected < 0.95 * whole or metric == "accuracy"


def test_a_slice_is_as_unsure_as_the_group_it_is(heavy: dict, write: Write) -> None:
    """One attribute of two values: the slice against the rest is the group against the other."""
    report = api.audit_columns(
        heavy, label="y", prediction="p", groups=["g"], weight="w", gaps=["selection_rate"]
    )
    sliced = api.slices(
        write(heavy), label="y", prediction="p", groups=["g"], weight="w",
        metric="selection_rate", only=["g=0"],
    )  # fmt: skip
    gap, (found,) = report.gaps[0], sliced.findings
    assert max(abs(found.low), abs(found.high)) == pytest.approx(gap.high, abs=1e-4)
