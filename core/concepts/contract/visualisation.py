"""A picture that excites one class."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.values.basic import Array, ClassRef, Lane
from core.values.requests import ModelRequest
from core.values.results import Result

__all__ = ["Visualisation", "VisualiseRequest"]

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Visualisation(Result):
    """A picture made to excite one class (activation maximisation).

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
    logit, probability : float
        Of the class, for the picture as it is shown (8 bits).
    start_logit : float
        For the noise that it was grown from.
    trace : ndarray of float32, shape (steps,)
        Logit at each step, jitter and rotation included.
    """

    target: ClassRef
    picture: Pixels
    logit: float
    probability: float
    start_logit: float
    trace: Array
    steps: int
    seed: int
    command: str


@dataclass(frozen=True)
class VisualiseRequest(ModelRequest):
    """Ask for a picture that drives the logit of ``target`` up."""

    kind: ClassVar[str] = "visualise"
    work: ClassVar[str] = "core.concepts.visualise:visualise"
    result: ClassVar[type[Visualisation]] = Visualisation
    target: int
    steps: int
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {"target": self.target, "steps": self.steps, "seed": self.seed}

    @property
    def batch(self) -> str:
        """Each picture by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "visualise", "--target", str(self.target)]
        words += [*self.model_text(), "--steps", str(self.steps), "--seed", str(self.seed)]
        return shlex.join([*words, "--out", "visualisations"])

    def adopt(self, stored: Any) -> Any:
        """Return a stored picture as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), command=self.command)
