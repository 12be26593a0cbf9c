"""The face of a portrait: its modelling, and what is in it; all but the eyewear."""

from __future__ import annotations

import cv2
import numpy as np

from core.data.portraits.canvas import Canvas, Colour, Points, disc, mirrored, rgb
from core.data.portraits.colour import Palette, lab, mixed, moved, palette, ramp
from core.data.portraits.hair_eyes import hair_colour, has_beard, iris_colour
from core.data.portraits.relief import modelling
from core.data.portraits.scene import Scene

__all__ = ["draw_face"]

_GOLD = rgb("d9ad45")
_PUPIL = rgb("120d0b")
_TOOTHY = 0.8
"""Share of the smiles that are closed."""
_FOLD = 0.34
"""Depth of a fold, as a share of the way from highlight to shade."""
_MOST_BROW = 0.34
"""A brow stands out from its skin by no more, in OKLab."""


def draw_face(canvas: Canvas, scene: Scene) -> None:
    """Draw ears, head, and what is in a face."""
    colours = palette(scene.tone)
    for side in (1, -1):
        _draw_ear(canvas, scene, colours, side)
    _draw_head(canvas, scene, colours)
    if has_beard(scene):
        _draw_beard(canvas, scene, colours)
    for side in (1, -1):
        canvas.tint(disc(side * 0.58, 0.5, 0.24, 0.16), colours.blush, 0.22)
        _draw_eye(canvas, scene, colours, side)
        _draw_brow(canvas, scene, colours, side)
    _draw_nose(canvas, scene, colours)
    _draw_mouth(canvas, scene, colours)


def _draw_ear(canvas: Canvas, scene: Scene, colours: Palette, side: int) -> None:
    canvas.polygon(disc(side * 1.02, 0.08, 0.17, 0.27), colours.skin)
    canvas.polygon(disc(side * 1.04, 0.1, 0.08, 0.16), mixed(colours.skin, colours.line, 0.55))
    if scene.dice[17] < 0.25:
        canvas.polygon(disc(side * 1.06, 0.42, 0.07), _GOLD)


def _draw_head(canvas: Canvas, scene: Scene, colours: Palette) -> None:
    """Draw the head in its light; folds are dents in it, so they are as deep on every skin."""
    outline = _outline(scene)
    canvas.polygon(outline, colours.skin)
    inside, folds = _mask(canvas), _mask(canvas)
    inside.polygon(outline * 0.985, colours.skin)
    for fold in _folds(scene):
        folds.line(fold, colours.skin, 0.035)
    lit = cv2.addWeighted(modelling(canvas, scene.lighting), 1, folds.pixels, -_FOLD, 0)
    cv2.copyTo(cv2.applyColorMap(lit, ramp(scene.tone)), inside.pixels, canvas.pixels)


def _mask(canvas: Canvas) -> Canvas:
    return Canvas(np.zeros(canvas.pixels.shape[:2], np.uint8), canvas.turn, canvas.shift)


def _folds(scene: Scene) -> list[Points]:
    """Return the folds above the eyes, and those that come with age."""
    sides = [[(0.3, -0.15), (0.42, -0.185), (0.56, -0.15)]]
    middle: list[Points] = []
    if scene.age > 0:
        sides.append([(0.25, 0.5), (0.35, 0.63), (0.4, 0.78)])
    if scene.age == 2:
        sides.append([(0.27, 0.17), (0.42, 0.22), (0.58, 0.16)])
        sides.append([(0.72, -0.02), (0.84, -0.08)])
        middle = [np.array([(-0.38, y + 0.03), (0, y), (0.38, y + 0.03)]) for y in (-0.53, -0.66)]
    return middle + [np.array(fold) * (side, 1) for fold in sides for side in (1, -1)]


def _outline(scene: Scene) -> Points:
    jaw = 0.78 + 0.16 * float(scene.dice[20])
    angle = np.linspace(-np.pi / 2, np.pi / 2, 20)
    x, y = np.cos(angle), np.sin(angle)
    lower = y > 0
    x = np.where(lower, x * (1 - (1 - jaw) * y), x)
    return mirrored(np.stack([x, np.where(lower, 1.27 * y, 1.22 * y)], axis=1))


def _draw_eye(canvas: Canvas, scene: Scene, colours: Palette, side: int) -> None:
    """Draw an almond with the iris under its lid."""
    gaze = 0.05 * (float(scene.dice[21]) * 2 - 1)
    open_ = 0.1 + 0.03 * float(scene.dice[22])
    upper = [
        (0.2, 0.02),
        (0.28, -0.7 * open_),
        (0.41, -open_),
        (0.55, -0.75 * open_),
        (0.64, -0.01),
    ]
    lower = [(0.55, 0.65 * open_), (0.42, 0.8 * open_), (0.29, 0.6 * open_)]
    mirror = np.array((side, 1))
    lid, almond = np.array(upper) * mirror, np.array([*upper, *lower]) * mirror
    canvas.polygon(almond, colours.white)
    x, r = 0.42 * side + gaze, min(0.1, open_)
    canvas.polygon(disc(x, -0.012, r * 1.04, r * 0.92), iris_colour(scene))
    canvas.polygon(disc(x, -0.012, 0.046), _PUPIL)
    canvas.polygon(disc(x + 0.035, -0.045, 0.024), mixed(colours.white, (255, 255, 255), 0.5))
    canvas.line(lid + np.array((0, 0.035)), mixed(colours.white, colours.line, 0.5), 0.03)
    canvas.line(lid, colours.line, 0.05)


def _draw_brow(canvas: Canvas, scene: Scene, colours: Palette, side: int) -> None:
    lift = 0.08 * float(scene.dice[24])
    arch = [(0.2, -0.27 - lift), (0.42, -0.36 - lift), (0.66, -0.26 - lift)]
    canvas.line(np.array(arch) * (side, 1), _brow(scene, colours.skin), 0.085)


def _brow(scene: Scene, skin: Colour) -> Colour:
    """Return the hair's colour brought near to the skin, and never the skin itself."""
    hair = mixed(hair_colour(scene), skin, 0.25)
    apart = float(lab(hair)[0] - lab(skin)[0])
    if apart > 0 and scene.age < 2:  # fair hair has darker brows
        hair, apart = moved(skin, -0.1), -0.1
    least = 0.08 if abs(apart) < 0.08 else min(abs(apart), _MOST_BROW)
    return moved(hair, (least if apart > 0 else -least) - apart)


def _draw_nose(canvas: Canvas, scene: Scene, colours: Palette) -> None:
    wide = 0.13 + 0.06 * float(scene.dice[19])
    under = [(wide, 0.42), (wide * 0.85, 0.51), (wide * 0.35, 0.53), (0, 0.55)]
    around = under + [(-x, y) for x, y in under[-2::-1]]
    canvas.line(around, mixed(colours.skin, colours.line, 0.75), 0.05)


def _draw_beard(canvas: Canvas, scene: Scene, colours: Palette) -> None:
    outline = _outline(scene)
    lower = outline[outline[:, 1] > 0.28] * (1.02, 1.03)
    half = lower[lower[:, 0] > 0]
    inside = [(0.66, 0.56), (0.34, 0.64), (0.0, 0.62)]
    shape = mirrored([*half[np.argsort(half[:, 1])][::-1].tolist(), *inside])
    canvas.tint(shape, _beard(scene, colours), 0.85)


def _beard(scene: Scene, colours: Palette) -> Colour:
    """Return the hair's colour, the nearer to the skin the farther it is from it."""
    hair = hair_colour(scene)
    apart = abs(float(lab(hair)[0] - lab(colours.skin)[0]))
    return mixed(hair, colours.skin, 0.15 + 0.6 * apart)


def _draw_mouth(canvas: Canvas, scene: Scene, colours: Palette) -> None:
    upper_lip, lower_lip, line = colours.upper_lip, colours.lower_lip, colours.lips
    beard = _beard(scene, colours)
    if has_beard(scene) and lab(beard)[0] > lab(line)[0]:  # on fair hair dark lips would gape
        upper_lip, lower_lip, line = (mixed(c, beard, 0.4) for c in (upper_lip, lower_lip, line))
    smile = 0.02 + 0.06 * float(scene.dice[25])
    corner = (0.29, 0.79 - smile)
    upper = [(0, 0.755), (0.08, 0.735), (0.18, 0.76 - 0.3 * smile), corner]
    if scene.dice[25] > _TOOTHY:
        canvas.polygon(mirrored([*upper, (0.2, 0.93), (0, 0.97)]), lower_lip)
        canvas.polygon(mirrored([(0, 0.8), (0.24, 0.77), (0.16, 0.875), (0, 0.9)]), colours.mouth)
        canvas.polygon(
            mirrored([(0, 0.8), (0.22, 0.775), (0.15, 0.84), (0, 0.855)]),
            mixed(colours.white, colours.mouth, 0.12),
        )
        canvas.polygon(mirrored([*upper, (0.15, 0.79), (0, 0.8)]), upper_lip)
        return
    middle = [(0, 0.82), (0.14, 0.815 - 0.2 * smile), corner]
    canvas.polygon(mirrored([*middle, (0.16, 0.905), (0, 0.925)]), lower_lip)
    canvas.polygon(mirrored([*upper, *middle[::-1]]), upper_lip)
    canvas.line(mirrored(middle[::-1])[: 2 * len(middle)], line, 0.035)
