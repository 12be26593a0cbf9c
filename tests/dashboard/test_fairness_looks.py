"""The Fairness page's halves and looks: explore, confirm by a click, once; a reload counts on."""

from __future__ import annotations

from html import unescape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import DatasetPredictions
from dashboard import services, slice_choice
from dashboard.app_pages.fairness import page_choice as fairness_choice
from dashboard.app_pages.fairness import pictures as fairness_pictures
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from tests.dashboard.conftest import settled, texts
from tests.dashboard.test_fairness_page import audited, opened, table


def said(app: AppTest) -> str:
    assert not app.exception
    assert not app.error
    return unescape(texts(app))


def halves(app: AppTest, rows: str) -> AppTest:
    app.segmented_control(key="fairness rows").set_value(rows).run()
    return settled(app)


def test_all_rows_are_looked_at_and_the_first_look_is_said() -> None:
    shown = said(audited(table(seed=21)))
    assert "This is the first look at this table." in shown
    assert "exploratory" not in shown
    assert "half: " not in shown


def test_the_confirming_half_is_shown_by_a_click_and_counts_once() -> None:
    app = audited(table(seed=22), rows="explore", intersections=False)
    shown = said(app)
    assert "Exploring half: 300 of 600 rows" in shown
    assert "✗ flagged, exploratory" in shown
    assert "This is the first look at this table. Confirm on the half that is kept" in shown
    halves(app, "confirm")
    shown = said(app)
    assert "The other half is fresh" in shown
    assert "The gap is" not in shown, "nothing of it is seen before the click"
    offered = app.multiselect(key="fairness gaps").options
    assert [name for name in offered if "[" in name or "|" in name] == []
    assert "Equal opportunity" in offered, "the gaps that this table has, by name"
    app.multiselect(key="fairness gaps").set_value(["tpr"]).run()
    assert app.query_params["gaps"] == "tpr"
    assert app.query_params["rows"] == "confirm"
    app.button(key="confirm").click().run()
    settled(app)
    shown = said(app)
    assert "Confirming half: 300 of 600 rows" in shown
    assert "after 1 exploring look: no look on record had seen these rows" in shown
    assert "✗ flagged" in shown
    assert "exploratory" not in shown
    assert "--confirm" in app.code[-1].value
    assert "--gap tpr" in app.code[-1].value
    again = opened(**dict(app.query_params))
    assert "It counts once." in said(again), "a reload finds the confirmation"
    again.number_input(key="fairness rule/tolerance").set_value(0.2).run()
    shown = said(again)
    assert "The confirming half was looked at already, first on" in shown
    assert again.button(key="confirm").label == "Look all the same"
    assert "The gap is" not in shown


def test_whoever_looked_at_all_rows_is_told_that_no_half_is_fresh() -> None:
    app = audited(table(seed=23))
    halves(app, "confirm")
    assert "All rows were looked at before" in said(app)
    assert app.button(key="confirm").label == "Look all the same"


def test_looks_are_counted_over_the_page_and_a_reload_goes_on() -> None:
    app = audited(table(seed=24), groups=("sex",), intersections=False, rows="explore")
    app.session_state["fairness slices"] = True
    app.session_state["fairness mitigation"] = True
    app.run()
    app.button(key="search slices").click().run()
    settled(app)
    app.button(key="mitigate").click().run()
    settled(app)
    shown = said(app)
    assert "This is look 1 of 3 at this table (1 audit, 1 slice search, 1 mitigation)" in shown
    assert "This is look 2 of 3 at this table" in shown
    assert "This is look 3 at this table" in shown
    assert "a chance of up to 35%" in shown
    again = opened(**dict(app.query_params))
    assert "This is look 1 of 3 at this table" in said(again)
    again.number_input(key="fairness rule/alpha").set_value(0.01).run()
    settled(again)
    assert "This is look 4 at this table (2 audits" in said(again)


def test_another_visitor_is_told_of_own_looks_alone() -> None:
    data = table(seed=25)
    audited(data)
    other = audited(data, rows="confirm")
    assert "The other half is fresh" in said(other)


def test_a_slice_is_confirmed_alone() -> None:
    app = audited(table(seed=26), intersections=False, rows="confirm")
    app.session_state["slice looked at"] = slice_choice.Slice((("sex", "m"),))
    app.run()
    assert "Or confirm the slice sex m alone, by Accuracy" in said(app).replace("*", "")
    app.button(key="search slices").click().run()
    settled(app)
    shown = said(app)
    assert "Confirming half: 300 of 600 rows" in shown
    assert "1 of 1 slice that was asked for" in shown
    assert "Its verdicts are the confirmation" in shown
    assert "✗ flagged" in shown


def test_other_decisions_are_confirmed_in_place_of_the_gaps() -> None:
    app = audited(table(seed=27), intersections=False, rows="confirm")
    app.session_state["confirm mitigation"] = True
    app.run()
    shown = said(app)
    assert "Made from the exploring half, judged on the confirming half." in shown
    app.button(key="mitigate").click().run()
    settled(app)
    shown = said(app)
    assert "Decided from 300 rows, judged on 300 others." in shown
    assert "Its verdicts are the confirmation; a false flag has a chance of at most 20%" in shown
    app.run()
    assert app.button(key="confirm").label == "Look all the same", "the half has been used"
    unscored = audited(table(seed=28), rows="confirm", score="")
    unscored.session_state["confirm mitigation"] = True
    unscored.run()
    assert "mitigate" not in {button.key for button in unscored.button}


def test_pictures_of_the_other_half_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 40
    inside = api.explored(n)
    predictions = DatasetPredictions(
        key="", model="m", weights_sha256="", device="cpu", versions={}, seconds=0.0, dataset="d",
        fingerprint="", split="test", classes=("a", "b"), ids=tuple(map(str, range(n))),
        labels=np.zeros(n, np.int64), probabilities=np.tile([0.2, 0.8], (n, 1)).astype(np.float32),
        groups={"g": tuple("x" for _ in range(n))}, command="",
    )  # fmt: skip
    shown: list[np.ndarray] = []
    monkeypatch.setattr(fairness_pictures, "_asked", lambda _: (None, predictions))
    monkeypatch.setattr(
        fairness_pictures, "_pictures", lambda _run, _predictions, among, **_: shown.append(among)
    )
    for rows in ("explore", "confirm", "all"):
        subject = fairness_pictures.AuditedData(("g",), ("g",), options={"rows": rows})
        fairness_pictures.mistakes(subject, "g")
        fairness_pictures.of_slice(subject, "g=x")
    wanted = [np.flatnonzero(each) for each in (inside, ~inside, np.ones(n, bool))]
    for i, own in enumerate(wanted):
        assert shown[2 * i].tolist() == shown[2 * i + 1].tolist() == own.tolist()


def test_rows_and_gaps_are_in_the_address() -> None:
    audit = FairnessChoice(rows="confirm", gaps=("tpr", "fpr"))
    assert fairness_choice.read(audit.to_query()) == (audit, [])
    kept, problems = fairness_choice.read({"rows": "third"})
    assert kept.rows == "all"
    assert problems == ["rows is one of all, explore, confirm. The address holds: third."]
    assert "gaps" not in FairnessChoice(gaps=("tpr",)).confirmed(), "chosen gaps are for confirming"
    assert services.rows_taken("all", 3).all()
