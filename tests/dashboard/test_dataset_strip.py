"""Pages about a model that was trained on a dataset: its pictures and what is known of them."""

from __future__ import annotations

from html import unescape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.contracts import DatasetPredictions
from dashboard import dataset_pictures, model_text, services
from dashboard.app_pages.compare.page_choice import CompareChoice
from dashboard.app_pages.compare.sides import KINDS, other_of
from dashboard.app_pages.picture import picture_selection
from dashboard.state import Choice
from tests.dashboard.conftest import Open, settled, texts

FAIR = "portraits_fair"
STRIP = """
from dashboard import address, state
from dashboard.app_pages.picture import strip as inspect_strip
import streamlit as st
choice = state.current() or state.begin(address.read({"model": "portraits_fair"})[0])
inspect_strip.strip(choice)
st.caption(f"chosen {choice.picture}")
"""


def strip() -> AppTest:
    return AppTest.from_string(STRIP, default_timeout=30).run()


# ---- Inspect


@pytest.mark.slow
def test_a_model_of_portraits_is_shown_a_portrait_with_what_is_known_of_it(open_app: Open) -> None:
    app = open_app(model=FAIR)
    shown = unescape(texts(app))
    assert not app.exception
    assert app.query_params["picture"] == "portraits~test~1000"
    assert "Truly **glasses**" in shown
    assert "✓ the model is right" in shown
    assert "Test picture 1000 of Portraits · skin tone" in shown
    assert "of the map's weight lies on the glasses" in shown
    assert "mask: the glasses, from the dataset" in shown
    assert "1 to 12 of 1500 test pictures" in shown
    assert "Comes with Pellucid: trained from scratch on Portraits" in shown


@pytest.mark.usefixtures("map_alone")
def test_choosing_models_brings_fitting_pictures_and_says_when_one_does_not_fit(
    open_app: Open,
) -> None:
    app = open_app(wait=False, picture="portraits~test~7")
    assert app.query_params["picture"] == "portraits~test~7", "a link always wins"
    assert "the model knows other classes" in unescape(texts(settled(app)))
    app.selectbox(key="model").set_value(FAIR).run()
    assert app.query_params["picture"] == "portraits~test~7"
    app.selectbox(key="model").set_value("efficientnet_lite0").run()
    assert app.query_params["picture"] == "cat"
    assert "test pictures" not in texts(app)
    app.selectbox(key="model").set_value(FAIR).run()
    assert app.query_params["picture"] == "portraits~test~1000"


def test_a_picture_without_an_object_makes_no_claim_about_one(open_app: Open) -> None:
    data = services.shown_split("portraits")
    bare = next(one for one in dataset_pictures.first_facts(data, 12) if one.label_name == "none")
    app = open_app(model=FAIR, picture=bare.place.id)
    shown = unescape(texts(app))
    assert "Truly **none**" in shown
    assert "weight lies on the none" not in shown
    assert "from the dataset" not in shown
    assert "Where is the object? Draw it" in {fold.label for fold in app.expander}


# ---- the strip


def test_another_twelve_and_back() -> None:
    app = strip()
    app.button(key="shelf/later").click().run()
    assert "13 to 24 of 1500 test pictures" in texts(app)
    app.button(key="shelf/earlier").click().run()
    assert "1 to 12 of 1500 test pictures" in texts(app)
    assert app.button(key="shelf/earlier").disabled


def test_a_picture_that_comes_by_link_is_in_the_strip() -> None:
    app = strip()
    order = services.shown_split("portraits").order
    app.session_state["choice"] = Choice(model=FAIR, picture=f"portraits~test~{order[30]}")
    app.run()
    assert "25 to 36 of 1500" in texts(app)


def test_only_its_mistakes_are_shown_once_the_model_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = services.run(FAIR)
    assert run is not None
    data = services.shown_split("portraits")
    right = [[float(i == label) for i in range(3)] for label in data.labels]
    for wrong in (4, 8):
        right[wrong].append(right[wrong].pop(0))
    request = services.predictions_request(run)
    said = _predictions(request.key, right)
    monkeypatch.setattr(services, "kept", lambda key: said if key == request.key else None)
    app = strip()
    app.session_state["shelf"] = picture_selection.PictureSelection("portraits", wrong=True)
    app.run()
    assert not app.exception
    assert "1 to 2 of 2 test pictures: its mistakes" in unescape(texts(app))
    left = picture_selection.narrowed(
        data, picture_selection.PictureSelection("portraits", wrong=True), said
    )
    assert sorted(left) == [4, 8]


def _predictions(key: str, rows: list[list[float]]) -> DatasetPredictions:
    data = services.shown_split("portraits")
    return DatasetPredictions(
        key=key, model=FAIR, weights_sha256="", versions={}, device="", seconds=0.0, cached=False,
        dataset="portraits", fingerprint=data.fingerprint, split="test",
        classes=data.classes, ids=data.ids, labels=data.labels,
        probabilities=np.array(rows, np.float32), groups=dict(data.groups), command="",
    )  # fmt: skip


# ---- the list of models


def test_models_are_told_apart_what_is_at_hand_first() -> None:
    every = model_text.model_labels()
    labels = {id: text for id, text in every.items() if not id.startswith("toy_")}  # other tests'
    ids = list(labels)
    assert ids[0] == "efficientnet_lite0"
    assert set(ids[1:4]) == {"portraits_biased", FAIR, "portraits_robust"}
    assert labels[FAIR].startswith("◆ ")
    assert labels["resnet50"].startswith("↓ ")
    assert len(set(labels.values())) == len(labels)
    assert all(symbol in model_text.legend() for symbol in "◆●▾↥↓")


# ---- the other pages


def test_compare_proposes_a_model_of_the_same_classes_and_pictures_of_the_dataset() -> None:
    choice = Choice(model=FAIR, picture="portraits~test~1000")
    other = other_of(choice, CompareChoice(differ="model"), None)
    assert services.class_names(other) == services.class_names(FAIR)
    left = KINDS["model"].lead
    assert left is not None
    assert left(choice, "efficientnet_lite0").picture == "cat"
    assert KINDS["model"].move(choice, "efficientnet_lite0").picture == choice.picture


def test_compare_knows_a_picture_of_a_link() -> None:
    app = AppTest.from_string("""
from dashboard.app_pages.compare.sides import options_of, other_of
from dashboard.app_pages.compare.page_choice import CompareChoice
from dashboard.state import Choice
import streamlit as st
choice = Choice(model="portraits_fair", picture="portraits~test~1000")
pair = CompareChoice(differ="picture", other="portraits~test~77")
st.caption(f"{other_of(choice, pair, None)}: {options_of(choice, pair, None)[pair.other]}")
""").run()
    assert app.caption[0].value.startswith("portraits~test~77: ")


def test_shap_compares_with_the_dataset() -> None:
    app = AppTest.from_string("""
from dashboard import uploads
from dashboard.app_pages.shap import controls as shap_controls
from dashboard.app_pages.shap.page_choice import ShapChoice
from dashboard.state import Choice
import streamlit as st
picture = uploads.picture(uploads.find("portraits~test~1000"))
against = shap_controls.background(
    picture, Choice(model="portraits_fair"), ShapChoice(explainer="gradient"))
st.caption(f"{len(against.sources)} {against.words}")
""").run()
    assert not app.exception
    assert app.caption[0].value.startswith("23 Compared with 23 test pictures")


@pytest.mark.parametrize("by", ["", "skin_tone_band"])
def test_leaderboards_take_the_dataset_with_its_groups(by: str) -> None:
    app = AppTest.from_string(f"""
from dashboard.app_pages.leaderboard import pictures as leaderboard_pictures
from dashboard.app_pages.leaderboard.page_choice import LeaderboardChoice
import streamlit as st
taken = leaderboard_pictures.choose(LeaderboardChoice(count=9, by={by!r}), "portraits_fair")
sizes = [picture.width for picture in taken.open()]
st.caption(f"{{sizes}} {{sorted(set(taken.groups))}}")
""").run()
    assert not app.exception
    groups = ["dark 7-10", "light 1-3", "medium 4-6"] if by else []
    assert app.caption[-1].value == f"{[64] * 9} {groups}"
