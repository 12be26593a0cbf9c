"""One reader of numbers: what it reads, and everything else refused in one line."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from core import numerals
from core.errors import NumeralError, ParameterError
from core.parameters import Parameter
from core.robustness.epsilons import epsilon

NO_NUMBERS = (
    "", " ", "²", "١", "５", "1_000", "0x10", "0b1", "1e999", "-1e999", "nan", "NaN", "inf", "-inf",
    "infinity", "1e", "e5", "--5", "+-5", "1,5", "1 000", "1.2.3", "½", "∞", "\u202e5", "5\x00",
    "9" * 5_000, "0." + "0" * 5_000 + "1", "1e" + "9" * 5_000, "None", "true", "𝟓", "五", "1j",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_no_number_is_refused_in_one_short_line(text: str) -> None:
    for read in (numerals.whole, numerals.number, numerals.fraction):
        with pytest.raises(NumeralError) as refused:
            read(text)
        assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("+5", 5),
        ("-5", -5),
        ("1e3", 1000),
        ("5.0", 5),
        ("0005", 5),
        ("-0", 0),
    ],
)
def test_whole_numbers_as_people_write_them(text: str, value: int) -> None:
    found = numerals.whole(text)
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("given", [np.int64(3), np.float32(3), 3, 3.0, np.uint8(3)])
def test_numbers_of_libraries_are_numbers(given: object) -> None:
    assert numerals.whole(given, 0, 3) == 3
    assert numerals.number(given) == 3


def test_other_values_are_refused() -> None:
    for given in (None, True, [3], 3j, math.nan, math.inf, 10**5000, np.nan, b"3", {}, 2.5):
        with pytest.raises(NumeralError):
            numerals.whole(given, 0, 10)
        with pytest.raises(NumeralError):
            numerals.whole(given)


def test_bounds_are_told() -> None:
    with pytest.raises(NumeralError, match=r"a whole number from 1 to 24\. Received: 25\."):
        numerals.whole("25", 1, 24)
    with pytest.raises(NumeralError, match="a number of at most 2"):
        numerals.number("2.5", high=2)


def test_every_float_that_python_writes_is_read_back() -> None:
    rng = random.Random(0)
    for _ in range(2_000):
        value = rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300)
        assert numerals.number(repr(value)) == value
        assert numerals.number(f"{value:g}") == float(f"{value:g}")


@pytest.mark.parametrize("text", ["8/255", " 8 / 255 ", "0.031372549", "16/510", "8e0/2.55e2"])
def test_fractions(text: str) -> None:
    assert numerals.fraction(text) == pytest.approx(8 / 255, abs=1e-9)


@pytest.mark.parametrize("text", ["8/0", "1/2/3", "/255", "8/", "nan/1", "1e300/1e-300", "8/²"])
def test_what_is_no_fraction(text: str) -> None:
    with pytest.raises(NumeralError, match="such as 8/255"):
        numerals.fraction(text)


@pytest.mark.parametrize("text", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_parameters_and_epsilons_read_with_it(text: str) -> None:
    for kind in ("int", "float"):
        spec = Parameter("steps", kind, 5, "Steps", low=1, high=20)
        with pytest.raises(ParameterError, match="steps must be") as refused:
            spec.parse(text)
        assert len(str(refused.value)) < 200
    with pytest.raises(ParameterError, match="8/255"):
        epsilon(text, norm="linf", n_values=12)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("0,05", "0.05"), ("-3,5", "-3.5"), ("0,031", "0.031"), ("1,2345", "1.2345")],
)
def test_a_decimal_comma_is_told(given: str, meant: str) -> None:
    with pytest.raises(NumeralError, match=f"Write {meant}, with a decimal point"):
        numerals.number(given)
    with pytest.raises(NumeralError) as caught:
        numerals.whole(given)
    assert "Write" not in str(caught.value)


@pytest.mark.parametrize("given", ["1,000", "12,345", "1,234,567", "1,2,3", ",5"])
def test_what_may_be_thousands_is_not_guessed(given: str) -> None:
    with pytest.raises(NumeralError) as caught:
        numerals.number(given)
    assert "Write" not in str(caught.value)


@pytest.mark.parametrize("given", ["", "  ", "\t"])
def test_nothing_is_called_nothing(given: str) -> None:
    for read in (numerals.number, numerals.whole, numerals.fraction):
        with pytest.raises(NumeralError, match=r"Received: nothing\.$"):
            read(given)
