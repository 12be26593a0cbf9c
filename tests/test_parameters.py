from __future__ import annotations

import pytest

from core.errors import ParameterError
from core.parameters import Parameter, resolve

COUNT = Parameter("n", "int", 20, "Copies", low=1, high=500)
SHARE = Parameter("share", "float", 0.2, "Share", low=0.0, high=1.0)
MODE = Parameter("mode", "choice", "a", "Mode", choices=("a", "b"))
FLAG = Parameter("flag", "bool", True, "Flag")


@pytest.mark.parametrize(
    ("spec", "given", "expected"),
    [
        (COUNT, "50", 50),
        (COUNT, 1, 1),
        (SHARE, "0.5", 0.5),
        (MODE, "b", "b"),
        (FLAG, "False", False),
    ],
)
def test_parse_accepts_text_and_values(spec: Parameter, given: object, expected: object) -> None:
    assert spec.parse(given) == expected


@pytest.mark.parametrize(
    ("spec", "given"),
    [(COUNT, -1), (COUNT, "2.5"), (COUNT, True), (COUNT, "nan"), (SHARE, "inf"), (SHARE, 1.01),
     (MODE, "c"), (FLAG, "maybe"), (COUNT, "1e9"), (COUNT, None)],
)  # fmt: skip
def test_parse_says_what_came_and_what_is_expected(spec: Parameter, given: object) -> None:
    with pytest.raises(ParameterError) as error:
        spec.parse(given)
    assert str(given) in str(error.value)
    assert spec.expected in str(error.value)


def test_resolve_fills_defaults_in_order() -> None:
    assert list(resolve((COUNT, MODE), {"mode": "b"}, owner="m").items()) == [
        ("n", 20),
        ("mode", "b"),
    ]


def test_resolve_names_unknown_parameters() -> None:
    with pytest.raises(ParameterError, match=r"m has no parameter 'steps'. It takes: n, mode"):
        resolve((COUNT, MODE), {"steps": 3}, owner="m")
