"""No address breaks a page: whatever stands in it, a reader returns something valid and says so."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.contracts import Slice
from dashboard import address, services, slice_choice
from dashboard.app_pages.compare import page_choice as compare_choice
from dashboard.app_pages.concepts import page_choice as concepts_choice
from dashboard.app_pages.examples import page_choice as examples_choice
from dashboard.app_pages.fairness import page_choice as fairness_choice
from dashboard.app_pages.fairness import visit
from dashboard.app_pages.leaderboard import page_choice as leaderboard_choice
from dashboard.app_pages.models import page_choice as models_choice
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.app_pages.shap import page_choice as shap_choice
from dashboard.state import Choice

HOSTILE = (
    "", " ", "²", "١", "५", "-1", "+5", " 5 ", "1_000", "0x10", "1e999", "nan", "inf", "5.5",
    "1e3", "9" * 5_000, "-" + "9" * 5_000, "½", "𝟓", "\x00", "\u202e5", "null", "[]",
    "{}", "<b>5</b>", "'; DROP TABLE", "../../etc/passwd", "%00", "%", "a=b", "=", "&", ",", ",,,,",
    "1,²,9" * 400, "~", "~~", "a~test~²", "portraits~test~" + "9" * 400, "😀" * 300,
    "9223372036854775808", "-9223372036854775809", "1/0", "1e-999", "0" * 5_000, "A" * 100_000,
)  # fmt: skip
CHOICE = Choice()
Reader = Callable[[Mapping[str, str]], Any]
READERS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "inspect": (
        address.read,
        ("model", "picture", "method", "target", "against", "layer", "framing", "compare", "with",
         "metrics", "mask", "p.steps", "p.²", "p."),
    ),
    "compare": (compare_choice.read, ("differ", "other", "path", "steps", "maximum")),
    "shap": (
        lambda query: shap_choice.read(query, CHOICE),
        ("explainer", "classes", "subject", "colour", "s.n_samples", "s."),
    ),
    "examples": (
        lambda query: examples_choice.read(query, CHOICE),
        ("regions", "count", "baseline", "towards", "removed", "source"),
    ),
    "concepts": (
        lambda query: concepts_choice.read(query, CHOICE),
        ("tab", "class", "steps", "seed", "source", "select", "label", "concepts", "ofclass",
         "asked", "tested", "group.", "group.x", "group.²"),
    ),
    "evidence": (leaderboard_choice.read, ("methods", "measure", "from", "n", "by", "run")),
    "fairness": (fairness_choice.read, tuple(fairness_choice.FairnessChoice.__dataclass_fields__)),
    "robustness": (
        robustness_choice.read,
        tuple(robustness_choice.RobustnessChoice.__dataclass_fields__),
    ),
    "models": (
        lambda query: models_choice.read(query if "view" in query else {"view": "new", **query}),
        ("view", "run", "with", "by", "dataset", "recipe", "base", "seed", "d.bias", "d.",
         "p.epochs", "p.epsilon", "p."),
    ),
    "slice": (slice_choice.read, ("slice",)),
    "visit": (lambda query: (visit.arrive(query), []), ("visit",)),
}  # fmt: skip
NUMBERS = {
    "inspect": ("target", "against"),
    "compare": ("steps",),
    "shap": ("subject", "classes"),
    "examples": ("count", "towards", "removed"),
    "concepts": ("class", "steps", "seed", "concepts"),
    "evidence": ("n",),
    "fairness": ("threshold", "alpha", "tolerance", "min_n"),
    "robustness": ("limit", "seed", "picture", "step", "certified", "reach", "severity"),
    "models": ("seed",),
}
"""Which parameters are numbers: what is none is told, and the default used."""
NO_NUMBERS = (
    "²",
    "١",
    "1_000",
    "0x10",
    "1e999",
    "nan",
    "inf",
    "9" * 5_000,
    "½",
    "<b>5</b>",
    "\x00",
)


def drawn(n: int = 40) -> Iterator[str]:
    """Yield texts of every kind, ``n`` of them by chance, the same ones every time."""
    rng = random.Random(16)
    signs = string.printable + "²١५½∞𝟓\u202e\x00😀é"
    yield from HOSTILE
    for _ in range(n):
        yield "".join(rng.choice(signs) for _ in range(rng.randint(0, 40)))
    for _ in range(n // 5):
        yield f"{rng.uniform(-1, 1) * 10.0 ** rng.randint(-20, 20):g}"


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are looked for once, not in each of thousands of readings."""
    runs = services.runs()
    monkeypatch.setattr(services, "runs", lambda: runs)


def spelled(found: Any) -> dict[str, str]:
    """Return a choice as an address."""
    return address.to_query(found) if isinstance(found, Choice) else found.to_query()


@pytest.mark.parametrize("n", [40, pytest.param(250, marks=pytest.mark.slow)])
@pytest.mark.parametrize("page", READERS)
def test_whatever_stands_in_it_no_parameter_breaks_a_page(page: str, n: int) -> None:
    read, names = READERS[page]
    texts = list(drawn(n))
    for name in names:
        for text in texts:
            found, problems = read({name: text})
            assert all(isinstance(problem, str) and len(problem) < 1500 for problem in problems)
            if hasattr(found, "to_query") or isinstance(found, Choice):
                again, _ = read(spelled(found))
                assert read(spelled(again))[0] == again, (name, text)


@pytest.mark.parametrize(("page", "name"), [(page, n) for page, ns in NUMBERS.items() for n in ns])
def test_what_is_no_number_is_told_in_one_line_and_the_default_is_used(
    page: str, name: str
) -> None:
    read, _ = READERS[page]
    default, none = read({})
    assert none == []
    for text in NO_NUMBERS:
        found, problems = read({name: text})
        assert found == default, text
        assert len(problems) == 1, text
        assert name in problems[0]
        assert "\n" not in problems[0]
        assert len(problems[0]) < 250


@pytest.mark.parametrize("text", ["²", "9" * 5_000, "١"], ids=["power", "long", "arabic"])
def test_lists_of_classes_keep_those_that_there_are(text: str) -> None:
    found, problems = address.read({"compare": "classes", "with": f"3,{text},5"})
    assert found.compared == ("3", "5")
    assert len(problems) == 1


def test_all_of_a_page_at_once() -> None:
    rng = random.Random(3)
    texts = list(drawn())
    for _ in range(300):
        for read, names in READERS.values():
            read({name: rng.choice(texts) for name in names})


@pytest.mark.parametrize("text", ["5", " 5 ", "+5", "5.0"])
def test_numbers_as_people_write_them_are_read(text: str) -> None:
    assert compare_choice.read({"steps": text}) == (
        replace(compare_choice.CompareChoice(), steps=5),
        [],
    )


def test_a_slice_that_is_none_leaves_everything() -> None:
    for text in drawn():
        assert isinstance(slice_choice.read({"slice": text})[0], Slice)


WORST = {
    "target": "²", "against": "9" * 5_000, "with": "²,1", "compare": "classes", "steps": "",
    "maximum": "nan", "classes": "²", "subject": "1e999", "count": "0x10", "seed": "१", "n": "²",
    "limit": "²", "alpha": "nan", "min_n": "9" * 5_000, "view": "new", "p.epochs": "²",
}  # fmt: skip


@pytest.mark.parametrize(
    "page", ["inspect", "shap", "leaderboard", "compare", "robustness", "models", "fairness"]
)
def test_the_page_stands_and_says_what_it_did_not_understand(page: str) -> None:
    script = (
        "from dashboard.guard import guarded\n"
        f"from dashboard.app_pages.{page}.page import page\n"
        "with guarded():\n"
        "    page()\n"
    )
    app = AppTest.from_string(script, default_timeout=120)
    for name, text in WORST.items():
        app.query_params[name] = text
    app.run()
    assert not app.exception
    assert not [error for error in app.error if "on our side" in error.value]
    assert app.warning
