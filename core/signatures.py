"""Functions that pass options on: ``help()`` names every one of them, with its default.

A type checker reads the names from the ``TypedDict`` in ``**options: Unpack[…]``. People read them
from the signature and the docstring, which are taken from where the options are declared, so that
nothing is written twice and nothing drifts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from core.docstrings import Entry, read_docstring

__all__ = ["signature_from"]

F = TypeVar("F", bound=Callable[..., object])
_OPTIONS = "options"
_PARAMETERS = "Parameters"


class _LeftOut:
    """Default of what may be left out where the declaration names no other."""

    def __repr__(self) -> str:
        return "…"


def signature_from(
    declared: Callable[..., object], *, without: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Name the options of a function in its signature and its docstring.

    Parameters
    ----------
    declared : callable
        The function that ``**options`` are passed to, whose keyword-only parameters they are; or
        the ``TypedDict`` that declares them.
    without : tuple of str
        Options that are not taken.

    Returns
    -------
    callable
        Decorates a function with ``**options``, and an entry of that name in its docstring.
    """

    def spell(function: F) -> F:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        taken = {parameter.name for parameter in own} | set(without)
        options = [option for option in _options(declared) if option.name not in taken]
        spelled_out: Any = function
        spelled_out.__signature__ = signature.replace(parameters=[*own, *options])
        if function.__doc__ and declared.__doc__:
            names = {option.name for option in options}
            spelled_out.__doc__ = _docstring(function.__doc__, declared.__doc__, names)
        return function

    return spell


def _options(declared: Callable[..., object]) -> list[inspect.Parameter]:
    if not isinstance(declared, type):
        parameters = inspect.signature(declared).parameters.values()
        return [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    required: frozenset[str] = getattr(declared, "__required_keys__", frozenset())
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=getattr(annotation, "__forward_arg__", annotation),
            default=inspect.Parameter.empty if name in required else _LeftOut(),
        )
        for name, annotation in declared.__annotations__.items()
    ]


def _docstring(own: str, declared: str, names: set[str]) -> str:
    """Return a docstring with the entries of ``names`` in place of the one for ``**options``."""
    found, theirs = read_docstring(own), read_docstring(declared).entries(_PARAMETERS)
    entries: list[Entry] = []
    for entry in found.entries(_PARAMETERS):
        if entry.names != (f"**{_OPTIONS}",):
            entries.append(entry)
            continue
        for each in theirs:
            kept = tuple(name for name in each.names if name in names)
            if kept:
                entries.append(Entry(kept, each.kind, each.text))
    text = "\n".join(map(str, entries))
    found.sections[_PARAMETERS] = text
    return str(found) + "\n"
