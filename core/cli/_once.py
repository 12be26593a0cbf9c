"""What all commands have in common: help goes to stdout, and one value is given once.

Of two values of an option, neither is meant more than the other.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from core.errors import InputError

__all__ = ["App", "OnceCommand", "RootGroup"]


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


class OnceCommand(_Helped, TyperCommand):
    """A command that refuses a repeated option instead of hearing the last one alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, after it was seen that no option stands there too often.

        Raises
        ------
        InputError
            If one that takes a single value does.
        """
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option, times in Counter(order).items():
            if times > 1 and isinstance(option, TyperOption) and _single(option):
                raise InputError(
                    f"{'/'.join(option.opts)} is given {times} times, but it takes one value. "
                    "Give it once, and run the command once for each value."
                )
        return super().parse_args(ctx, args)


def _single(option: TyperOption) -> bool:
    """Say whether a second value would replace the first; a plain flag says the same again."""
    repeats = option.is_flag and not option.secondary_opts
    return not (option.multiple or option.count or repeats)


class App(typer.Typer):
    """A Typer all of whose commands are of that kind."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Add a command, as Typer does."""
        return super().command(name, **({"cls": OnceCommand} | options))
