"""The Compare page: what differs, what each side shows, and what happens when one side fails."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.api import JobView
from core.contracts import Request
from core.errors import PellucidError
from dashboard import services
from dashboard.app_pages.compare import page_choice as compare_choice
from dashboard.app_pages.compare.page_choice import CompareChoice
from dashboard.app_pages.compare.sides import KINDS, other_of
from dashboard.services import _catalogue
from dashboard.state import Choice
from tests.dashboard.conftest import Open, settled, texts

PAGE = "from dashboard.app_pages.compare import page as compare; compare.page()"


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return settled(app.run())


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.fixture
def toy_models(toys: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show the toys in the list of models, and compute in this process: workers have no toys."""

    def submit(request: Request, *, owner: str, patience: float) -> JobView:
        try:
            result, error = api.answer(request), None
        except PellucidError as problem:
            result, error = None, problem
        return JobView(
            request.key, request.kind, "interactive", "failed" if error else "done", 1.0, "", None,
            0, 1, error, result, 0.0, (),
        )  # fmt: skip

    monkeypatch.setattr(services, "submit", submit)
    _catalogue._models.cache_clear()
    yield
    _catalogue._models.cache_clear()


PAIRS = [
    CompareChoice(),
    CompareChoice(differ="class", other="285"),
    CompareChoice(differ="picture", other="coffee", path="noise"),
    CompareChoice(differ="model", other="resnet50", path="adversarial", steps=4, maximum=0.5),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.differ)
def test_an_address_says_all_and_is_read_back(pair: CompareChoice) -> None:
    assert compare_choice.read(pair.to_query()) == (pair, [])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"differ": "<b>"}, "differ=<b>"),
        ({"path": "nope"}, "path=nope"),
        ({"steps": "0"}, "from 1 to 24"),
        ({"path": "adversarial", "maximum": "99"}, "at most 32/255"),
        ({"path": "noise", "maximum": "nan"}, "above 0"),
    ],
)
def test_what_does_not_fit_is_left_out_and_said(query: dict[str, str], said: str) -> None:
    pair, problems = compare_choice.read(query)
    assert len(problems) == 1
    assert said in problems[0]
    assert pair in (CompareChoice(), CompareChoice(path=query.get("path", "")))


@pytest.mark.parametrize("differ", compare_choice.DIFFERS)
def test_the_right_side_differs_in_one_respect_only(differ: compare_choice.Differ) -> None:
    choice = Choice(target=281)
    other = other_of(choice, CompareChoice(differ=differ), None)
    moved = KINDS[differ].move(choice, other)
    changed = {n for n in ("method", "model", "target", "picture")
               if getattr(moved, n) != getattr(choice, n)}  # fmt: skip
    assert changed == {"target" if differ == "class" else differ}


def test_two_methods_with_the_numbers_first() -> None:
    app = opened(method="gradcam", other="layercam")
    assert not app.exception
    assert not app.error
    assert set(metrics(app)) == {
        "Rank correlation", "Strongest tenth shared", "Structural similarity",
    }  # fmt: skip
    assert float(metrics(app)["Rank correlation"]) > 0.5
    shown = unescape(texts(app))
    assert "the maps largely agree" in shown
    assert "What this can't show" in shown
    assert app.query_params["other"] == "layercam"
    assert app.query_params["differ"] == "method"


def test_a_choice_on_the_right_goes_into_the_address() -> None:
    app = opened(other="layercam")
    app.selectbox(key="pair/right").set_value("gradcam")
    settled(app.run())
    assert app.query_params["other"] == "gradcam"
    assert float(metrics(app)["Rank correlation"]) == 1


def test_two_classes_have_one_prediction_and_a_raw_difference() -> None:
    app = opened(differ="class", target="281", other="285")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    assert "Both sides: what the model says" in unescape(texts(app))


def test_two_pictures_are_not_compared_pixel_by_pixel() -> None:
    app = opened(differ="picture", other="coffee")
    assert not app.exception
    assert not app.metric
    assert "different pictures" in unescape(app.info[0].value)
    assert len(app.get("plotly_chart")) == 2


def test_a_side_without_weights_says_so_and_the_other_stays() -> None:
    app = opened(differ="model", other="resnet50")
    assert not app.exception
    assert len(app.error) == 1
    assert "The weights of resnet50 are not here" in unescape(app.error[0].value)
    assert len(app.get("plotly_chart")) == 1
    assert "Traceback" not in texts(app)


def test_a_picture_that_is_gone_is_missed_on_its_side_only() -> None:
    app = opened(differ="picture", other="f" * 64)
    assert not app.exception
    assert "not here any more" in app.error[0].value
    assert len(app.get("plotly_chart")) == 1


def test_two_models(toy_models: None) -> None:
    app = opened(
        differ="model", model="toy_gap", other="toy_linear", method="saliency", framing="squash"
    )
    assert not app.exception
    assert not app.error
    assert "Rank correlation" in metrics(app)
    assert len(app.get("plotly_chart")) == 2


def test_a_model_without_what_the_method_needs_says_so(toy_models: None) -> None:
    app = opened(differ="model", model="toy_gap", other="toy_linear", method="gradcam")
    assert not app.exception
    assert "declares none" in unescape(app.error[0].value)
    assert len(app.get("plotly_chart")) == 1


def test_models_that_see_different_classes_offer_to_explain_one(toy_models: None) -> None:
    app = opened(
        differ="model", model="toy_gap", other="toy_linear", method="saliency", framing="squash"
    )
    app.button(key="same class").click()
    settled(app.run())
    assert not any(b.key == "same class" for b in app.button)
    assert app.query_params["target"] != "auto"


def test_a_path_is_followed_and_said_in_words(toy_models: None) -> None:
    app = opened(model="toy_gap", framing="squash", other="layercam", path="occlude", steps="3")
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "The decision" in shown
    assert "3 steps" in shown
    assert app.query_params["steps"] == "3"
    app.number_input(key="drift/steps").set_value(2)
    settled(app.run())
    assert "2 steps" in unescape(texts(app))


def test_no_path_is_followed_unless_asked_for() -> None:
    app = opened(other="layercam")
    assert "Choose how the left picture changes" in texts(app)
    assert "path" not in app.query_params


def test_models_without_gradients_are_offered_no_adversarial_path(
    toy_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from core.models import zoo

    monkeypatch.setitem(zoo._registered, "toy_gap", replace(zoo.get("toy_gap"), gradients=False))
    free = next(m.id for m in api.methods() if not m.needs_gradients)
    app = opened(model="toy_gap", method=free, framing="squash")
    assert not app.exception
    assert "no gradients, so there is no adversarial path" in texts(app)


def test_nonsense_in_the_address_is_said_and_left_out() -> None:
    app = opened(differ="nope", other="<script>", path="nope")
    assert not app.exception
    assert len(app.warning) == 2
    assert "<script>" not in texts(app)
    assert "Rank correlation" in metrics(app)


def test_inspect_hands_over_what_it_compared(open_app: Open) -> None:
    app = open_app(compare="methods", **{"with": "gradcam,layercam"})
    app.button(key="to compare").click()
    settled(app.run())
    assert not app.exception
    assert "Rank correlation" in metrics(app)
    assert app.query_params["method"] == "gradcam"
    assert app.query_params["other"] == "layercam"
