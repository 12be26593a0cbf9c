"""What comes along: adversarial training shows in the curve, and the bias in the groups."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import api
from core.cli import main
from core.contracts import Robustness
from core.runs import finished_runs

FAIR, BIASED, ROBUST = "portraits_fair", "portraits_biased", "portraits_robust"


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


def gaps(model: str, capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    words = ["robustness", "--model", model, "--dataset", "portraits", "--by", "skin_tone_band",
             "--attack", "pgd", "--param", "pgd.steps=5", "--eps", "2/255",
             "--limit", "200", "--no-rounding", "--no-checks", "--json"]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    document = json.loads(capfd.readouterr().out)
    assert {c["group"] for c in document["worst_case"]} == {
        None, "light 1-3", "medium 4-6", "dark 7-10",
    }  # fmt: skip
    found: list[dict[str, Any]] = document["gaps"]
    return found


def test_robustness_by_skin_tone_shows_the_biased_model_s_gap_with_its_verdict(
    capfd: pytest.CaptureFixture[str],
) -> None:
    if not {FAIR, BIASED} <= finished_runs().keys():
        pytest.skip(f"{FAIR} and {BIASED} are not shipped yet")
    biased = gaps(BIASED, capfd)
    assert [round(g["eps"] * 255, 3) for g in biased] == [0, 2]
    for gap in biased:
        assert (gap["best"], gap["worst"]) == ("light 1-3", "dark 7-10")
        assert gap["beyond_chance"]
        assert 0 < gap["low"] < gap["difference"] < gap["high"]
    # Of the fair one chance explains whatever differs, unharmed.
    assert not any(g["beyond_chance"] for g in gaps(FAIR, capfd) if g["eps"] == 0)
