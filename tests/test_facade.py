"""The facade says what it takes and gives: to a type checker, to ``help()``, to a reader."""

from __future__ import annotations

import inspect
import pydoc
import re
import tomllib
from pathlib import Path

import pytest
from mypy import api as checker

from core import api, errors
from core.docstrings import read_docstring
from docs.reference import public

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = {
    name: item for name, item in public(api).items() if inspect.isfunction(inspect.unwrap(item))
}
WITH_OPTIONS = [
    name
    for name, function in FUNCTIONS.items()
    if inspect.unwrap(function).__code__.co_flags & inspect.CO_VARKEYWORDS
]


def test_the_functions_are_found() -> None:
    assert len(FUNCTIONS) > 140
    assert {"explain", "fairness", "drift_request", "wilson"} <= FUNCTIONS.keys()
    assert len(WITH_OPTIONS) > 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_and_every_result_has_a_type(name: str) -> None:
    signature = inspect.signature(FUNCTIONS[name])
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    for parameter in signature.parameters.values():
        # An object is checked inside: what a source may be is each modality's to say.
        assert parameter.annotation not in (inspect.Parameter.empty, "Any"), parameter
    assert signature.return_annotation not in (inspect.Signature.empty, "Any", "object")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_docstring_says_what_goes_in_what_comes_out_and_what_is_raised(name: str) -> None:
    function = FUNCTIONS[name]
    signature, docstring = inspect.signature(function), read_docstring(function.__doc__ or "")
    assert docstring.lead.splitlines()[0].endswith(".")
    told = [each for entry in docstring.entries("Parameters") for each in entry.names]
    assert sorted(told) == sorted(signature.parameters), "each once, by its name"
    assert bool(docstring.entries("Returns")) == (signature.return_annotation != "None")
    for entry in docstring.entries("Raises"):
        assert entry.text
        assert all(hasattr(errors, each) or each == "ValueError" for each in entry.names)
    known = ["Parameters", "Returns", "Raises", "Notes", "Examples"]
    assert list(docstring.sections) == [each for each in known if each in docstring.sections]


@pytest.mark.parametrize("name", WITH_OPTIONS)
def test_help_names_the_options_that_a_type_checker_knows(name: str) -> None:
    function = FUNCTIONS[name]
    written = re.fullmatch(r"Unpack\[(\w+)\]", function.__annotations__["options"])
    assert written, f"{name}: **options: Unpack[…] of a TypedDict"
    declared = function.__globals__[written[1]]
    code = function.__code__
    own = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    signature = inspect.signature(function)
    shown = {p.name: p for p in signature.parameters.values() if p.name not in own}
    refused = {"against"} if "drift" in name else set()  # said in the docstring
    assert shown.keys() == declared.__annotations__.keys() - own - refused
    left_open = {each for each, p in shown.items() if p.default is inspect.Parameter.empty}
    assert left_open == set(declared.__required_keys__)
    text = pydoc.plain(pydoc.render_doc(function))
    assert all(f"{option}: " in text for option in shown)


def test_help_shows_defaults_and_what_options_mean() -> None:
    text = pydoc.plain(pydoc.render_doc(api.explain))
    assert "method: 'str' = 'gradcam'" in text
    assert "Explains logit(target) − logit(against)." in text
    assert "attribute: 'str', constraint: 'str' = 'tpr'" in pydoc.plain(
        pydoc.render_doc(api.mitigate)
    )


def test_what_is_no_option_is_an_error_of_the_caller(cat: Path) -> None:
    for function in (api.predict, api.explain):
        with pytest.raises(TypeError, match="metod"):
            function(cat, metod="rise")  # type: ignore[operator]


def test_the_style_check_asks_the_type_checker() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert {"core", "dashboard", "docs", "tests/typed_answers.py"} <= set(settings["files"])


@pytest.mark.slow
def test_a_type_checker_knows_every_answer() -> None:
    """``tests/typed_answers.py`` asserts the types; none of its ``ignore``s may be without need."""
    said, errors, status = checker.run(
        ["--warn-unused-ignores", "--follow-imports=silent", str(ROOT / "tests/typed_answers.py")]
    )
    assert (status, errors) == (0, ""), said
