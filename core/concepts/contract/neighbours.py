"""Examples: the nearest pictures of a set."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.modalities.picture.contract import ModelInput, PictureSet
from core.values.basic import ClassRef, Lane, content_key
from core.values.codec import Stored
from core.values.requests import InputRequest
from core.values.results import InputResult

__all__ = ["Neighbour", "Neighbours", "NeighboursRequest"]

Pixels = npt.NDArray[np.uint8]


def folder_of(pictures: PictureSet) -> str:
    """Return a set's folder for a command line; ``FOLDER`` for pictures given singly."""
    if pictures.gallery is None:
        return "FOLDER"
    return pictures.gallery.folder + ("" if pictures.label is None else f"/{pictures.label}")


@dataclass(frozen=True)
class Neighbour(Stored):
    """One picture near another.

    ``index`` is its place in the reference set, ``similarity`` the cosine of the two pooled feature
    vectors in [−1, 1], ``same`` whether the features agree in full (the picture itself, usually).
    """

    index: int
    name: str
    label: str
    similarity: float
    same: bool
    predicted: ClassRef
    probability: float


@dataclass(frozen=True)
class Neighbours(InputResult):
    """The nearest reference pictures, nearest first.

    Parameters
    ----------
    predicted, probability : ClassRef, float
        What the model takes the picture itself for.
    thumbnails : ndarray of uint8, shape (k, s, s, 3)
        What the model saw of each neighbour, small.
    n : int
        Pictures that were searched.
    unreadable : tuple of str
        Why pictures of the folder were left out, the first ones; ``n_unreadable`` counts all.
    """

    layer: str
    predicted: ClassRef
    probability: float
    neighbours: tuple[Neighbour, ...]
    thumbnails: Pixels
    n: int
    unreadable: tuple[str, ...]
    n_unreadable: int
    command: str


@dataclass(frozen=True)
class NeighboursRequest(InputRequest):
    """Ask which pictures of ``reference`` the model finds most like this one.

    ``layer`` is ``None`` for the declared feature layer; ``geometry`` of the reference pictures is
    that of the picture itself.
    """

    kind: ClassVar[str] = "neighbours"
    work: ClassVar[str] = "core.concepts.neighbours:neighbours"
    result: ClassVar[type[Neighbours]] = Neighbours
    input: ModelInput
    reference: PictureSet
    k: int
    layer: str | None = None
    lane: Lane = "interactive"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        own = {"reference": self.reference.parts(), "k": self.k, "layer": self.layer}
        return super().parts() | own

    @property
    def batch(self) -> str:
        """Pictures that are held against the same set go together."""
        own = {"reference": self.reference.parts(), "k": self.k, "layer": self.layer}
        return content_key({"above": super().batch, "geometry": self.input.geometry, **own})

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request; pictures given singly need a folder."""
        words = ["python", "-m", "core", "neighbours", self.input.name, *self.model_text()]
        words += ["--folder", folder_of(self.reference), "--k", str(self.k)]
        return shlex.join([*words, *self.input.options()])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)
