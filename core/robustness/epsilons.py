"""Reading ε as people write it, and saying what they probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from core import numerals
from core.contracts import Norm
from core.errors import NumeralError, ParameterError
from core.robustness.norms import ball

__all__ = ["AUTO", "eps_text", "epsilon", "epsilons"]

AUTO = "auto"
"""A grid that starts at a quarter of an 8-bit level and doubles until nothing is left."""
_LEVELS = 255


def epsilon(given: float | str, *, norm: Norm, n_values: int) -> float:
    """Read one ε: a number, or a fraction such as ``4/255``.

    Parameters
    ----------
    n_values : int
        Values of one picture, for the largest ε that means anything in L2 and L1.

    Raises
    ------
    ParameterError
        If it is no number, negative, or larger than the whole range of pixels.

    Examples
    --------
    >>> round(epsilon("4/255", norm="linf", n_values=12), 5)
    0.01569
    """
    try:
        value = numerals.fraction(given)
    except NumeralError as error:
        raise ParameterError(
            "ε must be a number such as 0.03 or a fraction such as 8/255. Received: "
            f"{numerals.excerpt(given)!r}."
        ) from error
    if value < 0:
        raise ParameterError(
            f"ε must not be negative, it is a distance. Received: {given}. "
            f"Did you mean {str(given).strip().lstrip('-')}?"
        )
    most = ball(norm).furthest(n_values)
    if value > most + 1e-9:
        raise ParameterError(_too_large(str(given).strip(), value, norm, most))
    return value


def epsilons(given: str | Sequence[float | str], *, norm: Norm, n_values: int) -> tuple[float, ...]:
    """Read a list of ε, ascending and without 0; ``"auto"`` is the empty tuple.

    Text is cut at commas and spaces.

    Raises
    ------
    ParameterError
        As :func:`epsilon`; and if nothing larger than 0 is left.

    Examples
    --------
    >>> epsilons("0.5, 1/4", norm="linf", n_values=12)
    (0.25, 0.5)
    """
    if isinstance(given, str) and given.strip() == AUTO:
        return ()
    words = given.replace(",", " ").split() if isinstance(given, str) else given
    _check_points(words, ball(norm).furthest(n_values))
    read = {epsilon(word, norm=norm, n_values=n_values) for word in words} - {0.0}
    if not read:
        raise ParameterError(
            f"Give at least one ε larger than 0, such as 1/255,4/255, or {AUTO!r}. "
            f"Received: {given!r}."
        )
    return tuple(sorted(read))


def eps_text(value: float, norm: Norm) -> str:
    """Return an ε as people write it.

    >>> eps_text(0.25 / 255, "linf"), eps_text(0.5, "l2")
    ('0.25/255', '0.5')
    """
    return f"{value * _LEVELS:.3g}/{_LEVELS}" if norm == "linf" else f"{value:.4g}"


def _check_points(words: Sequence[float | str], most: float) -> None:
    """Refuse what is one number with a decimal comma, and was cut there into two."""
    for whole, part in pairwise(map(str, words)):
        digits = whole == "0" and part.isascii() and part.isdigit()
        if digits and ((part[0] == "0" and len(part) > 1) or int(part[:20]) > most):
            raise ParameterError(
                f"ε = {whole},{part}? A comma separates several ε; one number is written with a "
                f"decimal point: {whole}.{part}."
            )


def _too_large(text: str, value: float, norm: Norm, most: float) -> str:
    if norm == "area":
        return f"ε is a share of the picture's area here, from 0 to 1. Received: {text}."
    if norm == "linf":
        hint = (
            f"; did you mean {value:g}/255?" if value <= _LEVELS else ", and 255/255 is all of it."
        )
        return f"ε = {text}? Pixels are in [0, 1]{hint}"
    whole = f"; did you mean {value:g}/255?" if value / _LEVELS <= most else "."
    return (
        f"ε = {text}? Pixels are in [0, 1], and from all black to all white it is {most:.4g} in "
        f"{norm}{whole}"
    )
