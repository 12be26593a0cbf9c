"""The Fairness page with the real core: a small table, and the biased portraits model."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import (
    Calibration,
    FairnessReport,
    Finding,
    ParityCost,
    ScoreCurves,
    TablePreview,
)
from dashboard import fairness_text, services
from dashboard.app_pages.fairness import groups as fairness_groups
from dashboard.app_pages.fairness import page_choice as fairness_choice
from dashboard.app_pages.fairness import source as fairness_source
from dashboard.app_pages.fairness.column_guess import Mapped, guessed
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.figures.by_score import calibration, cost, roc
from dashboard.figures.gaps import GapRow, forest
from dashboard.formatting import number
from dashboard.theme import LIGHT
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.fairness import page as fairness; fairness.page()"
BIASED = "portraits_biased"


def table(n: int = 600, *, seed: int = 3) -> bytes:
    """Women are found in nine of ten cases, men in three; a few rows have no sex."""
    rng = np.random.default_rng(seed)
    lines = ["y_true,y_pred,score,sex,<b>age</b>,id"]
    for i in range(n):
        sex, age, label = "fm"[i % 2], ("young", "old")[i // 2 % 2], i // 4 % 2
        found = rng.random() < (0.9 if sex == "f" else 0.3) if label else rng.random() < 0.1
        score = 0.5 + 0.4 * rng.random() if found else 0.45 * rng.random()
        lines.append(f"{label},{int(found)},{score:.2f},{'' if i % 97 == 0 else sex},{age},{i}")
    return "\n".join(lines).encode()


def opened(audit: FairnessChoice | None = None, *, wait: bool = True, **query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    if audit is not None:
        app.session_state["fairness audit"] = audit
    app.run()
    return settled(app) if wait else app


def audited(data: bytes, **changed: object) -> AppTest:
    """Open the page on a table of known columns."""
    source = services.hold_table(data, name="mine.csv")
    values: dict[str, object] = {
        "source": "table", "table": source.sha256, "label": "y_true", "prediction": "y_pred",
        "score": "score", "groups": ("sex", "<b>age</b>"),
    }  # fmt: skip
    return opened(FairnessChoice(**(values | changed)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report() -> FairnessReport:
    source = services.hold_table(table(), name="mine.csv")
    columns = {"label": "y_true", "prediction": "y_pred", "score": "score"}
    return api.fairness(source, **columns, groups=("sex", "<b>age</b>"), intersections=True)


# ---- a table of one's own


def test_without_models_the_page_asks_for_a_table() -> None:
    app = opened(FairnessChoice(source="table"))
    assert not app.exception
    assert len(app.file_uploader) == 1
    assert "prediction" in unescape(texts(app))
    assert "python -m core fairness" in app.code[0].value


def test_an_uploaded_table_is_mapped_audited_and_in_the_address() -> None:
    app = opened(FairnessChoice(source="table"))
    app.file_uploader[0].set_value([("mine.csv", table(), "text/csv")]).run()
    settled(app)
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="fairness column/label").value == "y_true"
    assert app.selectbox(key="fairness column/prediction").value == "y_pred"
    assert app.selectbox(key="fairness column/score").value == "score"
    assert app.multiselect(key="fairness column/groups").value == ["sex", "<b>age</b>"]
    shown = unescape(texts(app))
    assert "✗ flagged" in shown
    assert "The gap is" in shown
    assert "Without a value, counted as Unknown: sex: 7." in shown
    assert app.query_params["groups"] == "sex,%3Cb%3Eage%3C%2Fb%3E"
    again = opened(**dict(app.query_params))
    assert "The gap is" in unescape(texts(again))
    assert {each.label for each in again.get("download_button")} >= {
        "Rates (csv)", "Gaps (parquet)", "Whole report (json)", "Local Law 144, selection (csv)",
    }  # fmt: skip
    assert "tables/" not in again.code[-1].value, "the server's folders are nobody's business"
    assert "mine.csv" in again.code[-1].value
    assert "compliant" not in unescape(texts(again)).lower()


def test_strangers_names_stay_text() -> None:
    app = audited(table())
    assert "<b>" not in texts(app)
    html = "".join(str(each.proto.body) for each in app.get("html"))
    assert "<b>age" not in html
    assert "&lt;b&gt;age" in html.lower()


def test_what_is_missing_is_said_before_anything_is_counted() -> None:
    app = audited(table(), groups=())
    assert "Choose at least one column" in unescape(app.info[0].value)
    app = audited(table(), prediction="", score="")
    assert "predicted class, or with the score" in unescape(app.info[0].value)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty"), (b"a,a\n1,2\n", "'a'"), (b"PK\x03\x04rest", "ZIP")],
)
def test_a_broken_table_is_one_calm_error(data: bytes, words: str) -> None:
    app = opened(FairnessChoice(source="table"))
    app.file_uploader[0].set_value([("broken.csv", data, "text/csv")]).run()
    assert not app.exception
    assert len(app.error) == 1
    assert words in unescape(app.error[0].value)
    assert len(app.file_uploader) == 1, "another one can be tried"


def test_a_column_that_holds_no_scores_is_named_and_the_mapping_stays() -> None:
    app = audited(table(), prediction="", score="id")
    assert not app.exception
    assert any("id" in unescape(each.value) for each in app.error)
    assert app.selectbox(key="fairness column/score").value == "id"


def test_a_table_that_is_gone_is_explained() -> None:
    app = opened(source="table", table="0" * 64)
    assert "not here any more" in app.info[0].value
    assert len(app.file_uploader) == 1


def test_forgetting_a_table_deletes_it() -> None:
    app = audited(table(seed=9))
    held = services.recall_table(app.query_params["table"])
    assert held is not None
    app.button(key="forget table").click().run()
    assert services.recall_table(held.sha256) is None
    assert "table" not in dict(app.query_params)


def test_rules_change_the_verdict_and_the_address() -> None:
    app = audited(table())
    assert "✗ flagged" in unescape(texts(app))
    app.number_input(key="fairness rule/tolerance").set_value(0.9).run()
    settled(app)
    assert "✗ flagged" not in unescape(texts(app))
    assert app.query_params["tolerance"] == "0.9"


def test_the_reference_reaches_audit_and_address_and_the_rest_is_all_others() -> None:
    app = audited(table(), groups=("sex",), intersections=False)
    shown = unescape(texts(app))
    assert "each group against m, the largest group" in shown
    app.selectbox(key="fairness reference").set_value("rest").run()
    settled(app)
    assert app.query_params["reference"] == "rest"
    shown = unescape(texts(app))
    assert "each group against all other groups together" in shown
    assert "--reference rest" in app.code[-1].value


def test_a_gap_that_passes_over_uncertain_pairs_is_explained_and_groups_may_be_called_rest() -> (
    None
):
    names = ["rest", *(f"g{i:02}" for i in range(24))]
    rows = [(g, 1, i % 2) for g in names for i in range(200)]
    rows += [(g, 0, i % 2) for g in names for i in range(200)]
    data = "\n".join(["sex,y_true,y_pred", *(",".join(map(str, row)) for row in rows)]).encode()
    app = audited(
        data, score="", groups=("sex",), intersections=False, by="sex", rate="tpr",
        tolerance=0.15, reference="rest",
    )  # fmt: skip
    assert not app.error
    shown = unescape(texts(app))
    assert "against all other groups together" in shown, "the word wins over the group"
    options = app.selectbox(key="fairness reference").options
    assert len(options) == len(set(options)) == 3 + 25
    assert "rest, the group" in options
    app.selectbox(key="fairness reference").set_value("=rest").run()
    settled(app)
    shown = unescape(texts(app))
    assert "each group against rest, the most evidence first" in shown
    assert "365 comparisons of single groups are adjusted among themselves, apart from" in shown
    app.selectbox(key="fairness reference").set_value("g00").run()
    settled(app)
    assert "adjusted over all 365 of them, cannot be told" in unescape(texts(app))


def test_page_document_and_report_say_the_same_of_who_is_not_covered() -> None:
    rows = [("a", y, y) for y in (0, 1)] * 300 + [("b", y, y) for y in (0, 1)] * 300
    rows += [("c", 1, 1)] * 5 + [("c", 0, 0)] * 40
    data = "\n".join(["sex,y_true,y_pred", *(",".join(map(str, row)) for row in rows)]).encode()
    app = audited(data, score="", groups=("sex",), intersections=False, by="sex", rate="tpr")
    assert not app.error
    found = api.fairness(
        services.hold_table(data, name="mine.csv"), label="y_true", prediction="y_pred",
        groups=("sex",),
    )  # fmt: skip
    gap = found.gap("sex", "tpr")
    assert gap.verdict == "insufficient evidence"
    assert gap.coverage.startswith("a and b agree within 10 points. Not covered: c (5")
    document = api.fairness_document(found)
    (own,) = [each for each in document["gaps"] if each["metric"] == "tpr"]
    assert own["excluded"]["c"]["n"] == 5
    said = [finding.text for finding in api.fairness_findings(found)]
    assert gap.coverage in own["reason"]
    assert any(gap.coverage in text for text in said)
    assert gap.coverage in unescape(texts(app))


def test_page_and_document_say_the_same_of_what_a_comparison_leaves_out() -> None:
    """On old code ✓ within tolerance of all other groups together, rows of no sex left out."""
    rows = [(sex, y, y) for sex in "ab" for y in (0, 1)] * 300 + [("", 1, 0)] * 100
    data = "\n".join(["sex,y_true,y_pred", *(",".join(map(str, row)) for row in rows)]).encode()
    app = audited(
        data, score="", groups=("sex",), intersections=False, by="sex", rate="tpr",
        reference="rest",
    )  # fmt: skip
    assert not app.error
    found = api.fairness(
        services.hold_table(data, name="mine.csv"), label="y_true", prediction="y_pred",
        groups=("sex",), reference="rest",
    )  # fmt: skip
    pairs = list(found.against("sex", "tpr") or ())
    assert {pair.verdict for pair in pairs} == {"insufficient evidence"}
    (coverage,) = {pair.coverage for pair in pairs}
    assert coverage.startswith("Not covered: Unknown (100 positives without a value; a gap of")
    assert fairness_text.left_out_text(pairs) == coverage
    own = [pair for pair in api.fairness_document(found)["pairs"] if pair["metric"] == "tpr"]
    assert {tuple(pair["excluded"]) for pair in own if pair["reference"] == "rest"} == {
        ("Unknown",)
    }
    assert any(text.text.endswith(coverage) for text in api.fairness_comparisons(found))
    shown = [caption.value for caption in app.caption]
    assert any(unescape(text).replace("\\", "") == coverage for text in shown), shown
    html = unescape("".join(str(each.proto.body) for each in app.get("html")))
    assert html.count("not covered: Unknown") == 2
    other = replace(pairs[0], group="c", excluded={})
    assert fairness_text.left_out_text([*pairs, other]) == f"a: {coverage} b: {coverage}"


def test_attribute_rate_thresholds_and_slices_are_looked_at() -> None:
    app = audited(table())
    app.selectbox(key="fairness by").set_value("sex×<b>age</b>").run()
    assert app.query_params["by"] == "sex×<b>age</b>"
    app.selectbox(key="fairness by").set_value("sex").run()
    app.selectbox(key="fairness rate").set_value("fpr").run()
    assert app.query_params["rate"] == "fpr"
    app.session_state["fairness thresholds"] = True
    app.session_state["fairness slices"] = True
    app.run()
    assert not app.exception
    assert "What parity costs" in texts(app)
    app.button(key="search slices").click().run()
    settled(app)
    assert "slices were tested" in unescape(texts(app))


# ---- a model on its pictures


def test_the_biased_model_is_flagged_on_skin_tone_without_a_click() -> None:
    app = opened()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="fairness model").value == BIASED
    shown = unescape(texts(app))
    assert "Audited on 1500 test pictures" in shown
    assert "By skin tone band, age band and their intersections" in shown
    first = shown.index("✗ flagged")
    assert "of the positives with skin tone band dark 7-10" in shown[first : first + 250]
    assert not [word for word in ("_band", "tpr[", "]×", "skin_tone") if word in shown], (
        "plain words"
    )
    assert "true positive rate" in shown.lower()
    assert app.get("bidi_component"), "its mistakes are pictures"
    assert BIASED in app.code[-1].value


def test_a_slice_in_the_address_shows_its_pictures() -> None:
    app = opened(model=BIASED, slice="skin_tone_band=dark+7-10")
    assert "Slice: skin tone band dark 7-10" in unescape(texts(app))
    assert "of 600 pictures are classified wrong" in unescape(texts(app))
    app.button(key="close slice").click().run()
    assert "slice" not in dict(app.query_params)


def test_a_slice_of_nothing_is_explained() -> None:
    app = opened(model=BIASED, slice="shoe=42")
    assert not app.exception
    assert any("shoe" in unescape(each.value) for each in app.warning)


def test_a_padded_number_reads_as_a_number_in_its_place() -> None:
    app = opened(
        FairnessChoice(source="model", model=BIASED, groups=("skin_tone",), intersections=False)
    )
    assert app.selectbox(key="fairness by").value == "skin_tone"
    pills = app.get("button_group")
    labels = [unescape(option.content) for group in pills for option in group.proto.options]
    tones = [label.split(" · ")[0] for label in labels if " wrong" in label]
    assert tones == [str(tone) for tone in range(1, 11)]


def test_visitors_are_not_told_of_options_of_the_command_line() -> None:
    rows = "\n".join(f"{'abc'[i % 3]},0.{i % 9},{'xy'[i % 2]}" for i in range(60))
    app = audited(
        f"y_true,score,sex\n{rows}".encode(), prediction="", score="score", groups=("sex",)
    )
    (error,) = app.error
    said = unescape(error.value)
    assert "A score needs two: name the positive class, and the others count" in said
    assert "--" not in said


# ---- options that few need, and other decisions


def test_a_table_that_is_too_large_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fairness_source, "MAX_MEGABYTES", 1)
    monkeypatch.setattr(services, "hold_table", lambda *_, **__: pytest.fail("it was read"))
    app = opened(FairnessChoice(source="table"))
    app.file_uploader[0].set_value([("big.csv", b"y,p\n" * 300_000, "text/csv")]).run()
    (error,) = app.error
    assert "big.csv has 1.20 MB; tables of up to 1 MB are taken here" in unescape(error.value)
    assert len(app.file_uploader) == 1


def test_adjustment_condition_and_cuts_reach_the_audit_and_the_address() -> None:
    app = audited(table(), groups=("sex", "id"), bins=("id=3",), intersections=False)
    assert not app.error
    assert app.text_input(key="fairness cuts/id").value == "3"
    assert "Holm" in unescape(texts(app))
    app.segmented_control(key="fairness adjust").set_value("bh").run()
    settled(app)
    assert app.query_params["adjust"] == "bh"
    app.selectbox(key="fairness condition").set_value("<b>age</b>").run()
    settled(app)
    assert not app.error
    shown = unescape(texts(app))
    assert "Benjamini" in shown
    assert "Conditional parity given <b>age</b>" in shown
    command = app.code[-1].value
    assert "--adjust bh" in command
    assert "--bin id=3" in command
    app.text_input(key="fairness cuts/id").set_value("9, 3").run()
    assert "rising cuts such as 18,30,65" in unescape(app.error[0].value)
    app.text_input(key="fairness cuts/id").set_value("100, 400").run()
    settled(app)
    assert app.query_params["bins"] == "id%3D100%2C400"
    assert fairness_choice.read(dict(app.query_params))[0].cuts()["id"] == "100,400"
    assert not app.error


def test_inequality_is_split_between_and_within_groups(report: FairnessReport) -> None:
    app = audited(table(), intersections=False)
    app.session_state["fairness inequality"] = True
    app.run()
    assert not app.exception
    html = "".join(str(each.proto.body) for each in app.get("html"))
    assert "Generalized entropy" in html
    assert "Theil" in html
    found = {(i.index, i.attribute, i.part): i.value for i in report.inequality}
    assert f"within groups {number(found['theil', 'sex', 'within'])}" in html
    assert number(found["theil", "", "total"]) in html


def test_other_decisions_are_judged_before_and_after_on_rows_held_out() -> None:
    app = audited(table(), groups=("sex",), intersections=False)
    app.session_state["fairness mitigation"] = True
    app.run()
    app.button(key="mitigate").click().run()
    settled(app)
    assert not app.exception
    assert not app.error
    html = unescape("".join(str(each.proto.body) for each in app.get("html")))
    row = html[html.index("Gap: Equal opportunity") :]
    before, after = re.findall(r"(\d+) points", row)[:2]
    assert int(before) > 30
    assert int(after) < int(before)
    assert "✗ flagged" in row
    shown = unescape(texts(app))
    assert "Decided from" in shown
    assert "python -m core mitigate" in "".join(code.value for code in app.code)


def test_of_whom_nobody_would_be_selected_is_said_with_the_reason() -> None:
    rng = np.random.default_rng(1)
    n = 400
    group = np.array(["a", "b"])[np.arange(n) % 2]
    label = np.where(group == "a", rng.integers(0, 2, n), 0)
    score = np.clip(0.3 + 0.4 * label + rng.normal(0, 0.1, n), 0, 1).round(3)
    score[(group == "b") & (np.arange(n) % 10 == 1)] = 1.0
    rows = zip(label, (score > 0.5).astype(int), score, group, strict=True)
    lines = ["y_true,y_pred,score,sex", *(",".join(map(str, row)) for row in rows)]
    app = audited("\n".join(lines).encode(), groups=("sex",), intersections=False)
    app.session_state["fairness mitigation"] = True
    app.run()
    app.button(key="mitigate").click().run()
    settled(app)
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert re.search(r"b never, since none of its \d+ rows is positive", shown)
    assert "from inf" not in shown


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"score": ""}, "map a score column above"),
        ({"by": "sex×<b>age</b>"}, "is an intersection"),
    ],
)
def test_what_other_decisions_need_is_said(changed: dict[str, str], words: str) -> None:
    app = audited(table(), **changed)
    app.session_state["fairness mitigation"] = True
    app.run()
    assert words in unescape(texts(app))
    assert "mitigate" not in {button.key for button in app.button}


# ---- parts


def test_the_address_holds_everything_and_leaves_out_what_does_not_fit() -> None:
    audit = FairnessChoice(
        source="table", table="a" * 64, label="y", score="s", groups=("a,b", "c%"), alpha=0.01,
        intersections=False, min_n=25, by="c%",
    )  # fmt: skip
    assert fairness_choice.read(audit.to_query()) == (audit, [])
    kept, problems = fairness_choice.read({"alpha": "2", "table": "../x", "min_n": "1.5"})
    assert kept == FairnessChoice()
    assert len(problems) == 3


def test_columns_are_guessed_from_names_and_rows() -> None:
    rows = (("7", "yes", "0.8", "2.0", "Ann", "f", "x"), ("8", "no", "0.1", "1.0", "Bob", "m", "y"))
    names = ("id", "Target", "probability", "weight", "name", "gender", "city")
    assert guessed(TablePreview(names, rows)) == Mapped(
        "Target", "", "probability", "weight", ("gender", "city")
    )
    assert guessed(TablePreview(("score",), (("12",),))) == Mapped(), "12 is no share"


def test_headlines_take_every_attribute_once_and_the_worst_first() -> None:
    found = [
        Finding("a×b", "tpr", "flag", "1"), Finding("a", "tpr", "flag", "2"),
        Finding("a", "fpr", "flag", "3"), Finding("b", "fpr", "pass", "4"),
        Finding("c", "fpr", "insufficient evidence", "5"),
    ]  # fmt: skip
    assert [f.text for f in fairness_text.chosen_findings(found)] == ["2", "1", "5"]


def test_the_plotted_interval_and_the_verdict_come_from_one_place(report: FairnessReport) -> None:
    rows = [
        GapRow(g.metric, g.difference, g.low, g.high, g.verdict)
        for g in report.gaps
        if g.attribute == "sex" and g.verdict != "excluded"
    ]
    figure = forest(rows, tolerance=report.rules.tolerance, mode="light")
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    band = figure.layout.shapes[0]
    assert band.x1 == pytest.approx(100 * report.rules.tolerance)
    assert len(lines) == len(rows)
    assert {row.verdict for row in rows} >= {"flag"}
    for line, row in zip(lines, rows, strict=True):
        beyond = line.x[0] >= band.x1
        assert beyond == (row.verdict == "flag")
        assert (line.line.color == LIGHT.bad) == beyond


def test_a_gap_without_interval_is_named_and_not_drawn() -> None:
    rows = [GapRow("x", math.nan, math.nan, math.nan, "excluded")]
    figure = forest(rows, tolerance=0.1, mode="dark")
    assert not figure.data
    assert "excluded" in figure.layout.annotations[0].text


def test_cells_below_the_minimum_say_so(report: FairnessReport) -> None:
    found = report.table("sex×<b>age</b>")
    few = [g for g, n in zip(found.groups, found.n, strict=True) if n < report.rules.min_n]
    assert few, "the rows without a sex are few"
    cell = fairness_groups._cell(report, found, few[0], "accuracy")
    assert cell.text == "too few"
    assert math.isnan(cell.value)


def test_curves_by_score_have_a_line_a_group_and_equal_names_stay_text() -> None:
    found = [
        Calibration("g", name, *(np.array([0.2, 0.8]),) * 4, np.array([5.0, 95.0]))
        for name in ("<i>a</i>", "b")
    ]
    figure = calibration(found, event="positive", mode="light")
    assert [trace.name for trace in figure.data[1:]] == ["&lt;i&gt;a&lt;/i&gt;", "b"]
    sizes = figure.data[1].marker.size
    assert sizes[1] > sizes[0], "larger marks hold more rows"
    curves = ScoreCurves(
        "g", ("a", "b"), np.array([0.2, 0.7]), np.array([[4.0, 2.0], [3.0, 3.0]]),
        np.array([[4.0, 1.0], [2.0, 0.0]]), np.array([4.0, 3.0]), np.array([4.0, 2.0]),
        np.array([1.0, 1.0]),
    )  # fmt: skip
    drawn = roc(curves, {"a": 0.7, "b": math.inf}, mode="light")
    marks = [trace for trace in drawn.data if trace.mode == "markers"]
    assert [(mark.x[0], mark.y[0]) for mark in marks] == [(0.25, 0.5), (0.0, 0.0)]


def test_the_cost_of_parity_is_drawn_in_points() -> None:
    found = ParityCost(
        "g", "tpr", ("a", "b"), np.array([0.0, 0.1]), np.array([0.7, 0.8]), np.array([0.0, 0.1]),
        np.zeros((2, 2)), 0.85,
    )  # fmt: skip
    assert list(cost(found, mode="light").data[0].x) == [0.0, 10.0]
