"""The parts that need no page: address, words, cache, theme, figures, examples, desk."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.contracts import ClassScore
from dashboard import address, formatting, glossary, lru, services, state, theme, uploads
from dashboard.figures.ranking import ranking
from dashboard.state import Choice

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "assets" / "examples"

CHOICES = [
    Choice(),
    Choice(picture="coffee", method="smoothgrad", target=967, parameters=(("n_samples", 5),)),
    Choice(method="scorecam", layer="block10_add", reading=(("geometry", "letterbox"),)),
    Choice(target=281, against=282, compare="methods", compared=("gradcam", "saliency")),
    Choice(picture="a" * 64, compare="classes", compared=("1", "2")),
]


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.method)
def test_an_address_says_all_and_is_read_back(choice: Choice) -> None:
    assert address.read(address.to_query(choice)) == (choice, [])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"model": "nope"}, "model=nope"),
        ({"target": "crane"}, "crane"),
        ({"target": "5", "against": "5"}, "against itself"),
        ({"method": "smoothgrad", "p.n_samples": "-1"}, "n_samples must be"),
        ({"method": "smoothgrad", "p.nope": "1"}, "has no parameter nope"),
        ({"layer": "nope"}, "no layer nope"),
        ({"framing": "round"}, "framing=round"),
    ],
)
def test_what_does_not_fit_is_left_out_and_said(query: dict[str, str], said: str) -> None:
    choice, problems = address.read(query)
    assert len(problems) == 1
    assert said in problems[0]
    assert choice == replace(
        Choice(), method=query.get("method", "gradcam"), target=5 if "against" in query else None
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.500"),
        (12.345, "12.3"),
        (9.996, "10.0"),
        (1e-9, "1.00·10⁻⁹"),
        (np.nan, "not finite"),
        (123456.0, "123\u202f000"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert formatting.number(value) == text


def test_the_cache_keeps_within_its_weight_and_drops_the_oldest() -> None:
    cache = lru.Lru[str, bytes](10, len)
    for name in "abc":
        cache.put(name, b"1234")
    assert cache.get("a") is None
    assert cache.get("b") == b"1234"
    cache.put("d", b"1234")
    assert cache.get("c") is None
    assert cache.get("b") is not None


@pytest.mark.parametrize(("name", "tokens"), [("light", theme.LIGHT), ("dark", theme.DARK)])
def test_streamlit_and_plotly_share_their_colours(name: str, tokens: theme.Tokens) -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][name]
    assert config["primaryColor"] == config["linkColor"] == tokens.accent
    assert config["backgroundColor"] == tokens.surface
    assert config["secondaryBackgroundColor"] == tokens.raised
    assert config["textColor"] == tokens.text
    assert config["borderColor"] == tokens.line


def test_the_server_listens_to_this_machine_alone() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["runner"]["postScriptGC"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


def scores() -> list[ClassScore]:
    return [ClassScore(3, "<b>cat</b>", 0.75), ClassScore(4, "x" * 80, 0.00001)]


def test_the_ranking_marks_the_explained_class_by_more_than_colour() -> None:
    figure = ranking(scores(), explained=(3,), mode="light")
    names = [note.text for note in figure.layout.annotations]
    assert any("●" in name and "&lt;b&gt;cat" in name for name in names)
    assert {"75.0\xa0%", "<\xa00.01\xa0%"} <= set(names)
    assert figure.data[0].marker.color == (theme.LIGHT.accent, theme.LIGHT.bar)
    assert list(figure.data[0].x) == [0.75, 0.00001]


def test_a_contrast_has_two_different_marks() -> None:
    names = [n.text for n in ranking(scores(), explained=(4, 3), mode="dark").layout.annotations]
    assert "<b>○ &lt;b&gt;cat&lt;/b&gt;</b>" in names
    assert any(name.startswith("<b>● x") for name in names)


def test_the_ranking_is_pure() -> None:
    given = scores()
    first = ranking(given, explained=(4,), mode="dark").to_json()
    assert ranking(given, explained=(4,), mode="dark").to_json() == first
    assert given == scores()


def test_every_example_is_small_and_has_a_licence() -> None:
    entries = json.loads((EXAMPLES / "examples.json").read_text())
    licences = (EXAMPLES / "LICENSES.md").read_text()
    assert {entry["file"] for entry in entries} == {f.name for f in EXAMPLES.glob("*.jpg")}
    for entry in entries:
        assert (EXAMPLES / entry["file"]).stat().st_size <= 150 * 1024
        assert f"`{entry['file']}`" in licences
    assert list(uploads.examples()) == [entry["id"] for entry in entries]


def test_terms_that_pages_ask_for_exist() -> None:
    used = {
        text.split('"')[0]
        for path in (ROOT / "dashboard").rglob("*.py")
        for text in path.read_text().split('glossary.explain("')[1:]
    }
    assert used <= set(glossary.TERMS)


def test_the_choice_knows_its_question() -> None:
    assert Choice().focus == "predicted"
    assert Choice(target=1).focus == "class"
    assert Choice(target=1, against=2).focus == "contrast"
    assert Choice(against=2).focus == "contrast"


def test_default_choice_exists() -> None:
    choice = state.Choice()
    assert choice.model in services.models()
    assert choice.method in services.methods()
    assert choice.picture in uploads.examples()


def test_methods_that_a_model_cannot_serve_are_left_out_with_the_reason() -> None:
    card = services.model("efficientnet_lite0")
    of_tokens = {"attention_gradient", "attention_rollout"}
    assert services.offered(card).keys() == services.methods().keys() - of_tokens
    assert services.not_offered(card).keys() == {"has no attention over a grid of tokens"}
    transformer = replace(card, attention=True)
    assert services.offered(transformer).keys() == services.methods().keys()
    assert not services.not_offered(transformer)
    blind = replace(card, gradients=False, features=False)
    assert "rise" in services.offered(blind)
    assert not {"saliency", "scorecam"} & services.offered(blind).keys()
    reasons = services.not_offered(blind)
    assert "Gradient" in reasons["has no gradients"]
    assert "Score-CAM" in reasons["has no convolutional feature layer"]
