"""Pictures, classes and models as values, and the key that names content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_MODEL",
    "DEPTHS",
    "GEOMETRIES",
    "LANES",
    "Array",
    "Artefact",
    "Box",
    "ClassRef",
    "ClassScore",
    "Depth",
    "Geometry",
    "Lane",
    "ModelInput",
    "ModelRef",
    "Picture",
    "content_key",
]

Array = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Geometry = Literal["crop", "squash", "letterbox"]
GEOMETRIES: tuple[Geometry, ...] = get_args(Geometry)
Depth = Literal["auto", "8", "10", "12", "14", "16"]
"""Bits of each sample in a file of 16; ``auto``: as few as hold the largest value."""
DEPTHS: tuple[Depth, ...] = get_args(Depth)
Lane = Literal["interactive", "batch", "training"]
LANES: tuple[Lane, ...] = get_args(Lane)
DEFAULT_MODEL = "efficientnet_lite0"
DEFAULT_METHOD = "gradcam"


def content_key(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 (64 hex digits) of ``parts`` as canonical JSON."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Artefact:
    """What the store keeps: one JSON document and named arrays."""

    document: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the original picture, in its pixels; may reach outside (letterbox)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Picture:
    """A decoded picture: uint8 RGB ``(H, W, 3)``, upright.

    Parameters
    ----------
    name : str
        File name as given; a stranger's text, to be escaped where it is shown.
    pixels : ndarray of uint8, shape (H, W, 3)
    format : str
        The format found in the bytes, for example ``"PNG"``.
    notes : tuple of str
        What was done to it ("alpha laid over white"), one sentence each.
    bits : int, optional
        How many bits of each sample were read in a file of 16; ``None`` for other files.
    depth : Depth
        What was asked for of such a file.
    """

    name: str
    pixels: Pixels
    format: str = "array"
    notes: tuple[str, ...] = ()
    bits: int | None = None
    depth: Depth = "auto"

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @cached_property
    def sha256(self) -> str:
        """Hash of size and pixels: two files with equal pixels share it."""
        head = f"{self.height}x{self.width}:".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which model, with which weights and class names.

    Parameters
    ----------
    id : str
        An id of the zoo.
    weights : str
        ``"pretrained"``, ``"random"`` or the path of a weights file.
    classes : str, optional
        Path of a text file with one class name a line.
    """

    id: str
    weights: str = "pretrained"
    classes: str | None = None


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class of the model: index and name."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class with its softmax probability in [0, 1]."""

    index: int
    label: str
    probability: float


@dataclass(frozen=True)
class ModelInput:
    """A picture as the model sees it.

    ``pixels`` is uint8 ``(h, w, 3)`` at the model's own size; ``box`` says which part of the
    original (``width`` × ``height``) it shows.
    """

    modality: ClassVar[str] = "picture"
    name: str
    pixels: Pixels
    box: Box
    geometry: Geometry
    width: int
    height: int
    image_sha256: str
    depth: Depth = "auto"

    @property
    def words(self) -> list[str]:
        """The options of a command line that open the picture in the same way."""
        depth = [] if self.depth == "auto" else ["--depth", self.depth]
        return ["--geometry", self.geometry, *depth]

    @cached_property
    def sha256(self) -> str:
        """Hash of the pixels the model sees."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()

    def tensor(self) -> Array:
        """Return float32 ``(h, w, 3)`` in [0, 1]."""
        return self.pixels.astype(np.float32) / np.float32(255)
