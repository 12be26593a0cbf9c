"""What all commands have in common: help goes to stdout, and each value is given once and is one.

Of two values of an option, neither is meant more than the other; an empty one is an unset variable
of a shell as a rule, and never meant. What is wrong with a value names the option it came by.
"""

from __future__ import annotations

import errno
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from core.errors import InputError
from core.numerals import excerpt

__all__ = ["App", "OnceCommand", "RootGroup"]

_GIVEN = "pellucid.given"
_READ = ("INTEGER", "NUMBER")
"""Values whose reader says what nothing is (:mod:`core.numerals`)."""
_PLACES = {
    errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR,
    errno.EPERM, errno.EROFS,
}  # fmt: skip
"""What is the matter with a place that the caller named."""
_EMPTIED = ("missing",)
"""Options that an empty list is a value of."""


class _Helped:
    """A command whose ``--help`` is printed where results are, though prints go to stderr."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Return the option, which prints to the process' own stdout."""
        option: TyperOption | None = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.callback = _show_help
        return option


def _show_help(ctx: Any, _: Any, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        print(ctx.get_help(), file=sys.__stdout__)
        ctx.exit()


class RootGroup(_Helped, TyperGroup):
    """The command line itself."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands in the order of their names."""
        return sorted(super().list_commands(ctx))


class OnceCommand(_Helped, TyperCommand):
    """A command that refuses repeated and empty values, and says which option was wrong."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, after it was seen that no option stands there too often, and no value is empty.

        Raises
        ------
        InputError
            If one that takes a single value does, or a value is empty.
        """
        found, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta[_GIVEN] = given = {each: _texts(found.get(each.name)) for each in order}
        for each, texts in given.items():
            if each.metavar not in _READ and each.name not in _EMPTIED and _blank(texts):
                raise InputError(
                    f"{_shown(each)} is empty. Give it a value, or leave it out. "
                    f"Expected: {getattr(each, 'help', None) or 'a value'}"
                )
        for option, times in Counter(order).items():
            if times > 1 and isinstance(option, TyperOption) and _single(option):
                raise InputError(
                    f"{'/'.join(option.opts)} is given {times} times, but it takes one value. "
                    "Give it once, and run the command once for each value."
                )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises
        ------
        InputError
            As the work does; where it quotes the value of an option, with the option's name.
        """
        try:
            return super().invoke(ctx)
        except InputError as error:
            error.args = (_named(str(error), ctx.meta[_GIVEN]),)
            raise
        except OSError as error:
            if error.errno not in _PLACES:
                raise
            told = f"{error.filename or 'A file'}: {error.strerror}. Name another place."
            raise InputError(_named(told, ctx.meta[_GIVEN])) from error


def _shown(given: Any) -> str:
    """Return what an option or an argument is called in sentences."""
    return max(given.opts, key=len) if isinstance(given, TyperOption) else str(given.name).upper()


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [text for text in values if isinstance(text, str)]


def _blank(texts: Sequence[str]) -> bool:
    return any(not text.strip() for text in texts)


def _named(text: str, given: Mapping[Any, Sequence[str]]) -> str:
    """Return an error's text behind the one option whose value it quotes, if it names none."""
    said = text.casefold().replace("_", "-")
    found = [
        _shown(each) for each, values in given.items()
        if isinstance(each, TyperOption) and any(_quotes(text, value) for value in values)
    ]  # fmt: skip
    if len(found) != 1 or "--" in text or any(name.strip("-") in said for name in found):
        return text
    return f"{found[0]}: {text}"


def _quotes(text: str, value: str) -> bool:
    forms = (value, excerpt(value))
    within = ("{!r}", "Received: {}.", "Received: {} ", "class {}:", "/{}: ")
    return text.startswith(tuple(f"{form}{end}" for form in forms for end in (" ", ":"))) or any(
        way.format(form) in text for form in forms for way in within
    )


def _single(option: TyperOption) -> bool:
    """Say whether a second value would replace the first; a plain flag says the same again."""
    repeats = option.is_flag and not option.secondary_opts
    return not (option.multiple or option.count or repeats)


class App(typer.Typer):
    """A Typer all of whose commands are of that kind."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Add a command, as Typer does."""
        return super().command(name, **({"cls": OnceCommand} | options))
