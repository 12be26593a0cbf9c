"""Counterfactuals: the smallest set of regions whose removal changes the decision."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.values.basic import ClassRef, ClassScore, Lane
from core.values.codec import Stored
from core.values.requests import InputRequest
from core.values.results import InputResult

__all__ = ["Counterfactual", "CounterfactualRequest", "CounterfactualStep"]


@dataclass(frozen=True)
class CounterfactualStep(Stored):
    """One region removed, after those before it.

    ``share`` is its part of what the model sees, ``probability`` that of the first decision from
    then on, ``decision`` the likeliest class from then on.
    """

    region: int
    share: float
    probability: float
    decision: ClassScore


@dataclass(frozen=True)
class Counterfactual(InputResult):
    """What was found, and what of it is proven.

    Parameters
    ----------
    labels : ndarray of int32, shape (h, w)
        The region of each pixel, 0 … n − 1, at the model's input size.
    flipped : bool
        Whether removing the regions of ``steps`` changes the decision; ``False`` is a finding too.
    steps : tuple of CounterfactualStep
        The chosen regions, the strongest first; all that were tried where nothing flipped.
    size_at_least : int
        Every set of fewer regions was tried, and none changes the decision.
    irreducible : bool
        Every set of the chosen regions less one was tried, and none changes the decision.
    words : str
        The finding and its proof as plain text.
    passes : int
        Forward passes spent.
    """

    regions: str
    baseline: str
    seed: int
    labels: npt.NDArray[np.int32]
    n_regions: int
    before: ClassScore
    after: ClassScore
    target: ClassRef | None
    flipped: bool
    steps: tuple[CounterfactualStep, ...]
    size_at_least: int
    irreducible: bool
    words: str
    passes: int
    command: str

    @property
    def minimal(self) -> bool:
        """Whether no smaller set exists: proven by trying them all."""
        return self.flipped and len(self.steps) == self.size_at_least

    @property
    def share(self) -> float:
        """The removed part of what the model sees."""
        return sum(step.share for step in self.steps)


@dataclass(frozen=True)
class CounterfactualRequest(InputRequest):
    """Ask which regions must go for the model to decide otherwise.

    Parameters
    ----------
    regions : str
        How the input is cut: a partition of its modality.
    n_regions : int
        About how many.
    baseline : str
        What a removed site becomes: a baseline of the modality.
    target : int or None
        The class that the decision shall turn to; ``None`` for any other than the predicted one.
    """

    kind: ClassVar[str] = "counterfactual"
    work: ClassVar[str] = "core.evidence.counterfactual.search:counterfactual"
    result: ClassVar[type[Counterfactual]] = Counterfactual
    regions: str
    n_regions: int
    baseline: str
    target: int | None
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "regions": self.regions,
            "n_regions": self.n_regions,
            "baseline": self.baseline,
            "target": self.target,
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Each picture is searched by itself."""
        return self.key

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "counterfactual", self.input.name, *self.model_text()]
        words += ["--regions", self.regions, "--count", str(self.n_regions)]
        words += ["--baseline", self.baseline]
        if self.target is not None:
            words += ["--target", str(self.target)]
        return shlex.join([*words, *self.input.options(), "--seed", str(self.seed)])
