"""Glasses and sunglasses: the same frames, other lenses."""

from __future__ import annotations

import numpy as np

from core.data.portraits.canvas import Canvas, Points, blend, rgb
from core.data.portraits.scene import Scene

__all__ = ["draw_eyewear"]

_FRAMES = tuple(
    rgb(code)
    for code in ("16161a", "5b3a1f", "b98f37", "a7acb4", "a2283c", "29488c", "2e5d4a", "ece7dd")
)
_LENSES = tuple(rgb(code) for code in ("0c0c10", "2a1a10", "0e2018", "101c33", "30102a"))
_GLASS = rgb("f4fbff")
_WHITE = rgb("ffffff")
_ANGLES = np.linspace(0, 2 * np.pi, 28, endpoint=False)


def draw_eyewear(canvas: Canvas, scene: Scene) -> None:
    """Draw the scene's eyewear before the face; nothing where it has none.

    On a mask's canvas this is the eyewear's area: frame, bridge, temples and lenses.
    """
    if scene.eyewear == 0:
        return
    dark = scene.eyewear == 2
    frame = _FRAMES[int(scene.dice[10] * len(_FRAMES))]
    thick = 0.07 + 0.07 * float(scene.dice[11])
    right = _lens(scene)
    for side in (1, -1):
        lens = right * (side, 1)
        outer = lens[np.argmax(np.abs(lens[:, 0]))]
        canvas.line([(outer[0], -0.06), (side * 1.05, -0.12)], frame, thick)
        if dark:
            _dark_lens(canvas, lens, scene)
        else:
            canvas.tint(lens, _GLASS, 0.22)
            canvas.tint(_glare(lens, 0.15, 0.5), _WHITE, 0.45)
        canvas.line(lens, frame, thick, closed=True)
        # Light from above on the upper rim lets dark frames stand out from dark skin.
        canvas.line(_rim(lens), blend(frame, _WHITE, 0.45), thick * 0.35)
    inner = float(right[:, 0].min())
    canvas.line([(-inner, -0.08), (0, -0.13), (inner, -0.08)], frame, thick * 1.1)


def _lens(scene: Scene) -> Points:
    """Return the lens on the right of the picture: a superellipse, bent to the frame's fashion."""
    shape = int(scene.dice[12] * 5)
    across, down = 0.31 + 0.06 * scene.dice[13], 0.25 + 0.06 * scene.dice[14]
    power = (2.0, 3.4, 2.6, 2.2, 5.0)[shape]
    x = np.sign(np.cos(_ANGLES)) * np.abs(np.cos(_ANGLES)) ** (2 / power)
    y = np.sign(np.sin(_ANGLES)) * np.abs(np.sin(_ANGLES)) ** (2 / power)
    if shape == 0:  # round
        across = down = (across + down) / 2
    elif shape == 2:  # cat's eye: the outer upper corner is drawn up
        y = y - 0.35 * np.clip(x, 0, 1) * (y < 0)
    elif shape == 3:  # aviator: full below, towards the cheek
        down = down * 1.15
        x = x * (1 - 0.15 * y)
    return np.stack([0.43 + across * x, 0.03 + down * y], axis=1)


def _dark_lens(canvas: Canvas, lens: Points, scene: Scene) -> None:
    colour = _LENSES[int(scene.dice[15] * len(_LENSES))]
    canvas.tint(lens, colour, 0.84 + 0.14 * float(scene.dice[16]))
    canvas.tint(_glare(lens, 0.1, 0.42), blend(colour, _WHITE, 0.7), 0.42)


def _glare(lens: Points, start: float, end: float) -> Points:
    """Return a slanted stripe inside a lens, between two shares of its width."""
    low, high = lens.min(axis=0), lens.max(axis=0)
    width, height = high - low
    top, bottom = low[1] + 0.16 * height, low[1] + 0.62 * height
    slant = 0.18 * width
    left, right = low[0] + start * width, low[0] + end * width
    return np.array(
        [(left + slant, top), (right + slant, top), (right - slant, bottom), (left, bottom)]
    )


def _rim(lens: Points) -> Points:
    upper = lens[lens[:, 1] < lens[:, 1].mean()]
    return upper[np.argsort(upper[:, 0])]
