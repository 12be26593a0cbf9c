"""Faces are drawn with the same care at every tone: contrasts measured on the pictures."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from core.data.portraits_colour import SKIN, lab
from core.data.portraits_draw import draw
from core.data.portraits_looks import EYES, HAIR_COLOURS, SHARES, hair_colour, iris_colour
from core.data.portraits_scene import LIGHTING, N_TONES, Scene, sample

SIZE, UNIT = 96, 96 * 0.27 * 1.03  # of a head that is neither near nor far
BALD = 0
TONES = range(1, N_TONES + 1)
LIGHTS = range(len(LIGHTING))


def person(i: int, tone: int, lighting: int) -> Scene:
    """Somebody young, bald and beardless who looks straight ahead with closed lips."""
    scene = sample("test", 30, seed=5, bias=0).scene(i)
    dice = scene.dice.copy()
    dice[:4], dice[18], dice[21], dice[25] = 0.5, 0.9, 0.5, 0.3
    return dataclasses.replace(
        scene, tone=tone, lighting=lighting, hair=BALD, age=0, eyewear=0, dice=dice
    )


@lru_cache(maxsize=64)
def face(tone: int, lighting: int) -> npt.NDArray[np.float64]:
    """OKLab of the mean of some people's pictures, so that noise is small."""
    shown = [draw(person(i, tone, lighting), SIZE).astype(float) for i in range(8)]
    return lab(np.mean(shown, axis=0))


def area(picture: npt.NDArray, x: tuple[float, float], y: tuple[float, float]) -> npt.NDArray:
    """Colours of a rectangle in the head's units, around the middle of the eyes."""
    left, right = (round(SIZE * 0.5 + UNIT * v) for v in x)
    top, bottom = (round(SIZE * 0.46 + UNIT * v) for v in y)
    return picture[top:bottom, left:right].reshape(-1, 3)


def cheeks(picture: npt.NDArray) -> npt.NDArray:
    return np.concatenate([area(picture, x, (0.28, 0.48)) for x in ((-0.65, -0.4), (0.4, 0.65))])


def skin(picture: npt.NDArray) -> npt.NDArray:
    """Forehead and cheeks."""
    return np.concatenate([area(picture, (-0.7, 0.7), (-0.95, -0.45)), cheeks(picture)])


@pytest.mark.parametrize("lighting", LIGHTS)
def test_lips_are_near_to_their_skin_and_no_red_of_their_own(lighting: int) -> None:
    for tone in TONES:
        picture = face(tone, lighting)
        lips = np.median(area(picture, (-0.12, 0.12), (0.84, 0.92)), axis=0)
        around = np.median(area(picture, (-0.3, 0.3), (0.98, 1.06)), axis=0)
        apart = lips - around
        print("lips", tone, lighting, np.linalg.norm(apart).round(3), apart.round(3))


@pytest.mark.parametrize("lighting", LIGHTS)
def test_eyes_do_not_glare(lighting: int) -> None:
    for tone in TONES:
        picture = face(tone, lighting)
        eyes = np.concatenate(
            [area(picture, x, (-0.12, 0.1)) for x in ((-0.66, -0.18), (0.18, 0.66))]
        )
        contrast = np.percentile(eyes[:, 0], 97) - np.median(cheeks(picture)[:, 0])
        print("eyes", tone, lighting, contrast.round(3))


@pytest.mark.parametrize("lighting", LIGHTS)
def test_every_face_is_modelled_and_none_is_crushed_to_black(lighting: int) -> None:
    for tone in TONES:
        light = skin(face(tone, lighting))[:, 0]
        low, high = np.percentile(light, [3, 97])
        print("skin", tone, lighting, light.mean().round(3), low.round(3), (high - low).round(3))
