"""The Inspect page, with the real core and real weights."""

from __future__ import annotations

import io
from html import unescape

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard import services
from tests.dashboard.conftest import Open, settled, texts

HOSTILE = "<img src=x onerror=alert(1)> **b** :red[x] $x^2$ [a](http://b).png"


def png(seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (*size, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "image/png")])
    return settled(app.run())


def test_the_landing_page_shows_a_prediction_and_a_map(open_app: Open) -> None:
    app = open_app()
    assert not app.exception
    assert not app.error
    assert "Grad-CAM for tiger cat" in unescape(texts(app))
    assert app.get("plotly_chart")
    assert app.query_params["picture"] == "cat"


@pytest.mark.usefixtures("map_alone")
def test_choosing_another_method_changes_map_and_address(open_app: Open) -> None:
    app = open_app()
    app.selectbox(key="method").set_value("layercam")
    settled(app.run())
    assert "LayerCAM for" in unescape(texts(app))
    assert app.query_params["method"] == "layercam"


@pytest.mark.usefixtures("map_alone")
def test_a_contrast_names_both_classes(open_app: Open) -> None:
    app = open_app(target="282", against="285")
    shown = unescape(texts(app))
    assert "rather than" in shown
    assert "difference of logits" in shown
    assert {box.key for box in app.selectbox} >= {"class/target", "class/against"}


@pytest.mark.usefixtures("map_alone")
def test_integrated_gradients_show_both_errors(open_app: Open) -> None:
    shown = unescape(texts(open_app(method="integrated_gradients", picture="coffee")))
    assert "Completeness error" in shown
    assert "summed defect" in shown


@pytest.mark.usefixtures("map_alone")
def test_parameters_come_from_the_address_and_go_back_to_it(open_app: Open) -> None:
    app = open_app(method="smoothgrad", **{"p.n_samples": "3"})
    assert app.number_input(key="parameter/smoothgrad/n_samples").value == 3
    app.number_input(key="parameter/smoothgrad/n_samples").set_value(4)
    settled(app.run())
    assert app.query_params["p.n_samples"] == "4"


@pytest.mark.usefixtures("map_alone")
def test_names_of_strangers_stay_text(open_app: Open) -> None:
    app = upload(open_app(), HOSTILE, png())
    assert not app.exception
    shown = texts(app)
    assert "<img" not in shown
    assert ":red[" not in shown
    assert "**b**" not in shown
    assert "onerror" in shown, "the name itself is shown"


@pytest.mark.usefixtures("map_alone")
def test_a_refused_file_is_explained_and_the_page_goes_on(open_app: Open) -> None:
    app = upload(open_app(), "report.png", b"%PDF-1.7 " + b"0" * 200)
    assert not app.exception
    assert "PDF" in app.error[0].value
    assert "Grad-CAM for" in unescape(texts(app))


@pytest.mark.usefixtures("map_alone")
def test_the_same_picture_twice_is_kept_once(open_app: Open) -> None:
    app = upload(upload(open_app(), "a.png", png(1)), "b.png", png(1))
    assert len(app.session_state["uploads"]) == 1


@pytest.mark.usefixtures("map_alone")
def test_weights_that_are_missing_are_one_calm_error(open_app: Open) -> None:
    app = open_app(model="resnet50")
    assert not app.exception
    assert len(app.error) == 1
    assert "resnet50" in unescape(app.error[0].value)
    assert "Traceback" not in texts(app)


@pytest.mark.usefixtures("map_alone")
def test_our_own_mistakes_never_show_a_traceback(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(services, "prediction_request", broken)
    app = open_app(wait=False)
    assert not app.exception
    assert "Something went wrong on our side" in app.error[0].value
    assert "secret" not in texts(app)


@pytest.mark.usefixtures("map_alone")
def test_a_picture_that_is_gone(open_app: Open) -> None:
    app = open_app(picture="f" * 64)
    assert "not here any more" in app.info[0].value


@pytest.mark.usefixtures("map_alone")
def test_nonsense_in_the_address_is_said_and_left_out(open_app: Open) -> None:
    app = open_app(model="nope", method="nope", target="crane", layer="nope", **{"p.x": "1"})
    assert len(app.warning) == 5
    assert "Grad-CAM for" in unescape(texts(app))


@pytest.mark.usefixtures("map_alone")
def test_comparisons_ask_for_every_member(open_app: Open) -> None:
    app = open_app(compare="classes", **{"with": "281,282"})
    assert app.multiselect(key="compared/classes").value == ["281", "282"]
    assert not app.exception
