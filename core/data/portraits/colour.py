"""Colours of a portrait: all of a face follows from its skin, in a perceptual space.

Distances are of OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/): lightness L from 0
(black) to 1 (white), a towards red, b towards yellow. The same step looks alike at every lightness,
which a share of white or black in RGB does not: on a nearly black skin it is glaring or invisible.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from core.data.portraits.canvas import Colour, rgb

__all__ = ["SKIN", "Palette", "lab", "mixed", "moved", "palette", "ramp"]

Lab = tuple[float, float, float]

SKIN = tuple(
    rgb(code)
    for code in (
        "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96",
        "a07e56", "825c43", "604134", "3a312a", "292420",
    )
)  # fmt: skip
"""The Monk Skin Tone Scale as published (Monk 2023, doi:10.31235/osf.io/pdf4c)."""

_TO_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929],
     [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468],
     [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip
_FROM_CONES, _FROM_LAB = np.linalg.inv(_TO_CONES), np.linalg.inv(_TO_LAB)
_EYE = rgb("eae7df")
"""Eyes and teeth, before the face around them dims them."""
_BLACK = 0.13
"""No line of a face is darker."""
_MODELLING = 0.25
"""Lightness from the deepest shade to the highlight of a face: the same at every tone."""


def lab(colours: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return OKLab of sRGB colours in [0, 255], ``(…, 3)``."""
    shares = np.asarray(colours, np.float64) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T)


def _colours(labs: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return sRGB in [0, 255] of OKLab, what a screen cannot show cut off."""
    linear = np.clip((np.asarray(labs, np.float64) @ _FROM_LAB.T) ** 3 @ _FROM_CONES.T, 0, 1)
    shares = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(shares * 255)


@lru_cache(maxsize=512)
def moved(colour: Colour, lightness: float, red: float = 0.0, yellow: float = 0.0) -> Colour:
    """Return a colour after a step in OKLab; its chroma grows and falls with its lightness."""
    own, a, b = lab(colour)
    to = max(own + lightness, _BLACK)
    keep = (to / own) ** 0.8
    r, g, blue = _colours((to, a * keep + red, b * keep + yellow))
    return float(r), float(g), float(blue)


@lru_cache(maxsize=512)
def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return ``first`` with a share of ``second``, mixed in OKLab."""
    r, g, b = _colours(lab(first) * (1 - share) + lab(second) * share)
    return float(r), float(g), float(b)


@dataclass(frozen=True)
class Palette:
    """What a face is painted with.

    Parameters
    ----------
    light, shade : Colour
        Skin in the highlight and turned away from the light.
    skin : Colour
        Halfway between the two.
    line : Colour
        Contours of nose, lids and ears.
    upper_lip, lower_lip, lips : Colour
        And the line between them.
    blush, mouth, white : Colour
        Cheeks; the open mouth; eyes and teeth.
    """

    light: Colour
    shade: Colour
    skin: Colour
    line: Colour
    upper_lip: Colour
    lower_lip: Colour
    lips: Colour
    blush: Colour
    mouth: Colour
    white: Colour


@cache
def palette(tone: int) -> Palette:
    """Return the colours of a face whose skin has a tone of the Monk scale, 1 to 10.

    Shade and highlight are equally far apart at every tone. A fair skin is as published near its
    highlight and is modelled by its shadows; a dark one is as published near its shade and is
    modelled by its highlights, for what a skin's surface throws back does not pass its pigment.
    """
    published = SKIN[tone - 1]
    fair = float(lab(published)[0])
    dark = 1 - fair
    up = _MODELLING * 1.12 * dark
    light = moved(published, up, 0.003 + 0.02 * dark, 0.002 + 0.03 * dark)
    shade = moved(published, up - _MODELLING, 0.018 * fair, 0.016 * fair)
    skin = mixed(shade, light, 0.5)
    return Palette(
        light=light,
        shade=shade,
        skin=skin,
        line=moved(skin, -0.1 - 0.14 * fair, 0.008),
        upper_lip=moved(skin, -0.03 - 0.1 * fair, 0.016 + 0.03 * fair),
        lower_lip=moved(skin, 0.035 - 0.11 * fair, 0.022 + 0.026 * fair),
        lips=moved(skin, -0.09 - 0.18 * fair, 0.015 + 0.02 * fair),
        blush=moved(skin, 0.02 - 0.05 * fair, 0.035),
        mouth=moved(skin, -0.1 - 0.4 * fair, 0.03),
        white=mixed(skin, _EYE, 0.6),
    )


@cache
def ramp(tone: int) -> npt.NDArray[np.uint8]:
    """Return 256 colours of a skin from its shade to its highlight, ``(256, 1, 3)``."""
    shade, light = lab((palette(tone).shade, palette(tone).light))
    labs = shade + (light - shade) * np.linspace(0, 1, 256)[:, None]
    return np.rint(_colours(labs)).astype(np.uint8)[:, None]
