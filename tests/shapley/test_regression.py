"""KernelSHAP's coalitions and regression against definitions and against shap."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from core.shapley.regression import coalitions, solve

PLAYERS = 7


@pytest.fixture(scope="module")
def payouts() -> np.ndarray:
    """Two random games of seven players: v of every coalition, as bits."""
    return np.random.default_rng(0).normal(size=(2**PLAYERS, 2))


def index(members: np.ndarray) -> np.ndarray:
    return members.astype(int) @ (1 << np.arange(PLAYERS))


def exact(payouts: np.ndarray) -> np.ndarray:
    """Shapley's own formula."""
    shares = np.zeros((payouts.shape[1], PLAYERS))
    for i in range(PLAYERS):
        others = [p for p in range(PLAYERS) if p != i]
        for size in range(PLAYERS):
            weight = factorial(size) * factorial(PLAYERS - size - 1) / factorial(PLAYERS)
            for chosen in combinations(others, size):
                without = sum(1 << p for p in chosen)
                shares[:, i] += weight * (payouts[without | 1 << i] - payouts[without])
    return shares


def test_all_coalitions_give_shapleys_formula(payouts: np.ndarray) -> None:
    tried = coalitions(PLAYERS, 2**PLAYERS, np.random.default_rng(0))
    assert tried.complete
    assert len(tried.members) == 2**PLAYERS - 2
    assert tried.weights.sum() == pytest.approx(1)
    shares = solve(tried, payouts[index(tried.members)], payouts[0], payouts[-1])
    np.testing.assert_allclose(shares, exact(payouts), atol=1e-9)


def test_shap_finds_the_same(payouts: np.ndarray) -> None:
    import shap

    state = np.random.get_state()
    try:
        oracle = shap.KernelExplainer(
            lambda rows: payouts[index(rows > 0.5)], np.zeros((1, PLAYERS)), silent=True
        )
        theirs = oracle.shap_values(np.ones((1, PLAYERS)), l1_reg=False, silent=True)[0].T
    finally:
        np.random.set_state(state)
    tried = coalitions(PLAYERS, 2**PLAYERS, np.random.default_rng(0))
    ours = solve(tried, payouts[index(tried.members)], payouts[0], payouts[-1])
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("budget", [16, 40, 90])
def test_a_small_budget_still_adds_up(payouts: np.ndarray, budget: int) -> None:
    tried = coalitions(PLAYERS, budget, np.random.default_rng(1))
    assert not tried.complete
    assert len(tried.members) <= budget
    assert len(np.unique(tried.members, axis=0)) == len(tried.members)
    sizes = tried.members.sum(axis=1)
    assert sizes.min() >= 1
    assert sizes.max() <= PLAYERS - 1
    shares = solve(tried, payouts[index(tried.members)], payouts[0], payouts[-1])
    np.testing.assert_allclose(shares.sum(axis=1), payouts[-1] - payouts[0], atol=1e-9)


@pytest.mark.parametrize("budget", [40, 200])
def test_an_additive_game_is_solved_exactly_by_any_sample(budget: int) -> None:
    worth = np.random.default_rng(2).normal(size=(20, 3))
    tried = coalitions(20, budget, np.random.default_rng(3))
    shares = solve(tried, tried.members @ worth + 5, np.full(3, 5.0), worth.sum(axis=0) + 5)
    np.testing.assert_allclose(shares.T, worth, atol=1e-9)


def test_more_evaluations_come_closer_to_the_truth() -> None:
    rng = np.random.default_rng(4)
    worth = rng.normal(size=12)
    teams = [rng.choice(12, 4, replace=False) for _ in range(20)]
    gains = rng.normal(size=20)

    def payout(members: np.ndarray) -> np.ndarray:
        together = np.stack([members[:, team].all(axis=1) for team in teams], axis=1)
        return (members @ worth + together @ gains)[:, None]

    # What a team of four gains together is shared in equal parts.
    truth = worth.copy()
    for team, gain in zip(teams, gains, strict=True):
        truth[team] += gain / 4

    def error(budget: int) -> float:
        tried = coalitions(12, budget, np.random.default_rng(5))
        everybody = payout(np.ones((1, 12), bool))[0]
        return float(abs(solve(tried, payout(tried.members), np.zeros(1), everybody) - truth).max())

    assert error(4094) < 1e-9
    assert 1e-3 < error(2000) < error(100)


def test_a_dummy_gets_nothing_and_equals_get_the_same() -> None:
    tried = coalitions(6, 62, np.random.default_rng(0))
    z = tried.members
    # Player 5 does nothing; 0 and 1 can replace each other.
    payout = lambda z: ((z[:, 0] | z[:, 1]) * 2.0 + z[:, 2] * z[:, 3] - z[:, 4])[:, None]  # noqa: E731
    shares = solve(tried, payout(z), np.zeros(1), payout(np.ones((1, 6), bool))[0])[0]
    assert shares[5] == pytest.approx(0, abs=1e-9)
    assert shares[0] == pytest.approx(shares[1], abs=1e-9)
    assert shares == pytest.approx([1, 1, 0.5, 0.5, -1, 0], abs=1e-9)


def test_one_and_two_players() -> None:
    alone = coalitions(1, 10, np.random.default_rng(0))
    assert alone.complete
    assert alone.members.shape == (0, 1)
    shares = solve(alone, np.zeros((0, 1)), np.array([1.0]), np.array([4.0]))
    assert shares.tolist() == [[3.0]]
    pair = coalitions(2, 10, np.random.default_rng(0))
    payouts = np.array([2.0, 1.0])[pair.members.argmax(axis=1)][:, None]
    shares = solve(pair, payouts, np.array([0.0]), np.array([4.0]))
    np.testing.assert_allclose(shares, [[2.5, 1.5]])
