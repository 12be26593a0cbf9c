"""Options that take a list: repeated, by commas, or as words that follow one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from core.terminal.once import OnceCommand

__all__ = ["ListCommand", "words"]

_NUMBER = re.compile(r"-\.?\d")
"""A negative number is a value, to be told as one, and no option."""


class ListCommand(OnceCommand):
    """A command whose repeatable options take several words: ``--eps 1/255 4/255``.

    Only for commands without positional arguments: a word that follows could be either.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; every further word repeats the option before it."""
        several = {name for p in self.params if getattr(p, "multiple", False) for name in p.opts}
        return super().parse_args(ctx, list(_repeated(args, several)))


def words(given: Sequence[str] | None) -> list[str] | None:
    """Return what was given once or often, by commas or spaces; ``None`` where nothing was.

    >>> words(["1/255,2/255", "4/255 8/255"])
    ['1/255', '2/255', '4/255', '8/255']
    """
    if given is None:
        return None
    return [word for text in given for word in text.replace(",", " ").split()]


def _repeated(args: Sequence[str], several: set[str]) -> Iterator[str]:
    """Yield the arguments with the option's name before every further value of it.

    >>> list(_repeated(["--eps", "1", "2", "--json"], {"--eps"}))
    ['--eps', '1', '--eps', '2', '--json']
    """
    option = ""
    waits = False  # for the option's first value, whatever it looks like
    for word in args:
        if waits or not word.startswith("-") or _NUMBER.match(word):
            if option and not waits:
                yield option
            waits = False
        else:
            name, equals, _ = word.partition("=")
            option = name if name in several else ""
            waits = bool(option) and not equals
        yield word
