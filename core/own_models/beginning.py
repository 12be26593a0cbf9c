"""What range and order of pixels a network expects, told by what its first layers make of them.

Whoever puts ``x / 127.5 - 1``, ``preprocess_input`` or a normalisation into a network has pixels of
one range in mind: the one that these layers bring to what networks are trained on. So the first
layers are computed, whatever they are made of: each channel that comes out is ``a · x + b`` of one
that goes in. Where that brings one of the usual ranges to another usual one exactly, the file says
how pictures are prepared. Where it makes mean 0 and deviation 1 of some mean and deviation (an
adapted normalisation, a batch normalisation that was trained), the ranges are weighed by how usual
pictures of that mean and deviation would be, and that is a guess with more or less behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from core.contracts import ModelCheck, ModelChoices
from core.models.reading.scalings import Numbers, Scaling
from core.own_models.ranges import AFFINES, ORDERS, RANGES, Order, Range, affine

__all__ = ["Expected", "expected", "prepared_as"]

_TELL = "Labelled pictures tell (--samples FOLDER), or say it (--range)."
_ORDINARY, _FAINT = 1.0, 0.05
"""Gains of first kernels. Of networks that were trained on any range, with a scaling before the
kernel or none, they were 0.67 to 4.0 (7 small ones, 4 shipped ones); with the scaling put into the
kernel by an exporter 0.003 to 0.005 (8)."""

_EXACT = 0.02
"""Of a range: how far its ends may be from a usual one's."""
_PIXEL_MEAN, _PIXEL_MEAN_SPREAD = 0.46, 0.15
"""Of the mean pixel in [0, 1] over data sets of pictures: where it lies, and how far it spreads."""
_PIXEL_DEVIATION, _PIXEL_DEVIATION_SPREAD = 0.25, 0.35
"""Of their deviation; the spread is one of its logarithm."""
_UNUSUAL, _APART = 4.5, 3.0
"""Beyond which a range does not fit, and by how much the best has to fit better than the next one,
in natural logarithms of how likely such pictures are."""
_RARITY: Mapping[Range, float] = {
    "0-255": 0.0, "0-1": 0.0, "-1-1": 1.5, "imagenet": 1.5, "caffe": 2.0,
}  # fmt: skip
"""How much rarer a range is before such layers, the commonest first, likewise in logarithms."""


@dataclass(frozen=True)
class Expected:
    """The range and order that a network expects.

    Parameters
    ----------
    range, order : str
    sure : bool
        Whether the first layers leave no doubt about the range.
    why : str
        As the beginning of a sentence.
    exact : bool
        Whether one of the usual ranges is brought to another.
    """

    range: Range
    order: Order
    sure: bool
    why: str
    exact: bool = True


def expected(
    found: Sequence[Scaling], begins: Callable[[Sequence[Scaling]], str]
) -> Expected | None:
    """Return the range and order that first layers take; ``None`` if they say nothing.

    Parameters
    ----------
    found : sequence of Scaling
        What stands after each of them, in their order.
    begins : callable
        Says which of them change pixels, as the end of "It begins with".
    """
    changing = [each for each, before in zip(found, (None, *found), strict=False)
                if each.changes and not each.like(before)]  # fmt: skip
    if not changing:
        return None
    for n in range(len(changing), 0, -1):
        usual = None if changing[n - 1].learned else _usual(changing[n - 1])
        if usual is not None:
            return Expected(*usual, True, f"It begins with {begins(changing[:n])}")
    return _likely(changing[-1], f"It begins with {begins(changing)}")


def prepared_as(
    choices: ModelChoices, found: Expected | None, *, gain: float | None
) -> tuple[Range, Order | None, ModelCheck]:
    """Return how pixels are prepared for a network, and what is said of it.

    Parameters
    ----------
    choices : ModelChoices
        What the owner states goes before what the file tells.
    found : Expected, optional
        What the first layers tell.
    gain : float, optional
        Of the first kernel, where nothing but it is before it.
    """
    if choices.range != "auto":
        given: Range = next(each for each in RANGES if each == choices.range)
        clash = found is not None and found.sure and found.range != given
        note = f"As said: {given}."
        if clash and found is not None:
            note += f" But {_small(found.why)}, which takes {found.range}."
        return given, choices.order, ModelCheck("preprocessing", not clash, note)
    if found is not None:
        order = choices.order or found.order
        turned = ", in the order BGR" if order != AFFINES[found.range].order else ""
        note = f"{found.why}: pixels are given as {found.range}{turned}."
        if not found.sure:
            note = f"{found.why}: {found.range}{turned} is assumed, and not sure. {_TELL}"
        return found.range, order, ModelCheck("preprocessing", found.sure, note)
    if gain is not None and gain < _FAINT:
        note = (
            "The file does not say how pictures were prepared. Its first kernel makes "
            f"{_ORDINARY / gain:.0f} times less of its inputs than kernels for 0-1 do, so it takes "
            "large numbers: 0-255 is assumed, since exporters put a scaling of pixels into the "
            f"kernel, and caffe would look the same. {_TELL}"
        )
        return "0-255", choices.order, ModelCheck("preprocessing", False, note)
    note = f"The file does not say how pictures were prepared; 0-1 is assumed. {_TELL}"
    return "0-1", choices.order, ModelCheck("preprocessing", False, note)


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _usual(found: Scaling) -> tuple[Range, Order] | None:
    """Return the range that is brought to another usual one."""
    for range_, order in _inputs(found.channels):
        a, b, source = _from_pixels(found, range_, order)
        for result, turned in product(RANGES, ORDERS):
            if (range_, result) == ("0-255", "0-255") or result == range_:
                continue
            places = range(len(a)) if turned == "rgb" else range(len(a))[::-1]
            if found.channels > 1 and source != tuple(places):
                continue
            said = affine(result, turned)
            if len(said.mean) not in (1, len(a)) or _mixed(result, range_):
                continue
            low = -np.asarray(said.mean) / said.scale
            high = (255 - np.asarray(said.mean)) / said.scale
            span = _EXACT * np.abs(high - low)
            if (np.abs(b - low) <= span).all() and (np.abs(255 * a + b - high) <= span).all():
                return range_, order
    return None


def _mixed(result: Range, range_: Range) -> bool:
    """Whether nobody brings the one range to the other: the mean of all is taken off of pixels."""
    return result == "caffe" and range_ not in ("0-255", "0-1")


def _inputs(channels: int) -> Iterator[tuple[Range, Order]]:
    for order, range_ in product(ORDERS, _RARITY):
        if channels == 3 or (order == "rgb" and len(AFFINES[range_].mean) == 1):
            yield range_, order


def _from_pixels(
    found: Scaling, range_: Range, order: Order
) -> tuple[Numbers, Numbers, tuple[int, ...]]:
    """Return what becomes of pixels 0 to 255 that are prepared in a way: ``a``, ``b``, channels."""
    said = affine(range_, order).of(found.channels)
    source = list(found.source)
    mean, scale = (np.asarray(each, np.float64)[source] for each in (said.mean, said.scale))
    places = range(found.channels) if order == "rgb" else range(found.channels)[::-1]
    return found.a / scale, found.b - found.a * mean / scale, tuple(places[i] for i in source)


def _likely(found: Scaling, begins: str) -> Expected:
    """Weigh the ranges by the pictures that would have the mean and deviation taken off here."""
    ways = {
        range_: _RARITY[range_] + _strangeness(found, range_)
        for range_, order in _inputs(found.channels)
        if order == AFFINES[range_].order
    }  # of the order the numbers tell nothing
    ranked = sorted(ways, key=lambda each: ways[each])
    best, next_ = ranked[0], ranked[1]
    order = AFFINES[best].order
    if ways[best] > _UNUSUAL:
        best = "0-255" if _is_large(found) else "0-1"
        why = f"{begins}, which no usual range fits exactly; {best} fits best"
        return Expected(best, "rgb", False, why, exact=False)
    if ways[next_] - ways[best] > _APART and best != "caffe":
        why = f"{begins}, whose numbers are the mean and deviation of such pixels"
        return Expected(best, order, True, why, exact=False)
    why = f"{begins}, whose numbers fit {best} best and {next_} nearly as well"
    return Expected(best, order, False, why, exact=False)


def _strangeness(found: Scaling, range_: Range) -> float:
    """Return how unusual pictures would be that this brings to mean 0 and deviation 1."""
    a, b, _ = _from_pixels(found, range_, AFFINES[range_].order)
    mean, deviation = -b / a / 255, 1 / np.abs(a) / 255
    if (mean <= 0).any() or (mean >= 1).any() or (deviation**2 > mean * (1 - mean)).any():
        return np.inf  # values between 0 and 1 have no such mean and deviation
    far = (mean - _PIXEL_MEAN) / _PIXEL_MEAN_SPREAD
    wide = np.log(deviation / _PIXEL_DEVIATION) / _PIXEL_DEVIATION_SPREAD
    return float(np.mean(far**2 + wide**2) / 2)


def _is_large(found: Scaling) -> bool:
    return bool(np.abs(found.a).max() < 0.1 or np.abs(found.b / found.a).max() > 2)
