"""How addresses spell what choices hold: texts, numbers, names that there are, parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import quote, unquote

from core import numerals
from core.contracts import Parameter, Value
from core.errors import InputError, NumeralError
from dashboard import services
from dashboard.formatting import error_text
from dashboard.query import LONGEST, Asked, Choosing, Codec, written

__all__ = [
    "among", "last_class", "listed", "names", "number", "of", "one_of", "parameters", "parts",
    "quoted", "seed", "stated", "switch", "values", "whole", "whole_from", "wholes",
    "written_value",
]  # fmt: skip

_EXCERPT, _NAME = 20, 60
_LIST = 200


# ---- what a sentence describes


def stated(
    parse: Callable[[str], object], expected: str, *, longest: int | None = LONGEST,
    shown: int = 40,
) -> Codec:  # fmt: skip
    """Return the codec of what ``parse`` reads, or refuses with a ``ValueError``.

    Parameters
    ----------
    expected : str
        What the sentence says of it: ``"is true or false"``.
    longest, shown : int
        Letters that ``parse`` is given, and that the sentence repeats.
    """

    def found(asked: Asked) -> object:
        if asked.text is None:
            return asked.default
        try:
            return parse(asked.text[:longest])
        except ValueError:
            held = f"The address holds: {asked.text[:shown]}."
            asked.problems.append(f"{asked.name} {expected}. {held}")
            return asked.default

    return Codec(found)


def of(pattern: str, expected: str, *, shown: int = 40) -> Codec:
    """Return the codec of a text of one form."""
    form = re.compile(pattern)

    def parse(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(text)
        return text

    return stated(parse, expected, longest=None, shown=shown)


def among(*known: object, note: str = "") -> Codec:
    """Return the codec of one of a few values, all of them named where it is none of them."""
    by_text = {written(each): each for each in known}

    def parse(text: str) -> object:
        if text not in by_text:
            raise ValueError(text)
        return by_text[text]

    return stated(parse, f"is one of {', '.join(by_text)}{note}")


def switch() -> Codec:
    """Return the codec of yes or no."""
    return stated(_yes, "is true or false")


def _yes(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def number(low: float, high: float) -> Codec:
    """Return the codec of a number within bounds."""
    expected = f"is a number from {low:g} to {high:g}"
    return stated(lambda text: numerals.number(text, low, high), expected)


def whole_from(low: int, high: int, *, told: str = "") -> Codec:
    """Return the codec of a whole number whose upper end hardly matters to people."""
    expected = f"is a whole number from {told or low}"
    return stated(lambda text: numerals.whole(text, low, high), expected)


# ---- lists


def names(expected: str = "", *, longest: int = LONGEST) -> Codec:
    """Return the codec of names that whoever reads them knows, each once."""
    return stated(parts, expected, longest=longest)


def parts(text: str) -> tuple[str, ...]:
    """Return the parts of a list, each once."""
    return tuple(dict.fromkeys(part for part in text.split(",") if part))


def quoted() -> Codec:
    """Return the codec of strangers' names, whatever letters are in them, each once."""

    def found(asked: Asked) -> tuple[str, ...]:
        if asked.text is None:
            return tuple(asked.default)
        return tuple(dict.fromkeys(unquote(part) for part in asked.text.split(",") if part))

    return Codec(found, lambda value: ",".join(quote(each, safe="") for each in value))


def listed(known: Choosing[Container[str]], *, most: int | None = None) -> Codec:
    """Return the codec of names that there are, each once; the default without any."""

    def found(asked: Asked) -> tuple[str, ...]:
        there = known(asked)
        wanted = dict.fromkeys(filter(None, asked.query.get(asked.name, "").split(",")[:_LIST]))
        left_out = [each for each in wanted if each not in there]
        if left_out:
            asked.problems.append(f"{asked.name}: there is no {left_out[0][:_NAME]}.")
        return tuple(each for each in wanted if each in there)[:most] or asked.default

    return Codec(found)


def wholes(last: Choosing[int], *, most: int | None = None) -> Codec:
    """Return the codec of indices of classes from 0 to ``last``, each once."""

    def found(asked: Asked) -> tuple[int, ...]:
        end, kept, wrong = last(asked), list[int](), list[str]()
        for part in filter(None, asked.query.get(asked.name, "").split(",")[:_LIST]):
            try:
                kept.append(numerals.whole(part, 0, end))
            except NumeralError:
                wrong.append(part[:_EXCERPT])
        if wrong:
            asked.problems.append(
                f"{asked.name}: the model has no class number {wrong[0]}: it has 0 to {end}."
            )
        return tuple(dict.fromkeys(kept))[:most]

    return Codec(found)


def last_class(asked: Asked) -> int:
    """Return the last index of a class of the model that the session's choice is about."""
    return len(services.class_names(asked.about.model)) - 1


# ---- what there is


def one_of(known: Choosing[Sequence[str]] | Sequence[str]) -> Codec:
    """Return the codec of a name that there is."""

    def found(asked: Asked) -> str:
        there = known(asked) if callable(known) else known
        text = asked.query.get(asked.name, asked.default)
        if (same := next((each for each in there if each == text), None)) is not None:
            return same
        listed = ", ".join(each for each in there if each)
        asked.problems.append(
            f"The address asks for {asked.name}={text[:_NAME]}, which does not exist. "
            f"Known: {listed}."
        )
        return str(asked.default)

    return Codec(found)


def whole(low: int, high: Choosing[int] | int) -> Codec:
    """Return the codec of a whole number within bounds.

    Examples
    --------
    >>> asked = Asked({"steps": "²"}, "steps", 8, {}, None, [])
    >>> whole(1, 24).read(asked), asked.problems
    (8, ['steps must be a whole number from 1 to 24. Received: ².'])
    """

    def found(asked: Asked) -> int | None:
        if asked.text is None:
            return asked.default  # type: ignore[no-any-return]
        end = high(asked) if callable(high) else high
        try:
            return numerals.whole(asked.text, low, end)
        except NumeralError:
            wanted = numerals.expected("a whole number", low, end)
            asked.problems.append(
                f"{asked.name} must be {wanted}. Received: {asked.text[:_EXCERPT]}."
            )
            return asked.default  # type: ignore[no-any-return]

    return Codec(found)


def seed(codec: Codec, most: int) -> Codec:
    """Return a codec for the field ``seed``: without one a page begins with the server's.

    Another server may begin with another seed, so that one is said wherever it isn't 0.
    """
    return replace(
        codec,
        read=lambda asked: codec.read(asked.otherwise(services.default_seed(most))),
        when=lambda choice: bool(choice.seed or services.default_seed(most)),
    )


class Owner(Protocol):
    """What has parameters: a method, an explainer."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Their specs."""


def parameters(prefix: str, owner: Choosing[Owner]) -> Codec:
    """Return the codec of parameters that differ from their defaults, each after ``prefix``."""

    def found(asked: Asked) -> tuple[tuple[str, Value], ...]:
        card = owner(asked)
        return values(asked.query, prefix, card.parameters, asked.problems, owner=card.name)

    return Codec(
        found,
        spread=lambda _, value: {prefix + name: written_value(each) for name, each in value},
    )


def written_value(value: Value) -> str:
    """Return a parameter's value as an address holds it, every digit of it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def values(
    query: Mapping[str, str], prefix: str, specs: Iterable[Parameter], problems: list[str], *,
    owner: str,
) -> tuple[tuple[str, Value], ...]:  # fmt: skip
    """Return the parameters of an address that differ from their defaults, in its order."""
    by_name = {spec.name: spec for spec in specs}
    kept: dict[str, Value] = {}
    for name, text in query.items():
        if not name.startswith(prefix):
            continue
        spec = by_name.get(name.removeprefix(prefix))
        if spec is None:
            problems.append(f"{owner} has no parameter {name.removeprefix(prefix)[:_NAME]}.")
            continue
        try:
            value = spec.parse(text)
        except InputError as error:
            problems.append(error_text(error))
            continue
        if value != spec.default:
            kept[spec.name] = value
    return tuple(kept.items())
