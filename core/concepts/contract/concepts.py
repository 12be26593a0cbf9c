"""Concepts of a class, found from its pictures: requests and results."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.concepts.contract.neighbours import folder_of
from core.modalities.picture.contract import Geometry, PictureSet
from core.values.basic import Array, ClassRef, Lane, content_key
from core.values.codec import Stored
from core.values.requests import InputRequest, ModelRequest
from core.values.results import InputResult, Result

__all__ = [
    "Concept", "ConceptMaps", "ConceptMapsRequest", "Concepts", "ConceptsRequest", "Selection",
]  # fmt: skip

Pixels = npt.NDArray[np.uint8]
Selection = Literal["predicted", "labelled", "all"]
"""Which pictures count as a class: those the model takes for it, those labelled so, or all."""


@dataclass(frozen=True)
class Concept(Stored):
    """One concept of a bank.

    Parameters
    ----------
    number : int
        From 1, the most important first.
    importance : float
        Total-order Sobol index: share of the logit's variance that involves this concept, mean
        over pictures; ``low`` and ``high`` are the 95 % interval of that mean.
    effect : float
        Mean change of the class's logit when the concept alone is taken out (negative: it
        speaks for the class).
    level : float
        Mean coefficient over all places of the measured pictures.
    crops : ndarray of uint8, shape (m, s, s, 3)
        The crops in which the concept is strongest, from different pictures, and their
        ``names``.
    """

    number: int
    importance: float
    low: float
    high: float
    effect: float
    level: float
    names: tuple[str, ...]
    crops: Pixels


@dataclass(frozen=True)
class Concepts(Result):
    """The concepts of a class over a set of pictures (CRAFT, arXiv:2211.10154).

    Parameters
    ----------
    concepts : tuple of Concept
        The most important first.
    bank : ndarray of float32, shape (n_concepts, K)
        One non-negative direction in feature space a concept, in the same order.
    reconstruction_error : float
        ‖A − UW‖ / ‖A‖ over the crops, in [0, 1]: what the concepts leave out of the features.
    carried : float or None
        Share of the logit's fall that taking all concepts out causes, of the fall that taking all
        features out causes; ``None`` where the latter is 0.
    n_pictures, n_crops, n_measured : int
        Pictures of the class, crops cut from them, pictures that the importance is a mean over.
    """

    target: ClassRef
    selection: str
    layer: str
    concepts: tuple[Concept, ...]
    bank: Array
    reconstruction_error: float
    carried: float | None
    n_pictures: int
    n_crops: int
    n_measured: int
    unreadable: tuple[str, ...]
    n_unreadable: int
    seed: int
    protocol: str
    command: str


@dataclass(frozen=True)
class ConceptsRequest(ModelRequest):
    """Ask which recurring parts the model recognises the class ``target`` by.

    Parameters
    ----------
    reference : PictureSet
    target : int
    selection : {"predicted", "labelled", "all"}
        Which pictures of the set count as the class.
    n_concepts : int
    n_pictures : int
        At most so many pictures of the class are cut into crops.
    """

    kind: ClassVar[str] = "concepts"
    work: ClassVar[str] = "core.concepts.craft:concepts"
    result: ClassVar[type[Concepts]] = Concepts
    reference: PictureSet
    target: int
    selection: Selection
    n_concepts: int
    n_pictures: int
    geometry: Geometry = "crop"
    layer: str | None = None
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "reference": self.reference.parts(),
            "target": self.target,
            "selection": self.selection,
            "n_concepts": self.n_concepts,
            "n_pictures": self.n_pictures,
            "geometry": self.geometry,
            "layer": self.layer,
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Each bank of concepts by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request; pictures given singly need a folder."""
        words = ["python", "-m", "core", "concepts", folder_of(self.reference)]
        words += ["--class", str(self.target)]
        words += [*self.model_text(), "--select", self.selection]
        words += ["--n-concepts", str(self.n_concepts), "--n-pictures", str(self.n_pictures)]
        words += ["--geometry", self.geometry, "--seed", str(self.seed)]
        return shlex.join(words)

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)


@dataclass(frozen=True)
class ConceptMaps(InputResult):
    """Where in one picture each concept is.

    Parameters
    ----------
    maps : ndarray of float32, shape (n_concepts, h, w)
        Coefficients at the layer's resolution, ≥ 0, brought to the model's input size.
    strengths : ndarray of float32, shape (n_concepts,)
        Mean coefficient in this picture, relative to the concept's ``level``.
    logit : float
        Of the bank's class, in this picture.
    """

    target: ClassRef
    layer: str
    maps: Array
    strengths: Array
    logit: float


@dataclass(frozen=True)
class ConceptMapsRequest(InputRequest):
    """Ask where in one picture the concepts of a bank are."""

    kind: ClassVar[str] = "concept_maps"
    work: ClassVar[str] = "core.concepts.maps:concept_maps"
    result: ClassVar[type[ConceptMaps]] = ConceptMaps
    concepts: ConceptsRequest
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {"concepts": self.concepts.key}

    @property
    def batch(self) -> str:
        """Pictures that are read with the same bank go together."""
        return content_key({"above": super().batch, "concepts": self.concepts.key})
