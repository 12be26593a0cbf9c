"""Evidence without a page: figures, words, addresses and downloads from made-up results."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from core.contracts import Check, EvidenceCard
from dashboard import services
from dashboard.app_pages.leaderboard import page_choice as leaderboard_choice
from dashboard.app_pages.leaderboard.leaders import few_pictures, leaders_of
from dashboard.app_pages.leaderboard.page_choice import LeaderboardChoice
from dashboard.figures.cascade import cascade
from dashboard.figures.evidence import curves as curves_figure
from dashboard.figures.leaderboard import forest
from dashboard.theme import LIGHT
from dashboard.widgets import verdicts
from tests.dashboard.evidence_results import curves, leaderboard, sanity, score

NAMES = {"a": "Method A", "b": "Method B", "c": "Method C", "edges": "Edges"}
CONTROLS = ("edges",)
PICTURES = services.kind_of("efficientnet_lite0")


# ---- figures


def test_the_map_is_drawn_last_in_the_accent_and_controls_differ_by_more_than_colour() -> None:
    figure = curves_figure(curves(), PICTURES, mode="light")
    by_name = {trace.name: trace for trace in figure.data}
    assert figure.data[-1].name == "this map"
    assert by_name["this map"].line.color == LIGHT.accent
    assert by_name["edges"].line.dash == "dash"
    assert by_name["maps that know nothing of the model, lowest to highest"].fill == "toself"
    assert list(by_name["this map"].y) == pytest.approx([0.6, 0.2, 0.1, 0.0, 0.0])


def test_the_axis_ends_above_the_highest_value() -> None:
    low, high = curves_figure(curves(), PICTURES, mode="light").layout.yaxis.range
    assert low == 0
    assert 0.7 < high < 0.8, "the band reaches 0.7"


def test_figures_are_pure() -> None:
    given = curves()
    first = curves_figure(given, PICTURES, mode="dark").to_json()
    assert curves_figure(given, PICTURES, mode="dark").to_json() == first
    assert [c.source for c in given] == ["map", "random", "edges"]


def test_the_cascade_shows_stages_and_threshold() -> None:
    figure = cascade(sanity(), mode="light")
    assert [trace.name for trace in figure.data] == ["SSIM", "Rank correlation"]
    assert list(figure.data[1].y) == pytest.approx([0.8, 0.4, 0.8 / 3])
    assert figure.layout.shapes[0].y0 == 0.5


def test_a_forest_has_a_row_for_each_method() -> None:
    rows = [score("a", 0.1, 0.02), score("edges", 0.3, 0.02), score("b", None)]
    figure = forest(rows, names=NAMES, controls=CONTROLS, leaders=("a",), mode="light")
    assert list(figure.layout.yaxis.ticktext) == ["<b>Method A</b>", "Edges", "Method B"]
    leader, control = figure.data
    assert leader.marker.color == LIGHT.accent
    assert leader.error_x.array[0] == pytest.approx(0.02)
    assert control.marker.symbol == "circle-open"
    assert {"0.100", "0.300", "not estimable"} == {n.text for n in figure.layout.annotations}


# ---- who leads


def placed(*scores: object, metric: str = "deletion") -> object:
    return leaders_of(
        scores,  # type: ignore[arg-type]
        metric=services.metric(metric),
        names=NAMES,
        controls=CONTROLS,
    )


def test_an_interval_apart_from_all_others_is_a_clear_lead() -> None:
    found = placed(score("b", 0.4, 0.05), score("a", 0.1, 0.05), score("edges", 0.6, 0.05))
    assert found.clear
    assert found.leaders == ("a",)
    assert [s.method for s in found.scores] == ["a", "b", "edges"]
    assert "Method A leads on deletion: 0.100 (95 % interval 0.0500 to 0.150)" in found.words


def test_overlapping_intervals_have_no_winner() -> None:
    found = placed(score("a", 0.1, 0.1), score("b", 0.15, 0.1), score("c", 0.9, 0.1))
    assert not found.clear
    assert found.leaders == ("a", "b")
    assert "No clear winner on deletion" in found.words
    assert "Method B" in found.words
    assert "Method C" not in found.words


def test_higher_is_better_turns_the_order_around() -> None:
    found = placed(
        score("a", 0.1, 0.01, metric="insertion"), score("b", 0.4, 0.01, metric="insertion"),
        metric="insertion",
    )  # fmt: skip
    assert found.leaders == ("b",)


def test_a_control_cannot_win_and_is_named_when_it_is_not_beaten() -> None:
    found = placed(score("edges", 0.05, 0.1), score("a", 0.1, 0.1), score("b", 0.5, 0.01))
    assert found.leaders == ("a",)
    assert "not clearly better than what knows nothing of the model: Edges." in found.words


def test_a_control_that_is_far_better_is_named_as_well() -> None:
    found = placed(score("edges", 0.05, 0.01), score("a", 0.5, 0.01), score("b", 0.9, 0.01))
    assert "not clearly better than what knows nothing of the model: Edges." in found.words


def test_without_intervals_nobody_wins() -> None:
    found = placed(score("a", 0.1, n=1), score("b", 0.9, n=1))
    assert not found.clear
    assert "(no interval)" in found.words


def test_metrics_that_judge_nobody_say_so() -> None:
    found = placed(score("a", 0.1, 0.01, metric="entropy"), metric="entropy")
    assert found.leaders == ()
    assert "no better end" in found.words


def test_no_value_at_all_is_said() -> None:
    assert "no method has a value" in placed(score("a", None)).words


def test_few_pictures_are_called_few() -> None:
    assert "n = 3" in few_pictures(3)
    assert "no interval" in few_pictures(1)
    assert few_pictures(10) == ""


# ---- verdicts


@pytest.mark.parametrize(
    ("check", "label"),
    [
        (Check("beats_controls", "pass", 0.2, 0.0, "w", "p"), "✓ beats controls"),
        (Check("beats_controls", "fail", -0.2, 0.0, "w", "p"), "✗ no better than controls"),
        (Check("stability", "unclear", 0.71, 0.7, "w", "p"), "△ stability 0.710"),
        (Check("stability", "unknown", None, 0.7, "w", "p"), "○ stability unknown"),
        (Check("sanity", "fail", None, 0.5, "w", "p"), "✗ fails sanity"),
    ],
)
def test_a_verdict_has_symbol_word_threshold_and_protocol(check: Check, label: str) -> None:
    text = verdicts.details(check)
    assert text.startswith(f"**{label.replace('.', '&#46;')}** w")
    assert f"threshold {check.threshold:.3g}".replace(".", "&#46;") in text.casefold()
    assert text.endswith(":gray[p]")


# ---- addresses and downloads


@pytest.mark.parametrize(
    "held",
    [
        LeaderboardChoice(),
        LeaderboardChoice(methods=("gradcam", "edges"), metrics=("insertion",), run="a" * 64),
        LeaderboardChoice(source="folder", count=12, by="lighting"),
    ],
)
def test_a_board_is_read_back_from_its_address(held: LeaderboardChoice) -> None:
    assert leaderboard_choice.read(held.to_query()) == (held, [])


def test_nonsense_in_the_address_is_left_out() -> None:
    query = {"methods": "nope,gradcam", "measure": "<b>", "n": "-3", "run": "../../etc"}
    found, problems = leaderboard_choice.read(query)
    assert found == LeaderboardChoice(methods=("gradcam",))
    assert len(problems) == 4


def test_a_spreadsheet_gets_no_formula() -> None:
    table = leaderboard(score("a", 0.1, 0.01), score("a", 0.2, group="=HYPERLINK(1)"))
    rows = list(csv.DictReader(io.StringIO(services.leaderboard_csv(table))))
    assert [row["group"] for row in rows] == ["", "'=HYPERLINK(1)"]
    assert rows[0]["mean"] == "0.1"


def test_a_leaderboard_goes_to_json() -> None:
    document = json.loads(services.leaderboard_json(leaderboard(score("a", 0.1, 0.01))))
    assert document["scores"][0]["method"] == "a"


def test_a_card_goes_to_json_with_its_curves() -> None:
    card = EvidenceCard.__new__(EvidenceCard)
    for name in EvidenceCard.__dataclass_fields__:
        object.__setattr__(card, name, None)
    object.__setattr__(card, "curves", tuple(curves()))
    document = json.loads(services.evidence_json(card))
    assert np.allclose(document["curves"][0]["scores"], [0.6, 0.2, 0.1, 0.0, 0.0])
