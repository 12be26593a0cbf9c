"""A page's choice and its address: each field says once how it is spelled, and both ways follow.

A choice is a frozen dataclass. How an address spells a field stands in the field's annotation, its
default where defaults stand; :func:`read` and :func:`write` need nothing else:

    steps: Annotated[int, whole(1, 24)] = 8

A field without a codec is plain text. An address is a stranger's text: whatever stands in it,
:func:`read` returns something valid, and a sentence for each part that was left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import lru_cache
from typing import Any, TypeVar, get_type_hints

__all__ = [
    "LONGEST", "Asked", "Choosing", "AddressedChoice", "Codec", "cut", "read", "not_in_address",
    "write", "written",
]  # fmt: skip

T = TypeVar("T")
LONGEST = 200
"""Letters of a text in an address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a codec reads from.

    Parameters
    ----------
    query : mapping of str to str
        The parameters of the address.
    name : str
        The one that the field has.
    default : object
        What the field holds without it.
    found : dict
        The fields before this one, as they were read.
    about : object
        What the page is about: the session's choice, where it has one.
    problems : list of str
        Takes a sentence for whatever cannot be read. Plain text.
    """

    query: Mapping[str, str]
    name: str
    default: Any
    found: dict[str, Any]
    about: Any
    problems: list[str]

    @property
    def text(self) -> str | None:
        """What the address holds, ``None`` for nothing."""
        return self.query.get(self.name)

    def otherwise(self, default: object) -> Asked:
        """Return the same with another default."""
        return replace(self, default=default)


Choosing = Callable[[Asked], T]
"""What a codec needs to know from elsewhere, such as the names that there are."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a field stands in an address.

    Parameters
    ----------
    read : callable
        Returns the value that is asked for, or the default and a problem.
    write : callable
        Returns a value as text.
    name : str
        What the address calls it; ``""`` for the field's own name.
    when : callable, optional
        Whether a choice writes it; by default, where it differs from the field's default.
    spread : callable, optional
        In place of ``write``, for what takes several parameters, or depends on the choice: from
        choice and value to parameters by name.
    """

    read: Callable[[Asked], Any]
    write: Callable[[Any], str] = lambda value: written(value)
    name: str = ""
    when: Callable[[Any], bool] | None = None
    spread: Callable[[Any, Any], Mapping[str, str]] | None = None

    def called(self, name: str) -> Codec:
        """Return the same under another name."""
        return replace(self, name=name)

    def always(self) -> Codec:
        """Return the same, written even where it is the default."""
        return replace(self, when=lambda choice: True)

    def written_when(self, when: Callable[[Any], bool]) -> Codec:
        """Return the same, written where ``when`` says so of the choice."""
        return replace(self, when=when)


class AddressedChoice:
    """A choice that can be an address: the base of the pages' dataclasses."""

    def to_query(self) -> dict[str, str]:
        """Return it as parameters of the page's address."""
        return write(self)


Codecs = Mapping[str, Codec]


def read(
    kind: type[T], address: Mapping[str, str], about: Any = None, *,
    codecs: Codecs | None = None,
) -> tuple[T, list[str]]:  # fmt: skip
    """Return the choice that an address describes, and a sentence for each part left out.

    Parameters
    ----------
    kind : type
        A dataclass with a default for every field.
    address : mapping of str to str
        Its parameters; a stranger's text.
    about : object
        What the page is about, for codecs that depend on it.
    codecs : mapping, optional
        In place of those in the annotations, in the order in which fields are read.
    """
    found: dict[str, Any] = {}
    problems: list[str] = []
    for field, codec in _codecs(kind, codecs):
        name = codec.name or field.name
        asked = Asked(address, name, _default(field), found, about, problems)
        found[field.name] = codec.read(asked)
    return kind(**found), problems


def write(choice: Any, *, codecs: Codecs | None = None) -> dict[str, str]:
    """Return a choice as the parameters of an address: what differs from the defaults."""
    query: dict[str, str] = {}
    for field, codec in _codecs(type(choice), codecs):
        value = getattr(choice, field.name)
        wanted = value != _default(field) if codec.when is None else codec.when(choice)
        if wanted and codec.spread is not None:
            query |= codec.spread(choice, value)
        elif wanted:
            query[codec.name or field.name] = codec.write(value)
    return query


def _codecs(kind: Any, codecs: Codecs | None) -> Iterator[tuple[Field[Any], Codec]]:
    there = _annotated_codecs(kind) if codecs is None else codecs
    by_name = {field.name: field for field in fields(kind)}
    return ((by_name[name], codec) for name, codec in there.items())


@lru_cache(maxsize=32)
def _annotated_codecs(kind: Any) -> Codecs:
    # Of the module alone: what the class calls a field may be what the module calls a spelling.
    names = vars(sys.modules[kind.__module__])
    hints = get_type_hints(kind, names, {}, include_extras=True)
    found = {}
    for field in fields(kind):
        extras = getattr(hints[field.name], "__metadata__", (cut(),))
        if not_in_address not in extras:
            found[field.name] = next(each for each in extras if isinstance(each, Codec))
    return found


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


not_in_address = "unspelled"
"""In an annotation: this field is not part of the address."""


def written(value: object) -> str:
    """Return a value as an address holds it.

    Examples
    --------
    >>> written(True), written(0.050), written(("a", "b")), written(None)
    ('true', '0.05', 'a,b', '')
    """
    if isinstance(value, tuple):
        return ",".join(map(written, value))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def cut(longest: int = LONGEST) -> Codec:
    """Return the codec of a text: as long as an address may hold it."""
    return Codec(lambda asked: asked.query.get(asked.name, asked.default)[:longest])
