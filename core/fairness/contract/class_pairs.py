"""A value and the class that it means, as the option ``--map`` takes it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

__all__ = ["map_option", "pair_text"]

_PLAIN = re.compile(r'(?:[^",=]|[<>!]=|==)+')
_FOR_SHELLS = frozenset('"$`\\!')


def pair_text(value: str, name: str) -> str:
    """Return a pair; a side that holds a comma, a quote or an equals sign stands in quotes.

    >>> pair_text("yes", "1"), pair_text("good=x", "1"), pair_text("<=50K", "low")
    ('yes=1', '"good=x"=1', '<=50K=low')
    """
    return f"{_side(value)}={_side(name)}"


def map_option(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the option of a command line that says what some values mean.

    >>> print(map_option([("a", "a"), ("b", "CLASS")]), map_option([("a=b", "1")]))
    --map "a=a,b=CLASS" --map '"a=b"=1'
    """
    text = ",".join(pair_text(*pair) for pair in pairs)
    return f"--map {shlex.quote(text)}" if _FOR_SHELLS & {*text} else f'--map "{text}"'


def _side(name: str) -> str:
    if _PLAIN.fullmatch(name) and name == name.strip() and name[-1] not in "<>!":
        return name
    return '"' + name.replace('"', '""') + '"'
