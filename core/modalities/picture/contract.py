"""Pictures: their pixels, the part that a model sees, and sets of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from core.errors import CapabilityError
from core.values.basic import Array, Box
from core.values.inputs import Input, OpenedSource, Seen

__all__ = [
    "Depth", "DEPTHS", "GalleryRef", "GEOMETRIES", "Geometry", "ModelInput",
    "opened_picture", "Picture", "picture_input", "picture_seen", "PictureSeen", "PictureSet",
]  # fmt: skip

Pixels = npt.NDArray[np.uint8]

Geometry = Literal["crop", "squash", "letterbox"]

GEOMETRIES: tuple[Geometry, ...] = get_args(Geometry)

Depth = Literal["auto", "8", "10", "12", "14", "16"]
"""Bits of each sample in a file of 16; ``auto``: as few as hold the largest value."""

DEPTHS: tuple[Depth, ...] = get_args(Depth)


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

    @property
    def nbytes(self) -> int:
        """Bytes of its pixels."""
        return self.pixels.nbytes

    @cached_property
    def sha256(self) -> str:
        """Hash of size and pixels: two files with equal pixels share it."""
        head = f"{self.height}x{self.width}:".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True)
class PictureSeen(Seen):
    """Which part of which picture a model saw.

    Parameters
    ----------
    image, image_sha256 : str
        Name of the file as given, and hash of size and pixels.
    width, height : int
        Of the picture, in pixels.
    box : Box
        The part of it that the model was shown.
    geometry : {"crop", "squash", "letterbox"}
    """

    modality: ClassVar[str] = "picture"
    image: str
    image_sha256: str
    width: int
    height: int
    box: Box
    geometry: Geometry

    @property
    def name(self) -> str:
        """Name of the file as given, to be escaped where it is shown."""
        return self.image

    @property
    def sha256(self) -> str:
        """Hash of size and pixels."""
        return self.image_sha256

    def place(self) -> dict[str, Any]:
        """Return the box that the map covers: left, top, right, bottom in pixels."""
        box = self.box
        return {"box": [box.left, box.top, box.right, box.bottom]}


@dataclass(frozen=True)
class ModelInput:
    """A picture as the model sees it.

    ``pixels`` is uint8 ``(h, w, C)`` at the model's own size; ``box`` says which part of the
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

    @cached_property
    def sha256(self) -> str:
        """Hash of the pixels the model sees."""
        return hashlib.sha256(np.ascontiguousarray(self.pixels).tobytes()).hexdigest()

    def tensor(self) -> Array:
        """Return float32 ``(h, w, C)`` in [0, 1]."""
        return self.pixels.astype(np.float32) / np.float32(255)

    def parts(self) -> dict[str, Any]:
        """Return what content keys are made of: pixels, picture and how it was cut."""
        return {"input": self.sha256, "image": self.image_sha256, "geometry": self.geometry}

    def options(self) -> list[str]:
        """Return the options that open and cut a picture in the same way."""
        depth = [] if self.depth == "auto" else ["--depth", self.depth]
        return ["--geometry", self.geometry, *depth]

    def seen(self) -> PictureSeen:
        """Return which part of which picture this is."""
        return PictureSeen(
            image=self.name,
            image_sha256=self.image_sha256,
            width=self.width,
            height=self.height,
            box=self.box,
            geometry=self.geometry,
        )


def opened_picture(source: OpenedSource) -> Picture:
    """Return ``source`` as a picture: where one is drawn on, no other kind of source will do.

    Raises
    ------
    CapabilityError
        If it is a source of another kind.
    """
    if not isinstance(source, Picture):
        raise CapabilityError(f"This is drawn over pictures. Received: {type(source).__name__}.")
    return source


def picture_input(given: Input) -> ModelInput:
    """Return ``given`` as a picture's input: where a picture is drawn, no other will do.

    Raises
    ------
    CapabilityError
        If it is another kind of input.
    """
    if not isinstance(given, ModelInput):
        raise CapabilityError(f"This is drawn over pictures. Received: {given.modality}.")
    return given


def picture_seen(seen: Seen) -> PictureSeen:
    """Return what a result tells of a picture.

    Raises
    ------
    CapabilityError
        If the result is about another kind of input.
    """
    if not isinstance(seen, PictureSeen):
        raise CapabilityError(f"This is drawn over pictures. Received: {seen.modality}.")
    return seen


@dataclass(frozen=True, slots=True)
class GalleryRef:
    """A reference folder as it was read: another fingerprint is another folder.

    Parameters
    ----------
    folder : str
        Absolute path on the machine that computes.
    fingerprint : str
        SHA-256 over names, sizes, times of change and the table of labels.
    """

    folder: str
    fingerprint: str


@dataclass(frozen=True)
class PictureSet:
    """A named set of pictures: of a reference folder, or given one by one.

    Parameters
    ----------
    name : str
        A stranger's text, to be escaped where it is shown.
    gallery : GalleryRef, optional
        The folder that the pictures are taken from.
    label : str, optional
        Takes only the folder's pictures with this label.
    pictures : tuple of ModelInput
        Pictures given by themselves, in place of a folder.
    """

    name: str
    gallery: GalleryRef | None = None
    label: str | None = None
    pictures: tuple[ModelInput, ...] = ()

    def parts(self) -> dict[str, Any]:
        """Return what a content key needs of the set."""
        return {
            "name": self.name,
            "gallery": None if self.gallery is None else self.gallery.fingerprint,
            "label": self.label,
            "pictures": [[p.sha256, p.name] for p in self.pictures],
        }
