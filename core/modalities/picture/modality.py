"""Pictures as a modality: pixels that are blurred, painted over or filled in, and superpixels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, cast

import numpy as np

from core.contracts import (
    DEPTHS,
    GEOMETRIES,
    Array,
    Depth,
    Explanation,
    Geometry,
    ModelInput,
    Picture,
    Source,
)
from core.errors import InputError
from core.lookup import lookup
from core.modalities.base import Aligned, Labels, Masker, Modality
from core.modalities.picture import images, overlay
from core.modalities.picture.align import align
from core.modalities.picture.backgrounds import BACKGROUNDS
from core.modalities.picture.baselines import AVERAGED, BASELINES, baseline
from core.modalities.picture.controls import CONTROLS, FAMILY_NAMES
from core.modalities.picture.maskers import MASKERS, masker, words
from core.modalities.picture.probes import probes
from core.modalities.picture.regions import PARTITIONS, Partition, partition
from core.modalities.picture.removal import PRESETS, REMOVED, REMOVED_TEXT
from core.modalities.picture.shape import checked_size
from core.parameters import Parameter, Value

__all__ = ["PICTURE", "PictureModality"]

_EVEN = 1 / 255
"""Standard deviation of the pixels, in every channel, below which a picture is one even colour: one
level of a file's 255, as lossy files of an even colour show."""


class PictureModality(Modality):
    """Pictures ``(H, W, C)``, pixels in [0, 1]."""

    id = "picture"
    offers = frozenset({"plane", "colour", "unit_range"})
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "baselines": tuple(BASELINES),
        "steady_baselines": tuple(name for name in BASELINES if name != "noise"),
        "path_baselines": (*BASELINES, "average"),
        "backgrounds": tuple(BACKGROUNDS),
        "partitions": PARTITIONS,
        "maskers": MASKERS,
        "averaged": AVERAGED,
    }
    controls = CONTROLS
    families = FAMILY_NAMES
    presets = PRESETS
    measured = (
        "Measured on pictures that the rule was not made on: 14 kinds of maps that know nothing "
        "pass about 1 % of the time; passing maps have 1.8 points [−1.6, 5.1] more of their weight "
        "on a known object than others (10 of 600, portraits)."
    )
    source = "picture"
    site = "pixel"
    suffixes = frozenset(images.SUFFIXES)
    files = f"pictures ({images.KINDS})"
    opening = (
        Parameter(
            "depth", "choice", "auto", "Bits of each sample in files of 16", choices=DEPTHS,
        ),
    )  # fmt: skip
    reading = (
        Parameter(
            "geometry", "choice", "crop", "How the picture is fitted to the model's size",
            choices=GEOMETRIES,
        ),
    )  # fmt: skip

    def takes(self, path: Path) -> bool:
        """Say whether it is a picture, by its ending, or without one by its first bytes."""
        return images.is_picture(path)

    def open(self, given: object, name: str, chosen: Mapping[str, Value]) -> Picture:
        """Open a file, bytes, an array or a picture of Pillow."""
        depth = cast(Depth, chosen["depth"])
        return images.open_picture(cast(Source, given), name=name or None, depth=depth)

    def notes(self, source: object) -> tuple[str, ...]:
        """Return how the picture was read."""
        return source.notes if isinstance(source, Picture) else ()

    def draw(self, source: object, explanation: Explanation | None) -> bytes:
        """Return the original picture, with the map over it where one is given."""
        picture = cast(Picture, source)
        drawn = picture.pixels if explanation is None else overlay.compose(picture, explanation)
        return overlay.png(drawn)

    def to_input(
        self, source: object, shape: tuple[int, ...], chosen: Mapping[str, Value]
    ) -> ModelInput:
        """Cut, squash or letterbox a picture to the model's size."""
        if not isinstance(source, Picture):
            raise InputError(f"A picture is expected. Received: {type(source).__name__}.")
        return images.to_input(source, shape=shape, geometry=cast(Geometry, chosen["geometry"]))

    def checked_size(self, given: object) -> int | tuple[int, ...]:
        """Check the side, or height, width and channels."""
        return checked_size(given)

    def blank(self, shape: tuple[int, ...]) -> Picture:
        """Return a black picture."""
        return images.from_array(np.zeros((images.MIN_SIDE, images.MIN_SIDE, 3), np.uint8))

    def probes(self, shape: tuple[int, ...]) -> Array:
        """Return the packaged photographs."""
        return probes(shape)

    def empty(self, name: str, x: Array, *, seed: int) -> Array:
        """Return a plain, blurred or noisy picture."""
        return baseline(name, x, seed=seed)

    def background(self, name: str, x: Array, rng: np.random.Generator) -> Array:
        """Return one picture drawn as ``name`` says."""
        return BACKGROUNDS[name](x, rng)

    def units(self, x: Array, partition_name: str, n_units: int) -> Labels:
        """Cut along the picture's edges, or into squares."""
        return partition(x, cast(Partition, partition_name), n_units)

    def masker(self, name: str, x: Array) -> Masker:
        """Return the definitions of ``shap.maskers.Image``."""
        return masker(name, x)

    def masker_text(self, name: str) -> str:
        """Return what is put in place of a hidden part."""
        return words(name)

    def removed(self, name: str, x: Array, zero: Array) -> Array:
        """Return the picture with every pixel removed."""
        return lookup(REMOVED, name, what="replacement")(x, zero)

    def removed_text(self, name: str) -> str:
        """Return what stands in place of a removed pixel."""
        return REMOVED_TEXT[name]

    def no_question(self, x: Array) -> str:
        """Refuse pictures of one even colour."""
        if float(x.std(axis=(0, 1)).max()) < _EVEN:
            return "the picture is one even colour: no pixel of it can matter more than another"
        return ""

    def align(self, a: Explanation, b: Explanation) -> Aligned | str:
        """Lay two maps on one grid over the part of the picture that both models saw."""
        return align(a, b)


PICTURE = PictureModality()
