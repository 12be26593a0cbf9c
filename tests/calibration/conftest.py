from __future__ import annotations

from collections.abc import Callable

import pytest

from core.calibration.base import Claim, Trials, claim, each
from core.calibration.measure import measured
from core.contracts import MeasuredClaim
from core.control import LocalControl


@pytest.fixture
def measure() -> Callable[..., MeasuredClaim]:
    def of(chosen: Claim, n: int, *, seed: int = 0) -> MeasuredClaim:
        return measured(chosen, Trials(chosen.card.id, n, seed, "", LocalControl()))

    return of


@pytest.fixture
def coin() -> Callable[..., Claim]:
    """A claim about a coin that falls on its head with a known chance."""

    def of(chance: float, *, at_most: float = 0.05, id: str = "coin.head") -> Claim:
        return claim(
            id, "Coins", "A head is rare.", "Drawn.", each(lambda rng: bool(rng.random() < chance)),
            unit="throws", n=400, quick=20, at_most=at_most, beside="coin.tail",
        )  # fmt: skip

    return of
