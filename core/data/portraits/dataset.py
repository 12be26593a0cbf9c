"""Portraits drawn by code: the dataset whose evidence and bias are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from core.contracts import DatasetRef, Picture, SplitName
from core.data.base import Dataset, DatasetKind, Part
from core.data.picture import Mask, PicturePart, Pixels
from core.data.portraits.scene import (
    AGES,
    BACKGROUNDS,
    CLASSES,
    DARK,
    HAIR,
    LIGHTING,
    TONES,
    Scenes,
    sample,
)
from core.parameters import Parameter, Value

__all__ = ["DRAWING", "Portraits", "PortraitsPart"]

DRAWING = 3
"""Version of the drawing: raise it with every change that changes a pixel or an attribute."""

_BANDS = ("light 1-3", "medium 4-6", "dark 7-10")


class PortraitsPart(PicturePart):
    """One split of the portraits: attributes at hand, pictures drawn when they are asked for.

    Parameters
    ----------
    scenes : Scenes
    size : int
        Side of the pictures in pixels.
    """

    def __init__(self, name: SplitName, scenes: Scenes, *, size: int) -> None:
        n = len(scenes)
        band = np.digitize(scenes.tone, (4, DARK))
        super().__init__(
            name,
            ids=[f"{name}-{i:05d}" for i in range(n)],
            labels=scenes.eyewear,
            groups={
                "skin_tone": [TONES[tone - 1] for tone in scenes.tone],
                "skin_tone_band": [_BANDS[i] for i in band],
                "age_band": [AGES[i] for i in scenes.age],
                "lighting": [LIGHTING[i] for i in scenes.lighting],
                "background": [BACKGROUNDS[i] for i in scenes.background],
                "hair": [HAIR[i] for i in scenes.hair],
            },
            has_masks=True,
        )
        self.scenes = scenes
        self.size = size

    def picture(self, index: int) -> Picture:
        """Return one picture, drawn now."""
        return Picture(f"portraits/{self.ids[index]}.png", self._drawn(index))

    def mask(self, index: int) -> Mask:
        """Return the pixels of the eyewear, lenses included; empty where there is none."""
        from core.data.portraits.draw import eyewear_mask

        return eyewear_mask(self.scenes.scene(index), self.size)

    def pixels(self, indices: Sequence[int], shape: tuple[int, ...]) -> Pixels:
        """Return pictures as a model sees them; at their own size whole, as they are."""
        if shape != (self.size, self.size, 3) or not len(indices):
            return super().pixels(indices, shape)
        return np.stack([self._drawn(int(i)) for i in indices])

    def _drawn(self, index: int) -> Pixels:
        # OpenCV is loaded by whoever draws, not by whoever lists datasets.
        from core.data.portraits.draw import draw

        return draw(self.scenes.scene(index), self.size)


class Portraits(DatasetKind):
    """Stylised faces with glasses, sunglasses or neither."""

    id = "portraits"
    name = "Portraits"
    summary = (
        "Stylised faces drawn by code, all ten tones of the Monk scale; tell glasses and "
        "sunglasses from none. Where the eyewear is and how the training data are biased is known."
    )
    limits = (
        "Drawings, no people: what a model does here says nothing about real faces, and the ages, "
        "hair and skins are a draughtsman's. Test pictures are balanced whatever the bias."
    )
    licence = "Drawn by Pellucid: Apache-2.0."
    masks = True
    groups = ("skin_tone", "skin_tone_band", "age_band", "lighting", "background", "hair")
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "bias", "float", 0.0,
            "How rare dark tones are in training, and how often the background goes with the class",
            low=0, high=1, step=0.1,
        ),
        Parameter("size", "choice", "64", "Side of the pictures in pixels", choices=("64", "96")),
        Parameter("n_train", "int", 5000, "Training pictures", low=60, high=50000, step=500),
        Parameter("n_validation", "int", 500, "Validation pictures", low=30, high=10000, step=100),
        Parameter("n_test", "int", 1500, "Test pictures", low=30, high=10000, step=300),
        Parameter("seed", "int", 0, "Other faces for another seed", low=0, high=2**31 - 1, step=1),
    )  # fmt: skip

    def open(self, ref: DatasetRef, parameters: Mapping[str, Value]) -> Dataset:
        """Return the dataset: attributes are drawn now, pictures when they are asked for."""
        size, seed = int(parameters["size"]), int(parameters["seed"])
        bias = float(parameters["bias"])
        splits: tuple[tuple[SplitName, Literal["n_train", "n_validation", "n_test"]], ...] = (
            ("train", "n_train"), ("validation", "n_validation"), ("test", "n_test"),
        )  # fmt: skip
        parts: dict[SplitName, Part] = {
            name: PortraitsPart(
                name, sample(name, int(parameters[n]), seed=seed, bias=bias), size=size
            )
            for name, n in splits
        }
        return Dataset(ref, CLASSES, parts, _fingerprint(parameters), size)


def _fingerprint(parameters: Mapping[str, Value]) -> str:
    content = {"portraits": DRAWING, **parameters}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
