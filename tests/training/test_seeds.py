"""Several seeds of one training: means, ranges, agreement; trained once, resumed, written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import api
from core.cli import main
from core.contracts import Artefact, Evaluation, GroupCount, Run, SeedSpread
from core.control import LocalControl
from core.errors import Cancelled, InputError
from core.runs import finished_runs
from core.settings import settings
from core.training.seeds import spread_of
from core.training.shipping import ship

DATA = "portraits?n_train=90&n_validation=30&n_test=60"
WORDS = ["train", "--dataset", DATA, "--epochs", "1", "--param", "batch_size=30"]
OPTIONS = {"dataset": DATA, "epochs": 1, "parameters": {"batch_size": 30}}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("seeds")))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def alone() -> tuple[Run, str]:
    """A run of one seed and its card, before other seeds are asked for."""
    run = api.train(**OPTIONS, seed=5)
    return run, api.run_card(run.model)


@pytest.fixture(scope="module")
def spread(alone: tuple[Run, str]) -> SeedSpread:
    """Three seeds, of which the second was stopped on its way and then asked for again."""
    stop_in_second = Watch(until="seed 2 of 3")
    with pytest.raises(Cancelled):
        api.train_seeds(n=3, seed=5, control=stop_in_second, **OPTIONS)
    assert len([run for run in api.runs() if not api.is_shipped(run.model)]) == 1
    return api.train_seeds(n=3, seed=5, **OPTIONS)


class Watch(LocalControl):
    """Notes the way, and stops once a message is reached."""

    def __init__(self, until: str = "") -> None:
        super().__init__()
        self.until, self.seen, self.messages = until, [0.0], [""]

    def progress(self, fraction: float, message: str = "") -> None:
        self.seen.append(fraction)
        self.messages.append(message)

    def check(self) -> None:
        if self.until and self.until in self.messages[-1]:
            raise Cancelled("stopped by the test")


def test_mean_range_and_groups_are_those_of_the_runs(spread: SeedSpread) -> None:
    runs = [api.run(model) for model in spread.models]
    assert spread.seeds == (5, 6, 7) == tuple(run.seed for run in runs)
    assert len(set(spread.models)) == 3
    right = [run.test.accuracy for run in runs]
    assert spread.accuracies == pytest.approx(right)
    assert spread.accuracy.mean == pytest.approx(sum(right) / 3)
    assert (spread.accuracy.low, spread.accuracy.high) == (min(right), max(right))
    dark = next(g for g in spread.groups if g.group == "dark 7-10").accuracy
    shares = [g.correct / g.n for r in runs for g in r.test.groups if g.group == "dark 7-10"]
    assert (dark.low, dark.high) == (min(shares), max(shares))
    assert {gap.attribute for gap in spread.gaps} >= {"skin_tone_band", "lighting"}


def test_what_was_trained_is_not_trained_again_and_progress_only_grows(spread: SeedSpread) -> None:
    watch = Watch()
    assert api.train_seeds(n=3, seed=5, control=watch, **OPTIONS) == spread
    assert watch.seen == sorted(watch.seen)
    assert not any("epoch" in message for message in watch.messages)
    assert api.train(**OPTIONS, seed=6).cached
    assert [run.model for run in api.runs() if not api.is_shipped(run.model)].__len__() == 3


def test_manifest_and_card_of_each_run_say_how_it_spreads(spread: SeedSpread) -> None:
    for model in spread.models:
        run = api.run(model)
        assert run.seeds == spread
        assert Run.from_artefact(Artefact(run.to_artefact().document)) == run
        card = api.run_card(model)
        assert spread.range_text in card
        assert "this is one run of one seed" not in card
        assert "### Over seeds" in card
    fewer = api.train_seeds(n=2, seed=5, **OPTIONS)
    assert fewer.n == 2
    assert api.run(fewer.models[0]).seeds == spread  # what says more is kept


def test_a_run_of_one_seed_says_so(alone: tuple[Run, str]) -> None:
    run, card = alone
    assert run.seeds is None
    assert "this is one run of one seed" in card


def test_the_command_line_says_the_same(
    spread: SeedSpread, capfd: pytest.CaptureFixture[str]
) -> None:
    def asked(*more: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*WORDS, "--seed", "5", "--seeds", "3", *more])
        assert ended.value.code == 0
        return capfd.readouterr().out

    document = json.loads(asked("--json"))["seeds"]
    assert document["accuracy"]["mean"] == pytest.approx(spread.accuracy.mean)
    assert document["models"] == list(spread.models)
    assert {"attribute", "difference", "beyond_chance", "worst"} == set(document["gaps"][0])
    text = asked()
    assert spread.range_text in text
    for gap in spread.gaps:
        assert f"{gap.attribute}: widest gap" in text
        assert spread.verdict_text(gap) in text


@pytest.mark.parametrize("n", ["1", "0", "51"])
def test_too_few_or_too_many_seeds_are_refused(n: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*WORDS, "--seeds", n])
    assert ended.value.code != 0
    said = capfd.readouterr().err
    assert "2 to 50 seeds" in said
    assert n in said


def made(seed: int, dark: int, **changes: object) -> Run:
    """A run whose test split has 600 light and 400 dark faces, ``dark`` of the latter right."""
    groups = (
        GroupCount("tone", "light", 600, 590), GroupCount("tone", "dark", 400, dark),
        GroupCount("light", "left", 500, 490), GroupCount("light", "right", 500, 489),
    )  # fmt: skip
    right = (590 + dark) / 1000
    test = Evaluation("test", 1000, 0.1, right, right, ((1,),), groups)
    run = finished_runs()["portraits_fair"]
    return replace(run, model=f"m{seed}", seed=seed, test=test, facts={}, **changes)


def test_verdicts_are_counted_seed_by_seed() -> None:
    spread = spread_of([made(0, 200), made(1, 393), made(2, 300)])
    tone, light = spread.gaps
    assert (tone.attribute, tone.beyond_chance, light.beyond_chance) == ("tone", 2, 0)
    assert spread.verdict_text(tone) == "beyond chance in 2 of 3"
    assert not spread.agrees(tone)
    assert spread.agrees(light)
    assert tone.difference.high == pytest.approx(590 / 600 - 0.5)
    assert tone.worst == ("dark", "dark", "dark")


def test_runs_that_differ_in_more_than_their_seed_make_no_spread() -> None:
    with pytest.raises(InputError, match="nothing but their seed"):
        spread_of([made(0, 390), made(1, 390, recipe="head")])
    with pytest.raises(InputError, match="two runs or more"):
        spread_of([made(0, 390), made(0, 390)])
    with pytest.raises(InputError, match="no test split"):
        spread_of([made(0, 390), replace(made(1, 390), test=None)])


def test_no_model_is_shipped_without_its_spread(spread: SeedSpread, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--seeds 5"):
        ship(spread.models[0], "portraits_new", "New")
