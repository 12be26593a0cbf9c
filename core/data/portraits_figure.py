"""The person of a portrait: hair, shoulders, face; all but the eyewear."""

from __future__ import annotations

import numpy as np

from core.data.portraits_canvas import Canvas, Colour, Points, blend, disc, mirrored, rgb
from core.data.portraits_scene import Scene

__all__ = ["draw_body", "draw_face", "draw_hair_before", "draw_hair_behind"]

_SKIN = tuple(
    rgb(code)
    for code in (
        "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96",
        "a07e56", "825c43", "604134", "3a312a", "292420",
    )
)  # fmt: skip
"""The Monk Skin Tone Scale as published (Monk 2023, doi:10.31235/osf.io/pdf4c)."""
_HAIR = tuple(rgb(code) for code in ("17151a", "3b2418", "6b4226", "c99a4b", "9c3f1f"))
_GREY = rgb("b9b7b4")
_CLOTHES = tuple(
    rgb(code) for code in ("2f4b7c", "8c2f39", "3d6b4f", "e4e0d8", "4b3f72", "d08c3f", "39393f")
)
_IRIS = tuple(rgb(code) for code in ("4a2c17", "2e1c10", "3f6b45", "46709c"))
_BLACK, _WHITE, _BLUSH, _LIP = rgb("000000"), rgb("ffffff"), rgb("e0503c"), rgb("b03a42")
_BALD, _BOB, _BUN, _CURLY, _LONG, _PARTED, _SHORT = range(7)
_BEARDED = (_BALD, _CURLY, _PARTED, _SHORT)


def _skin(scene: Scene) -> Colour:
    return _SKIN[scene.tone - 1]


def _shade(colour: Colour, share: float = 0.25) -> Colour:
    """Return a darker colour; nearly black ones are lightened, or nothing would be seen."""
    return blend(colour, _BLACK if sum(colour) > 200 else _WHITE, share)


def _hair(scene: Scene) -> Colour:
    colour = _HAIR[int(scene.dice[6] * len(_HAIR))]
    grey = (0.0, 0.35, 0.9)[scene.age]
    return blend(colour, _GREY, 0.85) if scene.dice[7] < grey else colour


def draw_hair_behind(canvas: Canvas, scene: Scene) -> None:
    """Draw the hair that neck and face hide."""
    colour = _shade(_hair(scene), 0.18)
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
    skin = _skin(scene)
    cloth = _CLOTHES[int(scene.dice[8] * len(_CLOTHES))]
    canvas.polygon(mirrored([(0.45, 0.6), (0.47, 1.5), (0.75, 1.72), (0, 2.1)]), skin)
    canvas.polygon(mirrored([(0.46, 0.9), (0.47, 1.3), (0, 1.5)]), blend(skin, _BLACK, 0.22))
    shoulders = [(0.5, 1.55), (1.1, 1.72), (1.75, 1.95), (2.05, 2.5), (2.1, 4.0)]
    if scene.dice[9] < 0.5:  # round collar
        canvas.polygon(mirrored([(0, 1.85), (0.3, 1.78), *shoulders]), cloth)
        canvas.line(
            mirrored([(0.52, 1.55), (0.34, 1.8), (0.01, 1.9)]), _shade(cloth), 0.09, closed=False
        )
    else:  # two lapels over a shirt
        canvas.polygon(mirrored([(0, 1.75), *shoulders]), blend(cloth, _WHITE, 0.75))
        for side in (1, -1):
            lapel = np.array([(0.1, 2.9), (0.45, 1.5), *shoulders[1:], (0.1, 4.0)])
            canvas.polygon(lapel * (side, 1), cloth)
            canvas.line(np.array([(0.05, 2.9), (0.45, 1.52)]) * (side, 1), _shade(cloth), 0.07)


def draw_face(canvas: Canvas, scene: Scene) -> None:
    """Draw ears, head, and what is in a face."""
    skin = _skin(scene)
    shadow = _shade(skin)
    for side in (1, -1):
        canvas.polygon(disc(side * 1.02, 0.08, 0.17, 0.27), skin)
        canvas.polygon(disc(side * 1.04, 0.1, 0.08, 0.16), shadow)
        if scene.dice[17] < 0.25:
            canvas.polygon(disc(side * 1.06, 0.42, 0.07), rgb("e2b93b"))
    canvas.polygon(_outline(scene), skin)
    if scene.hair in _BEARDED and scene.dice[18] < 0.3:
        _draw_beard(canvas, scene)
    for side in (1, -1):
        canvas.tint(disc(side * 0.6, 0.52, 0.24, 0.16), _BLUSH, 0.1)
        _draw_eye(canvas, scene, side)
    _draw_age(canvas, scene, shadow)
    nose = 0.13 + 0.06 * float(scene.dice[19])
    canvas.tint(disc(0, 0.3, nose * 0.6, 0.3), _WHITE, 0.07)
    canvas.line([(nose, 0.4), (nose * 0.8, 0.5), (0, 0.53), (-nose * 0.8, 0.5), (-nose, 0.4)],
                shadow, 0.06)  # fmt: skip
    _draw_mouth(canvas, scene)


def _outline(scene: Scene) -> Points:
    jaw = 0.78 + 0.16 * float(scene.dice[20])
    angle = np.linspace(-np.pi / 2, np.pi / 2, 20)
    x, y = np.cos(angle), np.sin(angle)
    lower = y > 0
    x = np.where(lower, x * (1 - (1 - jaw) * y), x)
    return mirrored(np.stack([x, np.where(lower, 1.27 * y, 1.22 * y)], axis=1))


def _draw_eye(canvas: Canvas, scene: Scene, side: int) -> None:
    skin, hair = _skin(scene), _hair(scene)
    x = side * 0.42
    gaze = 0.05 * (float(scene.dice[21]) * 2 - 1)
    open_ = 0.115 + 0.035 * float(scene.dice[22])
    canvas.polygon(disc(x, 0.0, 0.2, open_), rgb("f7f4ef"))
    iris = _IRIS[int(scene.dice[23] * len(_IRIS))]
    canvas.polygon(disc(x + gaze, 0.0, 0.105, min(0.105, open_)), iris)
    canvas.polygon(disc(x + gaze, 0.0, 0.05), _BLACK)
    canvas.polygon(disc(x + gaze + 0.035, -0.04, 0.025), _WHITE)
    lid = [(x - 0.21, 0.01), (x - 0.11, -open_), (x + 0.11, -open_), (x + 0.21, 0.01)]
    canvas.line(lid, blend(skin, _BLACK, 0.72), 0.05)
    brow = blend(hair, _BLACK, 0.25) if sum(skin) > 250 else blend(hair, _WHITE, 0.12)
    lift = 0.08 * float(scene.dice[24])
    arch = [(0.2, -0.27 - lift), (0.42, -0.36 - lift), (0.66, -0.26 - lift)]
    canvas.line(np.array(arch) * (side, 1), brow, 0.09)


def _draw_age(canvas: Canvas, scene: Scene, shadow: Colour) -> None:
    if scene.age == 0:
        return
    for side in (1, -1):
        fold = np.array([(0.24, 0.5), (0.36, 0.66), (0.4, 0.82)]) * (side, 1)
        canvas.line(fold, shadow, 0.04)
        if scene.age == 2:
            bag = np.array([(0.25, 0.2), (0.42, 0.26), (0.6, 0.19)]) * (side, 1)
            canvas.line(bag, shadow, 0.04)
            feet = np.array([(0.72, -0.02), (0.86, -0.09)]) * (side, 1)
            canvas.line(feet, shadow, 0.04)
    if scene.age == 2:
        for y in (-0.55, -0.68):
            canvas.line([(-0.4, y + 0.03), (0, y), (0.4, y + 0.03)], shadow, 0.04)


def _draw_beard(canvas: Canvas, scene: Scene) -> None:
    outline = _outline(scene)
    lower = outline[outline[:, 1] > 0.28] * (1.02, 1.03)
    half = lower[lower[:, 0] > 0]
    inside = [(0.55, 0.6), (0.3, 0.62), (0.0, 0.6)]
    canvas.polygon(mirrored([*half[np.argsort(half[:, 1])][::-1].tolist(), *inside]), _hair(scene))


def _draw_mouth(canvas: Canvas, scene: Scene) -> None:
    lip = blend(_skin(scene), _LIP, 0.55)
    smile = 0.03 + 0.1 * float(scene.dice[25])
    if smile > 0.085:
        canvas.polygon(
            mirrored([(0, 0.78), (0.3, 0.74), (0.2, 0.9), (0, 0.96)]), blend(lip, _BLACK, 0.45)
        )
        canvas.polygon(mirrored([(0, 0.79), (0.26, 0.77), (0.2, 0.83), (0, 0.84)]), rgb("f7f4ef"))
        canvas.line([(-0.3, 0.74), (0, 0.77), (0.3, 0.74)], lip, 0.06)
    else:
        curve = [(-0.29, 0.79 - smile), (-0.14, 0.81), (0.14, 0.81), (0.29, 0.79 - smile)]
        canvas.polygon(disc(0, 0.85, 0.18, 0.07), lip)
        canvas.line(curve, blend(lip, _BLACK, 0.35), 0.06)


def draw_hair_before(canvas: Canvas, scene: Scene) -> None:
    """Draw the hair on the head."""
    colour = _hair(scene)
    strand = blend(colour, _WHITE, 0.16)
    if scene.hair == _BALD:
        canvas.tint(disc(-0.3, -0.85, 0.26, 0.16), _WHITE, 0.16)
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
