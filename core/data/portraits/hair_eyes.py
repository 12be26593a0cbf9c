"""Colours of hair and eyes: combinations as they are met, rare ones too."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate

from core.data.portraits.canvas import Colour, rgb
from core.data.portraits.colour import mixed
from core.data.portraits.scene import DARK, Scene

__all__ = ["EYES", "HAIR_COLOURS", "SHARES", "hair_colour", "has_beard", "iris_colour"]

HAIR_COLOURS = {
    "black": rgb("1b181b"), "dark brown": rgb("38241a"), "brown": rgb("65432a"),
    "blond": rgb("c29c58"), "red": rgb("8f4526"),
}  # fmt: skip
EYES = {
    "dark brown": rgb("2c1a11"), "brown": rgb("4b2d19"), "hazel": rgb("6b5230"),
    "green": rgb("4d6b4a"), "blue": rgb("4d6e92"),
}  # fmt: skip
_MEDIUM = 5
"""From this tone of the Monk scale on a skin counts as medium."""
SHARES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "light": ((0.20, 0.27, 0.26, 0.18, 0.09), (0.22, 0.28, 0.13, 0.14, 0.23)),
    "medium": ((0.42, 0.34, 0.17, 0.04, 0.03), (0.46, 0.36, 0.10, 0.05, 0.03)),
    "dark": ((0.60, 0.28, 0.07, 0.03, 0.02), (0.60, 0.30, 0.06, 0.02, 0.02)),
}
"""How often each colour of hair and of eyes is drawn, by skin: a draughtsman's, not a census."""
_GREY = rgb("b3b0ac")
_BEARDED = (0, 3, 5, 6)
"""Hair that goes with a beard: bald, curly, parted, short."""


def _shares(scene: Scene) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return SHARES["dark" if scene.tone >= DARK else "medium" if scene.tone >= _MEDIUM else "light"]


def _chosen(uniform: float, shares: tuple[float, ...]) -> int:
    return min(bisect(list(accumulate(shares)), uniform), len(shares) - 1)


def hair_colour(scene: Scene) -> Colour:
    """Return the colour of the hair, grey more often with age."""
    colour = list(HAIR_COLOURS.values())[_chosen(float(scene.dice[6]), _shares(scene)[0])]
    grey = (0.0, 0.35, 0.9)[scene.age]
    return mixed(colour, _GREY, 0.8) if scene.dice[7] < grey else colour


def iris_colour(scene: Scene) -> Colour:
    """Return the colour of the eyes."""
    return list(EYES.values())[_chosen(float(scene.dice[23]), _shares(scene)[1])]


def has_beard(scene: Scene) -> bool:
    """Return whether the person wears a beard."""
    return scene.hair in _BEARDED and bool(scene.dice[18] < 0.3)
