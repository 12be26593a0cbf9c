"""The Robustness page with the real core: the biased portraits model under a few quick attacks."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core import api
from core.contracts import AttackCheck, Robustness
from core.errors import InputError
from dashboard import robustness_text, services
from dashboard.app_pages.robustness import options as robustness_options
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.figures.robust_curves import Line, robust_curves, spoken
from dashboard.theme import LIGHT
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.robustness import page as robustness; robustness.page()"
BIASED = "portraits_biased"
QUICK = {"limit": "64", "attacks": "fgsm,uniform_noise", "eps": "1/255,4/255", "checks": "false"}
PATIENCE = 300.0
RESULT = """
from dashboard.app_pages.robustness import checks as robustness_checks, result as robustness_result
import streamlit as st
found = st.session_state["found"]
robustness_result.draw(found)
robustness_checks.draw(found)
robustness_result.groups(found)
"""


def opened(*, wait: bool = True, **query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return settled(app) if wait else app


@pytest.fixture(scope="module")
def found() -> Robustness:
    return api.robustness(
        services.models()[BIASED].trained_on, model=BIASED, attacks=["fgsm", "uniform_noise"],
        eps="1/255,4/255", by="skin_tone_band", limit=64, checks=False,
    )  # fmt: skip


def test_attacks_try_to_reach_what_was_chosen() -> None:
    known = robustness_options.targets(BIASED)
    names = services.class_names(BIASED)
    assert next(iter(known)) == ""
    assert [known[f"class:{i}"] for i in range(len(names))] == [f"The class {n}" for n in names]
    assert [text for text in known if text.startswith("top-")] == ["top-2"], "of three classes"
    assert {"top-2", "top-10"} <= set(robustness_options.targets("efficientnet_lite0"))
    for kept in ("class:1", "top-2", "least-likely"):
        assert robustness_options.target_of(RobustnessChoice(target=kept), BIASED) == kept
    for strange in ("class:99", "top-5", "<b>", "least"):
        assert robustness_options.target_of(RobustnessChoice(target=strange), BIASED) == ""
    app = opened(model=BIASED, target="class:1", wait=False, **QUICK)
    (box,) = [each for each in app.selectbox if each.label == "Attacks try to reach"]
    assert box.value == "class:1"
    app = settled(app)
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert f"Attacks try to reach: The class {names[1]}." in shown
    assert "--target class:1" in app.code[0].value


def test_the_true_class_is_pushed_out_of_the_first_two() -> None:
    app = settled(opened(model=BIASED, target="top-2", wait=False, **QUICK))
    assert not app.exception
    assert not app.error
    assert "Attacks try to reach: The true class out of the first 2." in unescape(texts(app))
    assert "--target top-2" in app.code[0].value


def drawn(found: Robustness) -> AppTest:
    app = AppTest.from_string(RESULT, default_timeout=60)
    app.session_state["found"] = found
    return app.run()


# ---- the page


def test_the_curve_is_there_without_a_click_and_everything_is_in_the_address() -> None:
    app = opened(**QUICK)
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert app.selectbox(key="robustness model").value == BIASED, "what shows most comes first"
    assert app.selectbox(key="robustness by").value == "skin_tone_band"
    assert "of the pictures that the model has right" in shown
    assert "Who breaks first, by skin tone band" in shown
    assert "not checked" in shown
    assert {each.label for each in app.get("download_button")} == {
        "Curves (csv)", "Curves, gaps and checks (json)",
    }  # fmt: skip
    assert "--eps 0.00392156863,0.0156862745" in app.code[-1].value
    assert app.query_params["attacks"] == "fgsm,uniform_noise"


def test_a_curve_that_is_switched_off_stays_off_in_the_address() -> None:
    again = opened(**QUICK, hidden="uniform_noise")
    chart = json.loads(again.get("plotly_chart")[0].proto.spec)
    names = {trace.get("name") for trace in chart["data"] if trace.get("name")}
    assert names == {"FGSM", "Worst case"}


@pytest.mark.parametrize(
    ("eps", "words"),
    [("3.0", "did you mean 3/255?"), ("-1/255", "must not be negative"), ("much", "fraction")],
)
def test_an_epsilon_that_cannot_be_meant_is_told_as_on_the_command_line(
    eps: str, words: str
) -> None:
    app = opened(eps=eps)
    assert not app.exception
    assert len(app.error) == 1
    assert words in unescape(app.error[0].value)
    assert app.text_input(key="robustness eps").value == eps, "what was typed stays"


def test_an_attack_that_the_norm_does_not_have_is_named() -> None:
    app = opened(norm="l1", attacks="square")
    assert "square is not defined for the norm l1" in unescape(app.error[0].value)


def test_changing_the_norm_lets_go_of_attacks_and_epsilons() -> None:
    app = opened(wait=False, eps="3.0")
    app.selectbox(key="robustness norm").set_value("l2").run()
    assert app.session_state["robustness trial"].eps == robustness_choice.AUTO
    assert not app.error


@pytest.mark.slow
def test_a_stopped_run_keeps_its_pictures_and_goes_on() -> None:
    query = {**QUICK, "limit": "512", "attacks": "pgd,uniform_noise", "eps": "2/255"}
    app = opened(wait=False, **query)
    end = time.monotonic() + PATIENCE
    while any(_cancels(app)) and not app.get("plotly_chart"):
        assert time.monotonic() < end, "no curve so far"
        time.sleep(0.3)
        app.run()
    assert any(_cancels(app)), "512 pictures take longer than the first chunk of them"
    assert "So far, on" in unescape(texts(app))
    next(_cancels(app)).click().run()
    assert "are done and kept" in unescape(texts(app))
    assert app.get("plotly_chart"), "what is done is drawn"
    app.button(key="go on").click().run()
    assert any(_cancels(app))


def _cancels(app: AppTest) -> Iterator[Button]:
    return (b for b in app.button if b.key and b.key.startswith("cancel/"))


def test_an_address_that_is_no_setting_is_told_and_the_page_still_works() -> None:
    app = opened(**QUICK, severity="9", split="tomorrow", model="<b>nobody</b>")
    warned = unescape("".join(each.value for each in app.warning))
    assert "severity is a whole number from 1 to 5" in warned
    assert "split is one of train, validation, test" in warned
    assert "<b>" not in "".join(each.value for each in app.warning)
    assert "of the pictures that the model has right" in unescape(texts(app))


# ---- what is drawn of a result


def checked(found: Robustness, *passed: bool | None) -> Robustness:
    marks = tuple(
        AttackCheck(f"c{i}", f"Check {i}", each, f"found {i}.") for i, each in enumerate(passed)
    )
    return replace(found, checks=marks)


def test_a_failed_check_marks_headline_chart_and_list(found: Robustness) -> None:
    app = drawn(checked(found, True, False, None))
    shown = unescape(texts(app))
    assert "✗ Do not trust this curve: 1 of 3 checks failed (Check 1); 1 of 3 checks" in shown
    assert "✗ **Check 1**, failed. found 1." in shown
    assert "○ **Check 2**, could not be made." in shown
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert any("not trustworthy" in a["text"] for a in chart["layout"]["annotations"])
    open_ = drawn(checked(found, True, None))
    said = checked(found, True, None).verdict
    assert said.startswith("△ Not shown to be trustworthy: 1 of 2 checks could not be made")
    assert said in unescape(texts(open_)), "the page says what core says, word for word"
    notes = json.loads(open_.get("plotly_chart")[0].proto.spec)["layout"]["annotations"]
    assert any("not shown to be trustworthy" in note["text"] for note in notes)
    whole = drawn(checked(found, True, True))
    assert "✓ The curve can be believed: all 2 checks of the attacks passed." in unescape(
        texts(whole)
    )
    clean = json.loads(whole.get("plotly_chart")[0].proto.spec)
    assert not any("trustworthy" in a["text"] for a in clean["layout"]["annotations"])


def test_the_gap_is_told_with_its_verdict(found: Robustness) -> None:
    gap = robustness_text.gap_chosen(found.gaps)
    assert gap is not None
    assert gap.beyond_chance, "the shipped biased model fails dark skins"
    words = robustness_text.gap_text(found.worst_case, gap)
    assert gap.worst == "dark 7-10"
    assert "That is beyond chance" in words
    chance = replace(gap, p=0.4)
    assert "Chance makes such a gap" in robustness_text.gap_text(found.worst_case, chance)
    assert "✗ a real gap" in unescape(texts(drawn(found)))
    assert "△ not beyond chance" in unescape(texts(drawn(replace(found, gaps=(chance,)))))
    assert "No gap was tested" in unescape(texts(drawn(replace(found, gaps=()))))


def test_a_curve_over_part_of_the_pictures_says_so(found: Robustness) -> None:
    app = drawn(replace(found, asked=100))
    assert "So far, on 64 of 100 pictures." in unescape(texts(app))


def test_the_chart_holds_band_counts_and_the_worst_case_on_top(found: Robustness) -> None:
    worst = found.worst_case[0]
    lines = [Line("<b>FGSM</b>", found.curves[0]), Line("Worst case", worst, "main")]
    figure = robust_curves(lines, norm="linf", mode="light", clean=found.clean_accuracy)
    named = [trace for trace in figure.data if trace.name]
    assert [trace.name for trace in named] == ["&lt;b&gt;FGSM&lt;/b&gt;", "Worst case"]
    assert named[-1].line.color == LIGHT.accent
    point = worst.points[1]
    assert named[-1].y[1] == point.accuracy
    assert f"({round(point.accuracy * point.n)} of {point.n}" in named[-1].customdata[1]
    assert "1/255" in named[-1].customdata[1]
    band = figure.data[-2]
    assert max(band.y) == max(p.high for p in worst.points)
    assert min(band.y) == min(p.low for p in worst.points)
    assert list(figure.layout.xaxis.ticktext) == ["0", "1", "4"]
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 3], "each doubling is one step"
    assert "at 4/255" in spoken(lines[1])


def test_files_hold_the_numbers_that_are_drawn(found: Robustness) -> None:
    rows = list(csv.DictReader(io.StringIO(services.robustness_file(found, "csv").decode())))
    first = rows[0]
    assert (first["attack"], first["group"], float(first["eps"])) == ("worst_case", "", 0.0)
    assert float(first["accuracy"]) == found.clean_accuracy
    assert len(rows) == sum(len(c.points) for c in (*found.curves, *found.worst_case))
    whole = json.loads(services.robustness_file(found, "json"))
    assert whole == json.loads(json.dumps(api.robustness_document(found)))


def test_broken_pictures_are_magnified_by_a_factor_that_is_said(found: Robustness) -> None:
    example = next(e for e in found.examples if e.attack == "fgsm")
    shown = services.broken(found, example)
    assert shown.factor > 1
    change = abs(example.adversarial - example.original / 255.0).max()
    assert change * shown.factor <= 0.5 + 1e-6
    assert shown.original != shown.adversarial
    assert all(
        uri.startswith("data:image/png;base64,")
        for uri in (shown.original, shown.change, shown.adversarial)
    )


# ---- words and address


def test_the_address_holds_everything() -> None:
    trial = RobustnessChoice(
        section="defences", model="m", dataset="d", split="train", limit=0, by="", norm="l2",
        attacks=("pgd", "fab"), eps="1/4", checks=False, seed=3, hidden=("fab",), grouped=True,
        compared=("a", "b"), picture=7, step=2, corruption="fog", severity=5, other="o",
    )  # fmt: skip
    assert robustness_choice.read(trial.to_query()) == (trial, [])
    assert RobustnessChoice().to_query() == {}


def test_a_model_without_gradients_is_offered_what_it_can_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "pgd" in robustness_options.offered(RobustnessChoice(), BIASED)
    assert robustness_options.without_gradients(BIASED) == ""
    cards = services.models()
    blind = {**cards, BIASED: replace(cards[BIASED], gradients=False)}
    monkeypatch.setattr(services, "models", lambda: blind)
    offered = robustness_options.offered(RobustnessChoice(), BIASED)
    assert "square" in offered
    assert not any(card.needs_gradients for card in offered.values())
    assert "gives no gradients" in robustness_options.without_gradients(BIASED)


def test_no_median_is_said_in_words(found: Robustness) -> None:
    worst = replace(found.worst_case[0], median_distance=None)
    assert "broke fewer than half" in robustness_text.broken_text(worst)
    assert robustness_text.distance_text(None, "linf") == "not reached"


# ---- defences


def test_two_models_are_held_against_each_other_picture_by_picture(found: Robustness) -> None:
    data = services.models()[BIASED].trained_on
    options = {"attacks": ["fgsm", "uniform_noise"], "eps": "1/255,4/255", "limit": 64}
    other = api.robustness(
        data, model="portraits_robust", by="skin_tone_band", checks=False, **options
    )
    held = services.defence(found, other)
    assert [point.eps for point in held.points] == [0, 1 / 255, 4 / 255]
    for point, mine, theirs in zip(
        held.points, found.worst_case[0].points, other.worst_case[0].points, strict=True
    ):
        assert (point.first, point.second) == (mine.accuracy, theirs.accuracy)
        assert point.gained - point.lost == round((point.second - point.first) * point.n)
    assert held.points[-1].beyond_chance, "adversarial training holds at 4/255"
    same = services.defence(found, found)
    assert all(point.p == 1 and not point.lost + point.gained for point in same.points)
    assert services.worst_area(found, 4 / 255) == pytest.approx(found.worst_case[0].area)
    with pytest.raises(InputError, match="were not attacked alike"):
        services.defence(found, replace(other, norm="l2"))


def test_defences_are_compared_under_the_same_attacks() -> None:
    app = opened(**QUICK, section="defences", compared="portraits_robust")
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "McNemar" in shown
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len({trace["name"] for trace in chart["data"] if trace.get("name")}) == 2
