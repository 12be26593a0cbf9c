"""What a portrait is drawn on: polygons and lines in a head's own units, antialiased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Canvas", "Colour", "Points", "blend", "disc", "mirrored", "rgb"]

Colour = tuple[float, float, float]
Points = npt.NDArray[np.float64]

_SHIFT = 4
_ANGLES = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Pixels, and how units become pixels.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (S, S, 3) or (S, S)
        Drawn upon. Without channels it is a mask: every colour and tint counts as 255.
    turn : ndarray, shape (2, 2)
    shift : ndarray, shape (2,)
        A point p of the drawing lies at pixel ``turn @ p + shift``.
    """

    pixels: npt.NDArray[np.uint8]
    turn: Points
    shift: Points

    @property
    def unit(self) -> float:
        """Length of the drawing's unit in pixels."""
        return float(np.hypot(self.turn[0, 0], self.turn[1, 0]))

    def polygon(self, points: Points | Sequence[tuple[float, float]], colour: Colour) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.pixels, [self._place(points)], self._colour(colour), cv2.LINE_AA, _SHIFT)

    def line(
        self,
        points: Points | Sequence[tuple[float, float]],
        colour: Colour,
        width: float,
        *,
        closed: bool = False,
    ) -> None:
        """Draw along points, ``width`` units wide but a pixel at least."""
        thick = max(1, round(width * self.unit))
        placed = [self._place(points)]
        cv2.polylines(self.pixels, placed, closed, self._colour(colour), thick, cv2.LINE_AA, _SHIFT)

    def tint(
        self, points: Points | Sequence[tuple[float, float]], colour: Colour, alpha: float
    ) -> None:
        """Lay a polygon over what is there, ``alpha`` of it opaque."""
        if self.pixels.ndim == 2:
            self.polygon(points, colour)
            return
        placed = self._place(points)
        side = len(self.pixels)
        left, top = np.clip((placed.min(axis=0) >> _SHIFT) - 1, 0, side)
        right, bottom = np.clip((placed.max(axis=0) >> _SHIFT) + 2, 0, side)
        if left == right or top == bottom:
            return
        region = self.pixels[top:bottom, left:right]
        over = region.copy()
        corner = np.array([left, top], np.int32) << _SHIFT
        cv2.fillPoly(over, [placed - corner], colour, cv2.LINE_AA, _SHIFT)
        region[:] = cv2.addWeighted(over, alpha, region, 1 - alpha, 0)

    def _place(self, points: Points | Sequence[tuple[float, float]]) -> npt.NDArray[np.int32]:
        placed = np.asarray(points, np.float64) @ self.turn.T + self.shift
        return np.rint(placed * (1 << _SHIFT)).astype(np.int32)

    def _colour(self, colour: Colour) -> Colour:
        return colour if self.pixels.ndim == 3 else (255.0, 255.0, 255.0)


def rgb(code: str) -> Colour:
    """Return a colour from six hexadecimal digits."""
    red, green, blue = bytes.fromhex(code)
    return float(red), float(green), float(blue)


def blend(first: Colour, second: Colour, share: float) -> Colour:
    """Return ``first`` with a share of ``second`` mixed in."""
    r, g, b = (a + (z - a) * share for a, z in zip(first, second, strict=True))
    return r, g, b


def disc(x: float, y: float, across: float, down: float | None = None) -> Points:
    """Return an ellipse around (x, y) by its half axes."""
    return _CIRCLE * (across, across if down is None else down) + (x, y)


def mirrored(points: Points | Sequence[tuple[float, float]]) -> Points:
    """Return points from left to right with their mirror image, as one outline."""
    right = np.asarray(points, np.float64)
    return np.concatenate([right, right[::-1] * (-1, 1)])
