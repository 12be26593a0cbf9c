"""Which class a value means, as people write it: ``yes=1,no=0``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable

from core.errors import ParameterError

__all__ = ["parse_class_map"]

_EQUALS = re.compile(r"(?<![<>!=])=(?!=)")
_QUOTED = r'"((?:[^"]|"")*)"'
_BARE = '((?:[^",=]|[<>!]=|==)*?)'
_SIDE = rf"\s*(?:{_QUOTED}|{_BARE})\s*"
_PAIR = re.compile(rf"{_SIDE}(?<![<>!=])=(?!=){_SIDE}(?:,|$)")
"""A pair of which each side may stand in quotes of its own."""


def parse_class_map(texts: Iterable[str]) -> dict[str, str]:
    """Return the class that each value means.

    Parameters
    ----------
    texts : iterable of str
        Pairs ``value=class``, separated by commas; a pair that holds a comma stands in quotes. The
        equals signs of ``<=``, ``>=``, ``!=`` and ``==`` belong to names; a name with another one
        stands in quotes of its own.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ParameterError
        For what is no such pair, or a value that is mapped twice.

    Examples
    --------
    >>> parse_class_map(["yes=1, no=0", "<=50K=low"])
    {'yes': '1', 'no': '0', '<=50K': 'low'}
    >>> parse_class_map(['"good=x"=1,bad=0'])
    {'good=x': '1', 'bad': '0'}
    """
    found: dict[str, str] = {}
    for parts in (parts for text in texts for parts in _pairs(text)):
        if len(parts) != 2 or not all(parts):
            raise ParameterError(
                "A value is mapped to the class that it means, as in yes=1,no=0; a name with a "
                'comma or an equals sign stands in quotes ("a=b"=1). '
                f"Received: {'='.join(parts)!r}."
            )
        if found.setdefault(parts[0], parts[1]) != parts[1]:
            raise ParameterError(
                f"The value {parts[0]!r} is mapped to {found[parts[0]]!r} and to {parts[1]!r}. "
                "Name one class for it."
            )
    return found


def _pairs(text: str) -> list[list[str]]:
    """Return values and classes: quotes are around names, or around pairs as CSV has them."""
    found, at = [], 0
    while (pair := _PAIR.match(text, at)) and at < len(text):
        named = [pair[i].replace('""', '"') if pair[i] is not None else pair[i + 1] for i in (1, 3)]
        found.append([name.strip() for name in named])
        at = pair.end()
    if at == len(text):
        return found
    pairs = [pair for pair in _split(text) if pair.strip()]
    return [[part.strip() for part in _EQUALS.split(pair)] for pair in pairs]


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise ParameterError(
            f"Pairs such as yes=1,no=0 cannot be read ({error}). Received: {text!r}."
        ) from error
