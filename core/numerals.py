"""Numbers as people write them: the one reader of addresses, options and parameters.

A number is written with the digits 0 to 9, perhaps a sign, a point and an exponent, and spaces
around it. Whatever else Python would read (digits of other scripts, ``1_000``, ``nan``, ``inf``) or
choke on (thousands of digits) is refused with :class:`~core.errors.NumeralError`.
"""

from __future__ import annotations

import math
import re
from numbers import Integral, Real

from core.errors import NumeralError

__all__ = ["NOTHING", "excerpt", "expected", "fraction", "is_whole", "number", "whole"]

_LONGEST = 64
"""Characters of a number; a float that Python writes has at most 24."""
_MOST = 2**63 - 1
_EXCERPT = 40
NOTHING = "nothing"
"""What came where the text is empty."""
_COMMA = re.compile(r"([+-]?[0-9]+),([0-9]{1,2}|[0-9]{4,}|(?<=\b0,)[0-9]{3})")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def whole(given: object, low: float | None = None, high: float | None = None) -> int:
    """Read a whole number of 64 bits within inclusive bounds; ``None`` for no bound.

    Raises
    ------
    NumeralError
        If it is none, or outside; the text says what is expected and what came.

    Examples
    --------
    >>> whole(" 12 ", 0, 20), whole("1e3"), whole(5.0)
    (12, 1000, 5)
    """
    text = given.strip() if isinstance(given, str) else ""
    if _WHOLE.fullmatch(text):
        value: float = int(text) if len(text) <= _LONGEST else math.inf
    else:
        value = _finite(given, low, high, "a whole number")
    if abs(value) > _MOST:  # the bound that is broken is said, be it nobody's own
        high = _MOST if high is None else high
    if abs(value) > _MOST or value != int(value) or not _within(value, low, high):
        raise _refused(expected("a whole number", low, high), given)
    return int(value)


def number(given: object, low: float | None = None, high: float | None = None) -> float:
    """Read a finite number within inclusive bounds; ``None`` for no bound.

    Raises
    ------
    NumeralError
        If it is none, or outside.

    Examples
    --------
    >>> number("2.5e-1", 0, 1)
    0.25
    """
    value = _finite(given, low, high, "a number")
    if not _within(value, low, high):
        raise _refused(expected("a number", low, high), given)
    return value


def fraction(given: object) -> float:
    """Read a finite number, or one over another: ``8/255``.

    Raises
    ------
    NumeralError
        If it is neither.

    Examples
    --------
    >>> fraction("51/255"), fraction("0.2")
    (0.2, 0.2)
    """
    top, slash, bottom = given.partition("/") if isinstance(given, str) else (given, "", "")
    if not slash:
        return number(given)
    try:
        value = number(top) / number(bottom)
    except (NumeralError, ZeroDivisionError):
        value = math.inf
    if not math.isfinite(value):
        raise _refused("a number such as 0.03 or a fraction such as 8/255", given)
    return value


def is_whole(text: str) -> bool:
    """Whether ``text`` is written like a whole number, of whatever size.

    >>> is_whole("-3"), is_whole("2"), is_whole("3.5"), is_whole("²")
    (True, True, False, False)
    """
    return _WHOLE.fullmatch(text) is not None


def expected(noun: str, low: float | None, high: float | None) -> str:
    """Return what is expected in words: ``"a whole number from 1 to 24"``."""
    lower = "" if low is None else f" from {_plain(low)}"
    upper = (
        "" if high is None else f" to {_plain(high)}" if lower else f" of at most {_plain(high)}"
    )
    return noun + lower + upper


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:.15g}"


def excerpt(given: object) -> str:
    """Return what came for a message: its beginning, where it is long."""
    text = given if isinstance(given, str) else _short(given)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def _short(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # an int of more digits than Python writes
        return "a number of thousands of digits"


def _refused(wanted: str, given: object) -> NumeralError:
    text = excerpt(given).strip()
    comma = _COMMA.fullmatch(text)
    fits = comma is not None and not wanted.startswith("a whole")
    point = f" Write {text.replace(',', '.')}, with a decimal point." if fits else ""
    return NumeralError(f"Expected {wanted}. Received: {text or NOTHING}.{point}")


def _finite(given: object, low: float | None, high: float | None, noun: str) -> float:
    refused = _refused(expected(noun, low, high), given)
    if isinstance(given, str):
        text = given.strip()
        if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
            raise refused
        value = float(text)
    elif isinstance(given, Integral) and not isinstance(given, bool):
        return int(given)
    elif isinstance(given, Real) and not isinstance(given, bool):
        value = float(given)
    else:
        raise refused
    if not math.isfinite(value):
        raise refused
    return value


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
