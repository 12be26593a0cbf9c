"""TCAV: whether a concept matters to a class."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from core.concepts.contract.neighbours import folder_of
from core.modalities.picture.contract import Geometry, PictureSet
from core.values.basic import ClassRef, Lane
from core.values.codec import Stored
from core.values.requests import ModelRequest
from core.values.results import Result

__all__ = ["ConceptScore", "Tcav", "TcavRequest"]


@dataclass(frozen=True)
class ConceptScore(Stored):
    """What the test says of one concept.

    Parameters
    ----------
    score : float
        TCAV: share of the class's pictures whose logit rises along the concept's direction, mean
        over the random sets; ``low`` and ``high`` hold the middle 95 % of them.
    alignment : float
        Mean cosine between the logit's gradient and the concept's direction: what is tested.
    null_low, null_high : float
        Middle 95 % of the alignment of random sets taken for concepts.
    accuracy : float
        Of the linear classifier between concept and random pictures, on pictures held out.
    p, p_adjusted : float
        Two-sided Monte Carlo p-value, and after Holm's correction over all concepts.
    t_test_p : float
        The classical test of the scores (Kim et al. 2018), for comparison with other tools.
    """

    name: str
    n_pictures: int
    score: float
    low: float
    high: float
    alignment: float
    null_low: float
    null_high: float
    accuracy: float
    p: float
    p_adjusted: float
    t_test_p: float
    significant: bool
    words: str


@dataclass(frozen=True)
class Tcav(Result):
    """Concepts held against a class (TCAV, arXiv:1711.11279)."""

    target: ClassRef
    layer: str
    concepts: tuple[ConceptScore, ...]
    n_pictures: int
    n_random: int
    n_runs: int
    n_null: int
    alpha: float
    unreadable: tuple[str, ...]
    n_unreadable: int
    seed: int
    protocol: str
    command: str


@dataclass(frozen=True)
class TcavRequest(ModelRequest):
    """Ask whether concepts that somebody has in mind matter to a class.

    Parameters
    ----------
    concepts : tuple of PictureSet
    random : PictureSet
        Pictures of no concept in particular, to tell the concept from.
    pictures : PictureSet
        Pictures of the class: where the derivatives are taken.
    target : int
    n_runs : int
        Random counterexample sets for each concept.
    """

    kind: ClassVar[str] = "tcav"
    work: ClassVar[str] = "core.concepts.tcav:tcav"
    result: ClassVar[type[Tcav]] = Tcav
    concepts: tuple[PictureSet, ...]
    random: PictureSet
    pictures: PictureSet
    target: int
    n_runs: int
    geometry: Geometry = "crop"
    layer: str | None = None
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "concepts": [concept.parts() for concept in self.concepts],
            "random": self.random.parts(),
            "pictures": self.pictures.parts(),
            "target": self.target,
            "n_runs": self.n_runs,
            "geometry": self.geometry,
            "layer": self.layer,
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Each test by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this test; pictures given singly need a folder."""
        words = ["python", "-m", "core", "tcav"]
        for concept in self.concepts:
            words += ["--concept", f"{concept.name}={folder_of(concept)}"]
        words += ["--random", folder_of(self.random), "--target", str(self.target)]
        words += [*self.model_text(), "--n-runs", str(self.n_runs)]
        words += ["--geometry", self.geometry, "--seed", str(self.seed), folder_of(self.pictures)]
        return shlex.join(words)

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)
