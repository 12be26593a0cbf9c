"""Methods by metrics over pictures: means, groups, resuming, memory, bad input."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.contracts import Leaderboard, LeaderboardRequest, Picture
from core.control import LocalControl
from core.errors import Cancelled, InputError
from core.evidence.intervals import mean_interval
from core.evidence.leaderboard import measure as room

METHODS = ("saliency", "edges")
METRICS = ("average_drop", "sparseness")


def pictures(n: int, *, seed: int) -> list[Picture]:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, 256, (n, 16, 16, 3), dtype=np.uint8)
    return [api.open_picture(pixels, name=f"{seed}-{i}.png") for i, pixels in enumerate(drawn)]


def request(given: list[Picture], **options: object) -> LeaderboardRequest:
    defaults = {"model": "toy_gap", "geometry": "squash", "methods": METHODS, "metrics": METRICS}
    return api.leaderboard_request(given, **(defaults | options))


def cell(table: Leaderboard, method: str, metric: str, group: str = ""):
    (found,) = (s for s in table.scores if (s.method, s.metric, s.group) == (method, metric, group))
    return found


def single(picture: Picture, method: str, metric: str, **options: object) -> float | None:
    explained = api.explanation_request(
        picture, model="toy_gap", method=method, geometry="squash", seed=0
    )
    card = api.answer(api.evidence_request(explained, metrics=METRICS, **options))
    assert card.cached, "the leaderboard's cards are those that the page asks for"
    return next(s.value for s in card.scores if s.metric == metric)


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """Let ``room.<name>`` note how many requests each call has."""
    sizes: list[int] = []
    original: Callable[..., list] = getattr(room, name)

    def noting(requests, control):
        sizes.append(len(requests))
        return original(requests, control)

    monkeypatch.setattr(room, name, noting)
    return sizes


def test_means_are_those_of_the_cards(toys: None) -> None:
    given = pictures(5, seed=1)
    table = api.answer(request(given))
    assert table.n == 5
    assert table.failed == ()
    assert [(s.method, s.metric) for s in table.scores] == [
        (method, metric) for method in METHODS for metric in METRICS
    ]
    for method in METHODS:
        for metric in METRICS:
            values = [single(p, method, metric) for p in given]
            values = [v for v in values if v is not None]
            score = cell(table, method, metric)
            assert score.n == len(values)
            assert score.mean == pytest.approx(np.mean(values))
            assert (score.low, score.high) == pytest.approx(mean_interval(values))
            assert score.low <= score.mean <= score.high
            assert "Mean over pictures with its 95 % interval" in score.protocol


def test_groups(toys: None) -> None:
    given = pictures(5, seed=2)
    table = api.answer(request(given, groups=["b", "a", "b", "a", "b"], metrics=["sparseness"]))
    assert table.groups == ("a", "b")
    everybody, a, b = (cell(table, "edges", "sparseness", g) for g in ("", "a", "b"))
    assert (everybody.n, a.n, b.n) == (5, 2, 3)
    assert everybody.mean == pytest.approx((2 * a.mean + 3 * b.mean) / 5)
    assert a.low < a.mean < a.high


def test_one_picture_has_no_interval(toys: None) -> None:
    score = cell(api.answer(request(pictures(1, seed=3))), "edges", "sparseness")
    assert (score.n, score.low, score.high) == (1, None, None)
    assert score.mean is not None


def test_resumes_where_it_was_stopped(toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request(pictures(6, seed=4))
    seen: list[str] = []

    class Stopping(LocalControl):
        def progress(self, fraction: float, message: str = "") -> None:
            seen.append(message)

        def check(self) -> None:
            if any(message.startswith("8 of 12") for message in seen):
                raise Cancelled("stopped by the test")

    first = counted(monkeypatch, "examine")
    with pytest.raises(Cancelled):
        room.leaderboard([asked], Stopping())
    done = len(first) - 1  # the last one was stopped
    assert 6 <= done <= 8
    rest = counted(monkeypatch, "examine")
    maps = counted(monkeypatch, "explain")
    (resumed,) = room.leaderboard([asked], LocalControl())
    assert len(rest) == 12 - done
    assert maps == [], "maps of a batch are kept even if their cards were not reached"
    (whole,) = room.leaderboard([asked], LocalControl())
    assert whole.scores == resumed.scores
    assert len(rest) == 12 - done


def test_maps_are_drawn_in_bounded_batches(toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = counted(monkeypatch, "explain")
    table = api.answer(request(pictures(35, seed=505), methods=["edges"], metrics=["sparseness"]))
    assert table.n == 35
    assert sizes == [16, 16, 3]


def test_progress_counts_and_grows(toys: None) -> None:
    seen: list[tuple[float, str]] = []
    control = LocalControl(on_progress=lambda fraction, words: seen.append((fraction, words)))
    room.leaderboard([request(pictures(3, seed=6))], control)
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any(words == "2 of 6 · saliency: 6-2.png" for _, words in seen)


def test_a_method_that_cannot_explain_is_named(toys: None) -> None:
    """Guided backpropagation is made of ReLUs, of which a linear model has none."""
    asked = request(
        pictures(2, seed=7), model="toy_linear", methods=["guided_backprop", "saliency"],
        metrics=["sparseness"],
    )  # fmt: skip
    table = api.answer(asked)
    assert len(table.failed) == 2
    assert table.failed[0].startswith("7-0.png, guided_backprop: ")
    assert "no ReLU" in table.failed[0]
    lacking = cell(table, "guided_backprop", "sparseness")
    assert (lacking.mean, lacking.low, lacking.n) == (None, None, 0)
    assert cell(table, "saliency", "sparseness").n == 2


def test_masks_reach_the_metrics(toys: None) -> None:
    given = pictures(2, seed=8)
    nearly_all = np.ones((16, 16), bool)
    nearly_all[0, 0] = False  # within the game's tolerance: still cannot be missed
    table = api.answer(
        request(given, metrics=["pointing_game"], masks=[nearly_all, None], methods=["edges"])
    )
    score = cell(table, "edges", "pointing_game")
    assert (score.mean, score.n) == (1.0, 1)
    assert "no mask was given" in score.protocol


def test_findings_of_the_randomisation_check_join_the_table(toys: None) -> None:
    asked = request(pictures(1, seed=9), metrics=["randomisation", "random_logit"])
    table = api.answer(asked)
    found = api.sanity(model="toy_gap", method="saliency")
    assert found.cached
    rank = np.mean([stage.spearman for stage in found.stages])
    assert cell(table, "saliency", "randomisation").mean == pytest.approx(rank)
    assert cell(table, "saliency", "random_logit").mean == pytest.approx(found.random_logit)
    assert cell(table, "edges", "randomisation").mean == pytest.approx(1)
    assert cell(table, "edges", "random_logit").mean is None


def test_defaults_suit_the_model(toys: None) -> None:
    asked = api.leaderboard_request(pictures(1, seed=10), model="toy_linear")
    assert "gradcam" not in asked.methods
    assert {"saliency", "edges", "random"} <= set(asked.methods)
    assert {"deletion", "insertion"} <= set(asked.metrics)
    assert asked.lane == "batch"
    full = api.leaderboard_request(pictures(1, seed=10), model="toy_gap")
    assert "gradcam" in full.methods


def test_the_key_depends_on_everything(toys: None) -> None:
    given = pictures(2, seed=11)
    mask = np.eye(16, dtype=bool)
    variants = [
        {}, {"seed": 1}, {"groups": ["a", "b"]}, {"masks": [mask, None]}, {"preset": "xplique"},
        {"methods": ["edges"]}, {"metrics": ["sparseness"]}, {"model": "toy_linear"},
    ]  # fmt: skip
    assert len({request(given, **options).key for options in variants}) == len(variants)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"methods": ["gradcamm"]}, "no method 'gradcamm'"),
        ({"methods": []}, "at least one method"),
        ({"metrics": ["delete"]}, "no metric 'delete'"),
        ({"metrics": ["pointing_game"]}, "needs a mask"),
        ({"preset": "rice"}, "no preset 'rice'"),
        ({"groups": ["a"]}, "one of groups for each picture (2). Received 1"),
        ({"masks": [None]}, "one of masks for each picture (2). Received 1"),
        ({"masks": [np.ones((8, 16), bool), None]}, "must have the size of the model's input"),
        ({"masks": [np.zeros((16, 16), bool), None]}, "empty"),
        ({"model": "toy_linear", "methods": ["gradcam"]}, "declares none"),
    ],
)
def test_bad_input(toys: None, options: dict, words: str) -> None:
    with pytest.raises(InputError) as caught:
        request(pictures(2, seed=12), **options)
    assert words in str(caught.value)


def test_no_picture(toys: None) -> None:
    with pytest.raises(InputError, match="no picture"):
        request([])


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    draws = rng.normal(0.3, 0.1, (400, 8))
    bounds = [mean_interval(list(row)) for row in draws]
    assert 0.92 <= np.mean([low <= 0.3 <= high for low, high in bounds]) <= 0.98


def test_of_one_method_all_that_a_map_is_asked_for_may_be_chosen(
    toys: None, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The card's command measures the very map that the card is about."""
    (given,) = pictures(1, seed=12)
    Image.fromarray(given.pixels).save(tmp_path / "12-0.png")
    asked: dict[str, Any] = {"method": "integrated_gradients", "parameters": {"max_passes": 9}}
    for target in ({"target": 1}, {"target": "class 2", "against": 0}, {}):
        explained = api.explanation_request(
            given, model="toy_gap", geometry="squash", seed=3, **asked, **target
        )
        wanted = api.evidence_request(explained, metrics=METRICS)
        words = shlex.split(wanted.command)[3:]
        words[1] = str(tmp_path / "12-0.png")
        assert cli_status([*words, "--json"]) == 0
        card = api.answer(wanted)
        assert card.cached
        found = json.loads(capfd.readouterr().out)["scores"]
        assert {s["metric"]: s["mean"] for s in found} == pytest.approx(
            {s.metric: s.value for s in card.scores}
        )


def test_a_layer_or_parameters_for_several_methods_are_refused(toys: None) -> None:
    for options in ({"parameters": {"max_passes": 9}}, {"layer": "features"}):
        with pytest.raises(InputError, match=r"go with one method\. Received: saliency, edges"):
            request(pictures(1, seed=13), **options)


def test_what_is_explained_is_part_of_the_key(toys: None) -> None:
    given = pictures(1, seed=14)
    asked = ({}, {"target": "auto"}, {"target": 1}, {"target": 1, "against": 2}, {"target": 2})
    keys = [request(given, **options).key for options in asked]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def cli_status(words: list[str]) -> object:
    with pytest.raises(SystemExit) as left:
        main(words)
    return left.value.code


def test_wilson_for_yes_and_no() -> None:
    """REFERENCES: 8/10, 0/10, 10/10."""
    for k, low, high in ((8, 0.4902, 0.9433), (0, 0.0, 0.2775), (10, 0.7225, 1.0)):
        values = [1.0] * k + [0.0] * (10 - k)
        assert mean_interval(values) == pytest.approx((low, high), abs=1e-4)
