"""What comes along: adversarial training shows in the curve, and the bias in the groups."""

from __future__ import annotations

import pytest

from core import api
from core.contracts import Robustness
from core.runs import finished_runs

FAIR, ROBUST = "portraits_fair", "portraits_robust"


def curve(model: str) -> Robustness:
    return api.robustness(
        "portraits", model=model, attacks=["pgd"], limit=64, checks=False, rounding=False,
        parameters={"pgd": {"steps": 10, "relative_step": 0.25}},
        eps="2/255,4/255,8/255,12/255,16/255",
    )  # fmt: skip


def test_the_adversarially_trained_model_beats_the_standard_one_over_the_whole_curve() -> None:
    if not {FAIR, ROBUST} <= finished_runs().keys():
        pytest.skip(f"{FAIR} and {ROBUST} are not shipped yet")
    standard, trained = curve(FAIR).worst_case[0], curve(ROBUST).worst_case[0]
    pairs = list(zip(standard.points[1:], trained.points[1:], strict=True))
    assert all(b.accuracy >= a.accuracy for a, b in pairs)
    assert max(b.low - a.high for a, b in pairs) > 0  # apart beyond both intervals somewhere
    assert trained.area > standard.area + 0.1
