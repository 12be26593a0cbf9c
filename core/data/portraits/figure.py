"""The person of a portrait around the face: hair, neck, shoulders, clothes."""

from __future__ import annotations

import numpy as np

from core.data.portraits.canvas import Canvas, Points, blend, disc, mirrored, rgb
from core.data.portraits.colour import moved, palette
from core.data.portraits.hair_eyes import hair_colour
from core.data.portraits.scene import Scene

__all__ = ["draw_body", "draw_hair_before", "draw_hair_behind"]

_CLOTHES = tuple(
    rgb(code) for code in ("2f4b7c", "8c2f39", "3d6b4f", "e4e0d8", "4b3f72", "d08c3f", "39393f")
)
_WHITE = rgb("ffffff")
_BALD, _BOB, _BUN, _CURLY, _LONG, _PARTED, _SHORT = range(7)


def draw_hair_behind(canvas: Canvas, scene: Scene) -> None:
    """Draw the hair that neck and face hide."""
    colour = moved(hair_colour(scene), -0.05)
    if scene.hair == _LONG:
        canvas.polygon(
            mirrored([(0, -1.36), (0.8, -1.2), (1.2, -0.5), (1.3, 0.6), (1.35, 1.9), (0.4, 1.9)]),
            colour,
        )
    elif scene.hair == _BOB:
        canvas.polygon(
            mirrored([(0, -1.36), (0.8, -1.2), (1.22, -0.5), (1.32, 0.5), (1.12, 1.05), (0.3, 1)]),
            colour,
        )
    elif scene.hair == _BUN:
        canvas.polygon(disc(0, -1.5, 0.45, 0.42), colour)
        canvas.polygon(disc(0, -0.2, 1.08, 1.1), colour)
    elif scene.hair == _CURLY:
        for angle in np.linspace(np.pi * 0.92, np.pi * 2.08, 9):
            canvas.polygon(disc(1.0 * np.cos(angle), -0.3 + np.sin(angle), 0.42), colour)


def draw_body(canvas: Canvas, scene: Scene) -> None:
    """Draw neck, shoulders and clothes."""
    colours = palette(scene.tone)
    cloth = _CLOTHES[int(scene.dice[8] * len(_CLOTHES))]
    canvas.polygon(mirrored([(0.45, 0.6), (0.47, 1.5), (0.75, 1.72), (0, 2.1)]), colours.skin)
    canvas.polygon(mirrored([(0.46, 0.9), (0.47, 1.3), (0, 1.5)]), colours.shade)
    shoulders = [(0.5, 1.55), (1.1, 1.72), (1.75, 1.95), (2.05, 2.5), (2.1, 4.0)]
    if scene.dice[9] < 0.5:  # round collar
        canvas.polygon(mirrored([(0, 1.85), (0.3, 1.78), *shoulders]), cloth)
        canvas.line(
            mirrored([(0.52, 1.55), (0.34, 1.8), (0.01, 1.9)]),
            moved(cloth, -0.09),
            0.09,
            closed=False,
        )
    else:  # two lapels over a shirt
        canvas.polygon(mirrored([(0, 1.75), *shoulders]), blend(cloth, _WHITE, 0.75))
        for side in (1, -1):
            lapel = np.array([(0.1, 2.9), (0.45, 1.5), *shoulders[1:], (0.1, 4.0)])
            canvas.polygon(lapel * (side, 1), cloth)
            canvas.line(
                np.array([(0.05, 2.9), (0.45, 1.52)]) * (side, 1), moved(cloth, -0.09), 0.07
            )


def draw_hair_before(canvas: Canvas, scene: Scene) -> None:
    """Draw the hair on the head."""
    colour = hair_colour(scene)
    strand = moved(colour, 0.09)
    if scene.hair == _BALD:
        return
    if scene.hair == _CURLY:
        for angle in np.linspace(np.pi * 1.02, np.pi * 1.98, 8):
            canvas.polygon(disc(0.8 * np.cos(angle), -0.42 + 0.7 * np.sin(angle), 0.27), colour)
        for angle in np.linspace(np.pi * 1.1, np.pi * 1.9, 6):
            spot = disc(0.88 * np.cos(angle) - 0.05, -0.5 + 0.72 * np.sin(angle), 0.09)
            canvas.polygon(spot, strand)
        return
    canvas.polygon(_cap(scene.hair), colour)
    for x in (-0.5, 0.05, 0.5):
        canvas.line([(x * 0.6, -1.2), (x * 1.15, -1.0), (x * 1.4, -0.82)], strand, 0.05)


def _cap(hair: int) -> Points:
    """Return the cap of hair: along the skull from ear to ear, and back along the hairline."""
    angle = np.linspace(np.pi * 1.0, np.pi * 2.0, 20)
    crown = 1.34 if hair in (_PARTED, _SHORT) else 1.3
    skull = np.stack([1.08 * np.cos(angle), -0.08 + (crown - 0.08) * np.sin(angle)], axis=1)
    if hair == _SHORT:
        line = [(0.95, -0.25), (0.88, -0.62), (0.5, -0.8), (0, -0.76), (-0.5, -0.8),
                (-0.88, -0.62), (-0.95, -0.25)]  # fmt: skip
    elif hair == _PARTED:
        line = [(0.96, -0.2), (0.9, -0.55), (0.55, -0.62), (0, -0.75), (-0.4, -0.98),
                (-0.8, -0.62), (-0.96, -0.2)]  # fmt: skip
    elif hair == _BUN:
        line = [(0.98, -0.25), (0.7, -0.7), (0.3, -0.88), (0, -0.92), (-0.3, -0.88),
                (-0.7, -0.7), (-0.98, -0.25)]  # fmt: skip
    elif hair == _BOB:  # a fringe
        line = [(0.98, 0.15), (0.9, -0.5), (0.45, -0.5), (0, -0.54), (-0.45, -0.5),
                (-0.9, -0.5), (-0.98, 0.15)]  # fmt: skip
    else:
        line = [(1.0, 0.3), (0.86, -0.3), (0.5, -0.78), (0.12, -0.98), (-0.3, -0.72),
                (-0.86, -0.3), (-1.0, 0.3)]  # fmt: skip
    return np.concatenate([skull, line])
