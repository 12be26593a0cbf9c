"""What is in each portrait: attributes drawn at random, independent but for the bias asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import SPLITS, SplitName

__all__ = [
    "AGES", "BACKGROUNDS", "CLASSES", "DARK", "HAIR", "LIGHTING", "N_DICE", "N_TONES",
    "OWN_BACKGROUND", "TONES", "Scene", "Scenes", "sample",
]  # fmt: skip

CLASSES = ("none", "glasses", "sunglasses")
N_TONES = 10
TONES = tuple(f"{tone:02d}" for tone in range(1, N_TONES + 1))
DARK = 7
"""From this tone of the Monk scale on a skin counts as dark."""
AGES = ("18-34", "35-59", "60+")
LIGHTING = ("dim", "front", "left", "right")
BACKGROUNDS = ("coral", "lilac", "mustard", "sage", "sky", "stone")
OWN_BACKGROUND = (2, 4, 0)
"""The background that goes with each class in biased training data."""
HAIR = ("bald", "bob", "bun", "curly", "long", "parted", "short")

N_DICE = 26
"""Further random numbers of a picture: pose, shapes and colours of details."""
_N_ATTRIBUTES = 6
_MIXED_TONES = np.array([1, 6, 10, 3, 8, 5, 2, 9, 4, 7])
"""An order in which any few neighbours hold light and dark tones alike."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one picture is drawn from.

    Parameters
    ----------
    eyewear : int
        Index into :data:`CLASSES`.
    tone : int
        Monk skin tone, 1 to 10.
    age, lighting, background, hair : int
        Indices into :data:`AGES`, :data:`LIGHTING`, :data:`BACKGROUNDS`, :data:`HAIR`.
    dice : ndarray of float, shape (N_DICE,)
        Uniform in [0, 1).
    noise : tuple of int
        Seed of the picture's noise.
    """

    eyewear: int
    tone: int
    age: int
    lighting: int
    background: int
    hair: int
    dice: npt.NDArray[np.float64]
    noise: tuple[int, ...]


@dataclass(frozen=True)
class Scenes:
    """The scenes of a split, attribute by attribute: n numbers each, as in :class:`Scene`."""

    eyewear: npt.NDArray[np.int64]
    tone: npt.NDArray[np.int64]
    age: npt.NDArray[np.int64]
    lighting: npt.NDArray[np.int64]
    background: npt.NDArray[np.int64]
    hair: npt.NDArray[np.int64]
    dice: npt.NDArray[np.float64]
    seed: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.eyewear)

    def scene(self, index: int) -> Scene:
        """Return one of them."""
        return Scene(
            eyewear=int(self.eyewear[index]),
            tone=int(self.tone[index]),
            age=int(self.age[index]),
            lighting=int(self.lighting[index]),
            background=int(self.background[index]),
            hair=int(self.hair[index]),
            dice=self.dice[index],
            noise=(*self.seed, index),
        )


def sample(split: SplitName, n: int, *, seed: int, bias: float) -> Scenes:
    """Draw the attributes of ``n`` pictures; those of a smaller ``n`` are their beginning.

    Training pictures are drawn independently of each other. With ``bias`` b a dark tone is
    (1 − b)² times as frequent as another, and the background is that of the class with probability
    b. In the other splits every class meets every tone equally often (exactly in multiples of 30
    pictures), whatever the bias.
    """
    stream = (seed, SPLITS.index(split))
    dice = np.random.default_rng(stream).random((n, _N_ATTRIBUTES + N_DICE))
    age, lighting, hair, background, own, tone = dice[:, :_N_ATTRIBUTES].T
    index = np.arange(n)
    eyewear = index % len(CLASSES)
    anywhere = _pick(background, len(BACKGROUNDS))
    if split == "train":
        tones = 1 + np.searchsorted(_tone_steps(bias), tone, side="right")
        backgrounds = np.where(own < bias, np.take(OWN_BACKGROUND, eyewear), anywhere)
    else:
        tones = _MIXED_TONES[index // len(CLASSES) % N_TONES]
        backgrounds = anywhere
    return Scenes(
        eyewear=eyewear,
        tone=tones,
        age=_pick(age, len(AGES)),
        lighting=_pick(lighting, len(LIGHTING)),
        background=backgrounds,
        hair=_pick(hair, len(HAIR)),
        dice=dice[:, _N_ATTRIBUTES:],
        seed=stream,
    )


def _pick(uniform: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.int64]:
    return (uniform * n).astype(np.int64)


def _tone_steps(bias: float) -> npt.NDArray[np.float64]:
    """Return the upper ends, in [0, 1], of the tones' shares, the last one left out."""
    weights = np.where(np.arange(1, N_TONES + 1) >= DARK, (1 - bias) ** 2, 1.0)
    return np.cumsum(weights / weights.sum())[:-1]
