"""Faces are drawn with the same care at every tone: contrasts measured on the pictures."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from core.data.portraits.colour import SKIN, lab
from core.data.portraits.draw import draw
from core.data.portraits.hair_eyes import EYES, HAIR_COLOURS, SHARES, hair_colour, iris_colour
from core.data.portraits.scene import LIGHTING, N_TONES, Scene, sample

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
        lightness, red, _ = lips - around
        assert 0.015 < np.linalg.norm(lips - around) < 0.08
        assert abs(lightness) < 0.06
        assert 0.01 < red < 0.045


@pytest.mark.parametrize("lighting", LIGHTS)
def test_eyes_do_not_glare(lighting: int) -> None:
    for tone in TONES:
        picture = face(tone, lighting)
        eyes = np.concatenate(
            [area(picture, x, (-0.12, 0.1)) for x in ((-0.66, -0.18), (0.18, 0.66))]
        )
        contrast = np.percentile(eyes[:, 0], 97) - np.median(cheeks(picture)[:, 0])
        assert 0.05 < contrast < 0.37


@pytest.mark.parametrize("lighting", LIGHTS)
def test_every_face_is_modelled_and_none_is_crushed_to_black(lighting: int) -> None:
    ranges = []
    for tone in TONES:
        light = skin(face(tone, lighting))[:, 0]
        low, high = np.percentile(light, [3, 97])
        assert light.mean() > 0.3
        assert low > 0.2
        ranges.append(high - low)
    assert min(ranges) > 0.1
    assert min(ranges) > 0.65 * max(ranges)


@pytest.mark.parametrize("lighting", LIGHTS)
def test_tones_keep_their_order_and_stay_near_to_the_published_ones(lighting: int) -> None:
    means = np.array([skin(face(tone, lighting))[:, 0].mean() for tone in TONES])
    falls = -np.diff(means)
    assert (falls[:2] > -0.01).all()  # 1, 2 and 3 hardly differ
    assert (falls[2:] > 0.02).all()
    if LIGHTING[lighting] == "front":
        published = np.array([lab(colour)[0] for colour in SKIN])
        assert (abs(means - published) < 0.18).all()


def test_hair_and_eyes_come_as_often_as_stated_rare_colours_too() -> None:
    scenes = sample("train", 9000, seed=1, bias=0)
    people = [scenes.scene(i) for i in range(9000)]
    bands = {"light": range(1, 5), "medium": range(5, 7), "dark": range(7, 11)}
    for name, tones in bands.items():
        group = [s for s in people if s.tone in tones and s.age == 0]
        for table, colour_of, shares in (
            (HAIR_COLOURS, hair_colour, SHARES[name][0]),
            (EYES, iris_colour, SHARES[name][1]),
        ):
            assert sum(shares) == pytest.approx(1)
            drawn = [colour_of(scene) for scene in group]
            found = [drawn.count(colour) / len(drawn) for colour in table.values()]
            assert min(found) > 0
            assert found == pytest.approx(shares, abs=0.05)
