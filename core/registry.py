"""One list for every kind of thing that plugs in: the house's own, then what packages bring."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from inspect import isabstract
from threading import RLock
from typing import Any, TypeVar

from core.errors import PluginError
from core.lookup import unknown
from core.parameters import Parameter
from core.plugins import Plugin, plugins

__all__ = ["Registry", "declarations"]

T = TypeVar("T")
_WORD = re.compile(r"[\w.+-]{1,80}", re.ASCII)


class Registry(Mapping[str, T]):
    """Entries by their id, in order.

    Entry points are loaded at the first look that the house's own entries do not answer: asking for
    a name that is the house's own loads nothing.

    Parameters
    ----------
    what : str
        What an entry is called in messages: "method", "metric".
    own : iterable
        The house's own entries; each has an ``id``.
    group : str, optional
        The group of entry points whose entries join; ``""`` for none.
    base : type, optional
        What the entries of packages must be subclasses of.

    Attributes
    ----------
    own : mapping
        The house's own entries, by id.
    """

    def __init__(
        self, what: str, own: Iterable[T], *, group: str = "", base: type[Any] | None = None
    ) -> None:
        self.what, self.group = what, group
        self.own: dict[str, T] = {}
        for entry in own:
            if self.own.setdefault(_id(entry), entry) is not entry:
                raise ValueError(f"Two entries of the house are the {what} {_id(entry)!r}.")
        self._base = base
        self._all: dict[str, T] | None = None
        self._brought: dict[str, Plugin] = {}
        self._broken: list[tuple[str, PluginError]] = []
        self._lock = RLock()

    def __getitem__(self, id: str) -> T:
        return self.own[id] if id in self.own else self._entries()[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries())

    def __len__(self) -> int:
        return len(self._entries())

    def __contains__(self, id: object) -> bool:
        return id in self.own or id in self._entries()

    def find(self, id: str) -> T:
        """Return the entry called ``id``.

        Raises
        ------
        UnknownNameError
            If there is none; the text lists what there is.
        PluginError
            If a package brings one of this name that cannot be used.
        """
        if id in self:
            return self[id]
        for name, error in self._broken:
            if name == id:
                raise error
        raise unknown(self, id, what=self.what, besides=map(str, self.broken))

    @property
    def broken(self) -> tuple[PluginError, ...]:
        """What packages bring that cannot be used, one text each."""
        self._entries()
        return tuple(error for _, error in self._broken)

    def versions(self, id: str) -> dict[str, str]:
        """Return the version of the package that brought an entry, for keys of its results.

        Empty for the house's own, whose version every key has already.
        """
        if id in self.own or id not in self:
            return {}
        plugin = self._brought[id]
        return {plugin.package or plugin.target: plugin.version}

    def _entries(self) -> Mapping[str, T]:
        with self._lock:
            if self._all is None:
                self._all = dict(self.own)  # first: a plug-in that looks here sees these
                for plugin in plugins(self.group) if self.group else ():
                    error = plugin.checked(partial(self._take, self._all, plugin))
                    if error is not None:
                        self._broken.append((plugin.name, error))
            return self._all

    def _take(self, entries: dict[str, T], plugin: Plugin, entry: Any) -> None:
        why = "" if self._base is None else _unfit(entry, self._base)
        if why or (why := self._taken(_id(entry))):
            raise PluginError(why)
        entries[_id(entry)] = entry
        self._brought[_id(entry)] = plugin

    def _taken(self, id: str) -> str:
        if id in self.own:
            return f"there is a {self.what} {id!r} already, Pellucid's own: choose another id"
        if id in self._brought:
            other = self._brought[id].package or self._brought[id].target
            return f"there is a {self.what} {id!r} already, of {other}: choose another id"
        return ""


def _id(entry: Any) -> str:
    return str(entry.id)


def _unfit(entry: Any, base: type[Any]) -> str:
    """Return what a package's entry lacks to be one of the house's; ``""`` if nothing."""
    if not (isinstance(entry, type) and issubclass(entry, base)):
        name = f"{base.__module__}.{base.__qualname__}"
        return f"expected a subclass of {name}, received {entry!r:.80}"
    declared: Any = entry
    name = declared.__qualname__
    if isabstract(declared):
        return f"{name} leaves out {', '.join(sorted(declared.__abstractmethods__))}"
    asked = dict(declarations(base))
    if left_out := [each for each in asked if not hasattr(declared, each)]:
        return f"{name} does not declare {', '.join(left_out)}"
    for each, annotation in asked.items():
        value = getattr(declared, each)
        if not _KINDS.get(annotation, _anything)(value):
            return f"{name}.{each} must be {annotation}, received {value!r:.80}"
    if not _WORD.fullmatch(declared.id):
        return f"{name}.id must be letters, digits and . _ + -, received {declared.id!r:.80}"
    return ""


def declarations(base: type[Any]) -> Iterator[tuple[str, str]]:
    """Yield the class variables that the base or its bases speak of, and what they must be."""
    for each in reversed(base.__mro__):
        for name, annotation in vars(each).get("__annotations__", {}).items():
            text = str(annotation)
            if text.startswith("ClassVar["):
                yield name, text.removeprefix("ClassVar[").removesuffix("]")


def _anything(value: object) -> bool:
    del value
    return True


def _parameters(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, Parameter) for each in value)


_KINDS: dict[str, Callable[[object], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "tuple[Parameter, ...]": _parameters,
    "frozenset[str]": lambda value: (
        isinstance(value, frozenset) and all(isinstance(each, str) for each in value)
    ),
}
