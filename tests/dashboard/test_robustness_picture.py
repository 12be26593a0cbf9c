"""The section One picture of the Robustness page."""

from __future__ import annotations

import io
from html import unescape

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import ExplanationDrift
from dashboard import services
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.widgets.epsilon_slider import epsilon_data
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.robustness import page as robustness; robustness.page()"


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in {"section": "picture", "model": "portraits_fair", "method": "saliency",
                        "single": "fgsm", **query}.items():  # fmt: skip
        app.query_params[name] = value
    app.run()
    return settled(app)


@pytest.fixture(scope="module")
def found() -> ExplanationDrift:
    split = services.shown_split(services.models()["portraits_fair"].trained_on)
    picture = services.shown_source(split, 0)
    return api.explanation_drift(
        picture, model="portraits_fair", attack="fgsm", method="saliency",
        eps=["0.5/255", "16/255"],
    )  # fmt: skip


# ---- what the browser receives


def test_every_step_is_there_before_anybody_drags(found: ExplanationDrift) -> None:
    film = services.epsilon_frames(found)
    data = epsilon_data(found, film, step=1)
    assert [step["eps"] for step in data["steps"]] == ["0", "0.5/255", "16/255"]
    assert len(data["frames"]) == len(data["changes"]) == len(data["maps"]) == 3
    assert len(set(data["frames"])) == 3
    assert data["step"] == 1
    first, small, large = data["steps"]
    assert first["likeness"] == pytest.approx(1)
    assert first["factor"] == "nothing yet"
    assert "254 times" in small["factor"]
    assert "7 times" in large["factor"]
    assert large["probability"] < first["probability"]
    assert [len(step["facts"]) for step in data["steps"]] == [len(data["facts"])] * 3
    for step in data["steps"]:
        assert sum(bar["share"] for bar in step["top"]) == pytest.approx(1, abs=1e-4)
    assert epsilon_data(found, film, step=99)["step"] == 2


def test_pictures_reach_the_browser_to_the_last_bit(found: ExplanationDrift) -> None:
    """A lossy picture would hide or add just what is looked for."""
    import base64

    uri = services.epsilon_frames(found).frames[1]
    shown = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(shown), np.rint(found.frames[1] * 255))
    assert services.epsilon_frames(found) is services.epsilon_frames(found)


def test_an_address_says_all_and_is_read_back() -> None:
    trial = RobustnessChoice(section="picture", picture=7, single="bim", method="gradcam", step=4,
                  upload="ab" * 32)  # fmt: skip
    assert robustness_choice.read(trial.to_query()) == (trial, [])


def test_only_what_the_model_can_serve_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    assert next(iter(services.single_attacks("portraits_fair", "linf"))) == "pgd"
    assert set(services.single_attacks("portraits_fair", "area")) == {"patch"}
    cards = services.models()
    bare = cards | {"portraits_fair": replace(cards["portraits_fair"], gradients=False,
                                              features=False)}  # fmt: skip
    monkeypatch.setattr("dashboard.services._catalogue.models", lambda: bare)
    offered = services.single_attacks("portraits_fair", "linf")
    assert next(iter(offered)) == "square"
    assert not any(card.needs_gradients for card in offered.values())
    methods = services.single_methods("portraits_fair").values()
    assert methods
    assert not any(card.needs_gradients or card.uses_layer for card in methods)


# ---- the page


@pytest.mark.slow
def test_the_section_from_picture_to_evidence() -> None:
    app = opened(picture="3")
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "The decision" in shown
    assert "truly" in shown
    assert "What it can't show" in shown
    assert "FGSM against" in shown
    assert "--eps" in app.code[0].value
    app.selectbox(key="one picture single").set_value("uniform_noise")
    settled(app.run())
    assert app.query_params["single"] == "uniform_noise"
    assert "Uniform noise against" in unescape(texts(app)).replace("  ", " ")


def test_an_upload_is_attacked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import uploads

    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    picture = services.open_picture(buffer.getvalue(), name="<b>me</b>.png")
    item = uploads.Item(
        picture.sha256, picture.name, picture.name, "", buffer.getvalue(),
        services.thumbnail_uri(picture),
    )  # fmt: skip
    uploads._shelf.put(item.id, item)
    app = opened(upload=item.id)
    assert not app.exception
    assert not app.error
    assert "<b>" not in texts(app)
    assert "its true class is not known here" in unescape(texts(app))
    assert "The decision" in unescape(texts(app))


def test_what_is_gone_or_does_not_fit_is_said() -> None:
    app = opened(upload="f" * 64)
    assert not app.exception
    assert "not here any more" in unescape(texts(app))
    app = opened(picture="999999", single="<script>", method="nope")
    assert not app.exception
    shown = unescape(texts(app))
    assert "There is no picture 999999" in shown
    assert "The attack <script> does not fit" in shown
    assert "The method nope does not fit" in shown
    assert "<script>" not in texts(app)
    assert "The decision" in shown
