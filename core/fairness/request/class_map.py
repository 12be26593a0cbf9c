"""Which class a value means, as people write it: ``yes=1,no=0``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable

from core.errors import ParameterError

__all__ = ["parse_class_map"]

_EQUALS = re.compile(r"(?<![<>!=])=(?!=)")


def parse_class_map(texts: Iterable[str]) -> dict[str, str]:
    """Return the class that each value means.

    Parameters
    ----------
    texts : iterable of str
        Pairs ``value=class``, separated by commas; a pair that holds a comma stands in quotes. The
        equals signs of ``<=``, ``>=``, ``!=`` and ``==`` belong to names.

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
    """
    found: dict[str, str] = {}
    pairs = [pair for text in texts for pair in _split(text) if pair.strip()]
    for pair in pairs:
        parts = [part.strip() for part in _EQUALS.split(pair)]
        if len(parts) != 2 or not all(parts):
            raise ParameterError(
                "A value is mapped to the class that it means, as in yes=1,no=0 (a pair with a "
                f"comma in quotes). Received: {pair.strip()!r}."
            )
        if found.setdefault(parts[0], parts[1]) != parts[1]:
            raise ParameterError(
                f"The value {parts[0]!r} is mapped to {found[parts[0]]!r} and to {parts[1]!r}. "
                "Name one class for it."
            )
    return found


def _split(text: str) -> list[str]:
    try:
        return next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise ParameterError(
            f"Pairs such as yes=1,no=0 cannot be read ({error}). Received: {text!r}."
        ) from error
