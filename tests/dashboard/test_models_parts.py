"""The Models page without a page: figures, words, addresses and orders from made-up runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.api import Gap, Paired
from core.contracts import GapSpread, GroupCount, SeedSpread, Spread
from core.data.paired import GroupChange
from core.settings import settings
from dashboard import run_text, services
from dashboard.app_pages.models import page_choice as models_choice
from dashboard.app_pages.models.page_choice import ModelsChoice
from dashboard.figures.confusion import confusion
from dashboard.figures.learning import curves, overlaid, sparkline, sparkline_text
from dashboard.figures.rates import group_rates
from dashboard.formatting import percent
from dashboard.services import TrainingSetup
from dashboard.theme import LIGHT
from dashboard.widgets import run_card
from tests.dashboard.runs import epoch, history, run

PATH = "/srv/secret place/pets"


@pytest.fixture
def with_folder(monkeypatch: pytest.MonkeyPatch):
    """A server whose owner offers a folder beside the portraits."""
    monkeypatch.setenv("PELLUCID_DATASETS", f"folder:{PATH}?seed=3")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


# ---- figures


def test_curves_tell_splits_apart_by_more_than_colour_and_mark_stages() -> None:
    shown = (epoch(1, stage="head"), epoch(2, stage="head"), epoch(3, stage="finetune"))
    figure = curves(shown, "accuracy", mode="light", epochs=10)
    by_name = {trace.name: trace for trace in figure.data}
    assert by_name["validation"].line.color == LIGHT.accent
    assert by_name["test"].line.dash == "dot"
    assert {n.text for n in figure.layout.annotations} == {"head", "finetune"}
    assert figure.layout.shapes[0].x0 == 2.5
    assert figure.layout.xaxis.range[1] > 10, "the axis is as long as the run will be"


def test_an_epoch_without_accuracy_leaves_a_gap_and_a_missing_split_no_line() -> None:
    shown = [epoch(1, accuracy=None), epoch(2, accuracy=0.7)]
    figure = curves(shown, "accuracy", mode="light")
    assert list(figure.data[0].y) == [None, 0.7]
    bare = [replace(e, val_loss=None, test_loss=None) for e in shown]
    assert [t.name for t in curves(bare, "loss", mode="light").data] == ["training"]


def test_overlaid_runs_differ_by_dash_and_symbol() -> None:
    figure = overlaid({"A": history(0.1, 0.5), "B": history(0.2)}, "accuracy", mode="dark")
    looks = {(trace.line.dash, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == 2
    assert [trace.name for trace in figure.data] == ["A", "B"]


def test_names_in_figures_are_no_markup() -> None:
    figure = overlaid({"<b>x</b>": history(0.1)}, "loss", mode="light")
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;"
    drawn = confusion(((1, 0), (0, 1)), ("<i>a</i>", "b"), mode="light")
    assert drawn.layout.xaxis.ticktext[0] == "&lt;i&gt;a&lt;/i&gt;"


def test_a_confusion_matrix_shows_counts_and_shares_of_rows() -> None:
    figure = confusion(((30, 10), (0, 20)), ("cat", "dog"), mode="light")
    assert list(figure.data[0].z[0]) == [0.75, 0.25]
    texts = [note.text for note in figure.layout.annotations]
    assert "<b>30</b>" in texts[0]
    assert percent(0.75) in texts[0]
    assert texts[2] == "0"
    light, dark = figure.layout.annotations[1].font.color, figure.layout.annotations[3].font.color
    assert (light, dark) == (LIGHT.text, LIGHT.surface), "text stays readable on the deep accent"


def test_many_classes_get_small_cells_without_shares() -> None:
    n = 10
    matrix = [[9 if i == j else 1 for j in range(n)] for i in range(n)]
    figure = confusion(matrix, [f"class {i}" for i in range(n)], mode="light")
    assert {note.text for note in figure.layout.annotations} == {"9", "1"}


def test_groups_have_points_and_intervals_that_stay_on_the_axis() -> None:
    rates = [services.rate(10, 10), None, services.rate(2, 10)]
    figure = group_rates(["a", "b", "c"], {"A": rates, "B": rates}, mode="light")
    first = figure.data[0]
    assert list(first.x) == [1.0, 0.2]
    assert first.x[0] + first.error_x.array[0] <= 1.0
    low, high = figure.layout.xaxis.range
    assert low <= rates[2].low
    assert high > 1.0
    assert figure.layout.showlegend
    assert not group_rates(["a"], {"": rates[:1]}, mode="light").layout.showlegend


def test_a_sparkline_rises_with_the_accuracy() -> None:
    svg = sparkline(history(0.2, 0.9), mode="light")
    (x0, y0), (x1, y1) = (
        tuple(map(float, pair.split(",")))
        for pair in svg.split('points="')[1].split('"')[0].split()
    )
    assert x1 > x0
    assert y1 < y0, "up is better"
    assert "20.0% to 90.0%" in sparkline_text(history(0.2, 0.9))
    assert sparkline((), mode="light") == sparkline_text(()) == ""


# ---- words


def gap(p: float) -> Gap:
    best, worst = (
        GroupCount("skin_tone", "light", 100, 98),
        GroupCount("skin_tone", "dark", 100, 71),
    )
    return Gap(best, worst, 0.27, 0.178, 0.36, p, 6)


def test_a_gap_beyond_chance_is_said_with_points_interval_and_p() -> None:
    words = run_text.gap_text(gap(0.0012)).replace("\N{NO-BREAK SPACE}", " ")
    assert words == (
        "Skin tone: 98.0 % right for light, 71.0 % for dark. Gap 27 points; 95 % interval of "
        "the largest true gap between any two: 18 to 36 (p < .01 over 6 attributes)."
    )


def test_numbers_are_called_groups_and_no_difference_at_all_is_said() -> None:
    tones = replace(gap(0.001), best=GroupCount("skin_tone", "02", 100, 98))
    assert "right for group 2, 71.0" in run_text.gap_text(tones)
    alike = replace(gap(1.0), difference=0.0, worst=gap(1.0).best)
    words = run_text.gap_text(alike).replace("\N{NO-BREAK SPACE}", " ")
    assert words == "No gap: every group is 98.0 % right, over 6 attributes."


def test_noise_is_not_called_a_gap() -> None:
    words = run_text.gap_text(gap(0.42))
    assert words.startswith("No gap beyond chance.")
    assert "p = .42 over 6 attributes" in words


def test_what_a_small_model_silently_lost() -> None:
    change = GroupChange("skin_tone", "dark", 60, 9, 1)
    found = Paired(120, 100, 12, 2, 0.013, (change, GroupChange("light", "sun", 60, 3, 1)))
    words = run_text.paired_text(found, "A", "B").replace("\N{NO-BREAK SPACE}", " ")
    assert "Same answer on 83.3 % of 120 pictures" in words
    assert "B loses 12 that A gets right and gains 2: −8.3 points" in words
    assert "beyond chance (McNemar p = .01)" in words
    assert "skin tone dark: 9 lost and 1 gained of 60" in run_text.hardest_hit(found)
    same = Paired(120, 120, 0, 0, 1.0, (GroupChange("skin_tone", "dark", 60, 0, 0),))
    assert "right exactly where A is" in run_text.paired_text(same, "A", "B")
    assert run_text.hardest_hit(same) == ""


def test_dates_are_the_visitor_s_or_say_utc() -> None:
    assert run_text.date(0.0, "Europe/Berlin") == "1 Jan 1970, 01:00"
    assert run_text.date(0.0, None) == run_text.date(0.0, "Nowhere/Land") == (
        "1 Jan 1970, 00:00 UTC"
    )  # fmt: skip


def test_a_card_with_a_stranger_s_names_shows_no_picture_link_or_colour() -> None:
    card = "# Card\n:red[a] ![x](http://e/x.png) [y](http://e) <b> $x$\n```sh\nmake $HOME\n```\nend"
    parts = run_text.card_parts(card)
    assert [kind for kind, _ in parts] == ["text", "code", "text"]
    assert parts[1] == ("code", "make $HOME")
    for live in (":red", "![", "](", "<", "$"):
        assert live not in parts[0][1]


def test_only_runs_of_our_own_are_named_after_their_data() -> None:
    assert run_text.run_title(run(), shipped=False) == "Portraits, bias 0.9"
    assert run_text.run_title(run(name="Portraits, fair"), shipped=True) == "Portraits, fair"
    assert run_text.run_title(run(origin="imported", name="Mine"), shipped=False) == "Mine"


# ---- what is offered, and orders


def test_references_that_differ_by_parameters_are_one_entry(with_folder: None) -> None:
    offered = services.offered_data()
    assert set(offered) == {"portraits", "folder-pets"}
    assert offered["portraits"].text((("bias", 0.9),)) == "portraits?bias=0.9"
    assert offered["portraits"].parameters[0].name == "bias"
    owner = {spec.name: spec.default for spec in offered["folder-pets"].parameters}
    assert owner["seed"] == 3, "the owner's value is the default"


def test_visitors_are_not_told_where_a_folder_lies(with_folder: None) -> None:
    held = services.offered_data()["folder-pets"]
    name = services.dataset_name(held.text(()))
    shown = replace(run(), dataset=held.text(()), command=f"train --dataset '{held.text(())}'")
    for words in (
        name,
        held.id,
        services.run_command(shown),
        run_text.run_title(shown, shipped=False),
    ):
        assert "secret" not in words
        assert "pets" in words


def test_an_order_names_an_offered_dataset_or_nothing(with_folder: None, tmp_path: Path) -> None:
    order = TrainingSetup(f"folder:{tmp_path}", (), "scratch", "", (), 0)
    with pytest.raises(Exception, match="no dataset"):
        services.start_training(order).result(timeout=10)


def test_a_run_leads_back_to_the_order_that_it_came_of() -> None:
    order = services.setup_of(run(parameters={"epochs": 3, "learning_rate": 0.1}, seed=5))
    assert order == TrainingSetup("portraits", (("bias", 0.9),), "scratch", "", (("epochs", 3),), 5)
    assert services.setup_of(run(dataset="nonsense:x")) is None


# ---- addresses


@pytest.mark.parametrize(
    "shown",
    [
        ModelsChoice(),
        ModelsChoice(view="run", run="portraits_scratch_aaaaaaaa", by="skin_tone"),
        ModelsChoice(view="bring"),
        ModelsChoice(
            view="new",
            order=TrainingSetup(
                "portraits", (("bias", 0.9), ("n_train", 120)), "scratch", "", (("epochs", 2),), 7
            ),
        ),
    ],
)
def test_what_is_shown_is_read_back_from_its_address(shown: ModelsChoice) -> None:
    read, problems = models_choice.read(shown.to_query())
    assert read == shown
    assert problems == []


def test_nonsense_in_the_address_is_left_out_and_said() -> None:
    query = {
        "view": "new", "dataset": "folder:/etc", "recipe": "<b>", "p.epochs": "-3",
        "p.nope": "1", "d.bias": "0.5", "seed": "x", "base": "nobody",
    }  # fmt: skip
    shown, problems = models_choice.read(query)
    assert shown.order == replace(models_choice.first_training(), data=(("bias", 0.5),))
    assert len(problems) == 6
    assert any("dataset=folder:/etc" in problem for problem in problems)
    assert models_choice.read({"view": "sideways"})[0].view == "list"
    assert models_choice.read({"run": "../../etc"})[0].run == ""
    assert models_choice.read({"view": "compare", "with": "a,b"})[0].compared == ()


def spread(*gaps: GapSpread) -> SeedSpread:
    accuracy = Spread(0.984, 0.971, 0.99)
    return SeedSpread((0, 1, 2, 3, 4), (), (0.984,) * 5, accuracy, (), gaps)


def test_what_depends_on_the_seed_is_said_in_words() -> None:
    tone = GapSpread("skin_tone_band", Spread(0.4, 0.304, 0.52), 5, ("dark 7-10",) * 5)
    hair = GapSpread("hair", Spread(0.05, 0.031, 0.08), 1, ("bob",) * 5)
    words = run_text.seeds_text(spread(hair, tone)).replace("\N{NO-BREAK SPACE}", " ")
    assert words == (
        "Over 5 seeds of the same training: 98.4 % right on average, 97.1 to 99.0 %. Gaps: skin "
        "tone band 30 to 52 points, beyond chance in 5 of 5; hair 3.1 to 8 points, beyond chance "
        "in 1 of 5."
    )
    assert "No gap between groups is beyond chance" in run_text.seeds_text(spread())


def test_a_card_shows_the_spread_below_the_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(run_card.st, "html", drawn.append)
    rate = services.rate_of(run().test)
    for seeds in (run_text.seeds_range(spread()), ""):
        run_card.run_summary(
            run_card.RunSummary("A", ("●", "b"), [], rate=rate, seeds=seeds), mode="light"
        )
    assert "97.1 to 99.0 % over 5 seeds" in drawn[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "seeds" not in drawn[1]
