"""Which shapes a model of pictures may take."""

from __future__ import annotations

from core import numerals
from core.errors import InputError, NumeralError
from core.modalities.picture import images

__all__ = ["WIDEST", "checked_size"]

WIDEST = 2048
_CHANNELS = 4
_EXPECTED = (
    "a side of square pictures in colour, (height, width), or (height, width, channels) with 1 "
    "channel for grey, 3 for colour, 2 or 4 with opacity behind"
)


def checked_size(given: object) -> int | tuple[int, ...]:
    """Return the side of square inputs of three channels, or the whole shape, channels last.

    Raises
    ------
    InputError
        If it is neither, or out of range.
    """
    if not isinstance(given, tuple | list):
        return _side(given)
    if len(given) not in (2, 3):
        raise InputError(f"input_size is {_EXPECTED}. Received: {str(given)[:80]}.")
    height, width = (_side(each) for each in given[:2])
    channels = _whole(given[2], 1, _CHANNELS, " (channels)") if len(given) == 3 else 3
    return height if (height, channels) == (width, 3) else (height, width, channels)


def _side(given: object) -> int:
    return _whole(given, images.MIN_SIDE, WIDEST, " (pixels)")


def _whole(given: object, low: int, high: int, about: str) -> int:
    try:
        return numerals.whole(given, low, high)
    except NumeralError as error:
        raise InputError(f"input_size{about}: {error} It is {_EXPECTED}.") from error
