"""Choices and addresses: what a field's spelling reads is what it writes, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from core.contracts import Parameter
from dashboard import query
from dashboard.query import AddressedChoice, Asked, Codec, cut, not_in_address
from dashboard.query_codecs import (
    among,
    listed,
    names,
    number,
    of,
    one_of,
    parameters,
    quoted,
    switch,
    whole,
    whole_from,
    wholes,
)


@dataclass(frozen=True)
class Owner:
    name: str = "Blur"
    parameters: tuple[Parameter, ...] = (
        Parameter("sigma", "float", 2.0, "its width", low=0.0, high=9.0),
        Parameter("soft", "bool", False, "soft edges"),
    )


@dataclass(frozen=True)
class Everything(AddressedChoice):
    """A field of every kind."""

    plain: str = "auto"
    short: Annotated[str, cut(3)] = ""
    kind: Annotated[str, one_of(("a", "b"))] = "a"
    steps: Annotated[int, whole(1, 24).called("n")] = 8
    of_class: Annotated[int | None, whole(0, lambda asked: int(asked.about))] = None
    limit: Annotated[int, among(64, 0, note=", 0 for all")] = 64
    seed: Annotated[int, whole_from(0, 10**9)] = 0
    level: Annotated[float, number(0, 1)] = 0.05
    on: Annotated[bool, switch()] = True
    key: Annotated[str, of("[0-9a-f]{4}|", "is a key")] = ""
    some: Annotated[tuple[str, ...], names("holds names")] = ()
    strangers: Annotated[tuple[str, ...], quoted()] = ()
    known: Annotated[tuple[str, ...], listed(lambda _: ("x", "y", "z"), most=2)] = ()
    classes: Annotated[tuple[int, ...], wholes(lambda asked: int(asked.about))] = ()
    said: Annotated[str, one_of(("p", "q")).always()] = "p"
    values: Annotated[tuple[tuple[str, Any], ...], parameters("v.", lambda _: Owner())] = ()
    own: Annotated[tuple[str, ...], not_in_address] = ()


SPELLED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"plain": ""}, {"plain": ""}),
    ({"plain": "x=&y"}, {"plain": "x=&y"}),
    ({"short": "abc"}, {"short": "abc"}),
    ({"kind": "b"}, {"kind": "b"}),
    ({"steps": 24}, {"n": "24"}),
    ({"of_class": 0}, {"of_class": "0"}),
    ({"limit": 0}, {"limit": "0"}),
    ({"seed": 7}, {"seed": "7"}),
    ({"level": 0.5}, {"level": "0.5"}),
    ({"on": False}, {"on": "false"}),
    ({"key": "00ff"}, {"key": "00ff"}),
    ({"some": ("u", "v")}, {"some": "u,v"}),
    ({"strangers": ("a,b", "<c>", "é d")}, {"strangers": "a%2Cb,%3Cc%3E,%C3%A9%20d"}),
    ({"known": ("z", "x")}, {"known": "z,x"}),
    ({"classes": (3, 0)}, {"classes": "3,0"}),
    ({"said": "q"}, {"said": "q"}),
    ({"values": (("sigma", 0.125), ("soft", True))}, {"v.sigma": "0.125", "v.soft": "true"}),
]


@pytest.mark.parametrize(("values", "address"), SPELLED, ids=lambda each: next(iter(each)))
def test_what_is_written_is_read_again(values: dict[str, Any], address: dict[str, str]) -> None:
    choice = Everything(**values)
    assert choice.to_query() == {"said": "p", **address}
    assert query.read(Everything, choice.to_query(), 5) == (choice, [])


def test_everything_at_once_and_nothing() -> None:
    values = {name: value for each, _ in SPELLED for name, value in each.items()}
    assert query.read(Everything, Everything(**values).to_query(), 5) == (Everything(**values), [])
    assert query.read(Everything, {}, 5) == (Everything(), [])
    assert Everything(own=("kept here",)).to_query() == {"said": "p"}
    assert query.read(Everything, {"own": "x"}, 5) == (Everything(), [])


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ({"kind": "c"}, "The address asks for kind=c, which does not exist. Known: a, b."),
        ({"n": "25"}, "n must be a whole number from 1 to 24. Received: 25."),
        ({"of_class": "6"}, "of_class must be a whole number from 0 to 5. Received: 6."),
        ({"limit": "65"}, "limit is one of 64, 0, 0 for all. The address holds: 65."),
        ({"seed": "-1"}, "seed is a whole number from 0. The address holds: -1."),
        ({"level": "nan"}, "level is a number from 0 to 1. The address holds: nan."),
        ({"on": "yes"}, "on is true or false. The address holds: yes."),
        ({"key": "zz"}, "key is a key. The address holds: zz."),
        ({"known": "w"}, "known: there is no w."),
        ({"classes": "²"}, "classes: the model has no class number ²: it has 0 to 5."),
        ({"v.other": "1"}, "Blur has no parameter other."),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_what_is_none_of_it_is_told_in_a_sentence(address: dict[str, str], problem: str) -> None:
    assert query.read(Everything, address, 5) == (Everything(), [problem])


def _word(asked: Asked) -> str:
    return f"{asked.found['first']}:{asked.text}"


def _second(two: Any) -> bool:
    return bool(two.first == "b")


@dataclass(frozen=True)
class Two(AddressedChoice):
    first: str = "a"
    second: Annotated[str, Codec(_word).written_when(_second)] = ""


def test_a_spelling_may_depend_on_fields_before_it_and_on_the_choice() -> None:
    assert query.read(Two, {"first": "b", "second": "c"}) == (Two("b", "b:c"), [])
    assert Two("a", "c").to_query() == {}
    assert Two("b", "c").to_query() == {"first": "b", "second": "c"}
