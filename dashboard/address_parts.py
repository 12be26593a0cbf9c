"""Parts of a page's address: each is read, or left out with one sentence that says why.

An address is a stranger's text. Whatever stands in it, these readers return something valid.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TypeVar

from core import numerals
from core.contracts import Parameter, Value
from core.errors import InputError, NumeralError
from dashboard.words import error_words

__all__ = ["class_indices", "listed", "one_of", "unknown", "values", "whole"]

_EXCERPT = 20
_LIST = 200
T = TypeVar("T", bound=str)
D = TypeVar("D", int, None)


def whole(
    query: Mapping[str, str], name: str, ends: tuple[int, int], default: D, problems: list[str]
) -> int | D:
    """Return a whole number of an address; the default if there is none that can be read.

    Examples
    --------
    >>> problems: list[str] = []
    >>> whole({"steps": "²"}, "steps", (1, 24), 8, problems), problems
    (8, ['steps must be a whole number from 1 to 24. Received: ².'])
    """
    text = query.get(name)
    if text is None:
        return default
    try:
        return numerals.whole(text, *ends)
    except NumeralError:
        wanted = numerals.expected("a whole number", *ends)
        problems.append(f"{name} must be {wanted}. Received: {text[:_EXCERPT]}.")
        return default


def one_of(
    query: Mapping[str, str], name: str, known: Sequence[T], default: T, problems: list[str]
) -> T:
    """Return the name of an address that is known; the default if there is none."""
    text = query.get(name, default)
    found = next((each for each in known if each == text), None)
    if found is None:
        problems.append(unknown(name, text, known))
        return default
    return found


def listed(
    query: Mapping[str, str], name: str, known: Container[str], problems: list[str]
) -> tuple[str, ...]:
    """Return the names of a list that are known, each once."""
    wanted = tuple(dict.fromkeys(filter(None, query.get(name, "").split(",")[:_LIST])))
    left_out = [each for each in wanted if each not in known]
    if left_out:
        problems.append(f"{name}: there is no {left_out[0][:60]}.")
    return tuple(each for each in wanted if each in known)


def class_indices(
    query: Mapping[str, str], name: str, n_classes: int, problems: list[str]
) -> tuple[int, ...]:
    """Return the classes of a list that the model has, each once."""
    found: list[int] = []
    wrong: list[str] = []
    for part in filter(None, query.get(name, "").split(",")[:_LIST]):
        try:
            found.append(numerals.whole(part, 0, n_classes - 1))
        except NumeralError:
            wrong.append(part[:_EXCERPT])
    if wrong:
        last = n_classes - 1
        problems.append(f"{name}: the model has no class number {wrong[0]}: it has 0 to {last}.")
    return tuple(dict.fromkeys(found))


def unknown(name: str, text: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that there is not."""
    names = ", ".join(each for each in known if each)
    return f"The address asks for {name}={text[:60]}, which does not exist. Known: {names}."


def values(
    query: Mapping[str, str],
    prefix: str,
    specs: Iterable[Parameter],
    problems: list[str],
    *,
    owner: str,
) -> tuple[tuple[str, Value], ...]:
    """Return the parameters of an address that differ from their defaults, in its order."""
    by_name = {spec.name: spec for spec in specs}
    kept: dict[str, Value] = {}
    for name, text in query.items():
        if not name.startswith(prefix):
            continue
        spec = by_name.get(name.removeprefix(prefix))
        if spec is None:
            problems.append(f"{owner} has no parameter {name.removeprefix(prefix)[:60]}.")
            continue
        try:
            value = spec.parse(text)
        except InputError as error:
            problems.append(error_words(error))
            continue
        if value != spec.default:
            kept[spec.name] = value
    return tuple(kept.items())
