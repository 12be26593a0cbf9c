"""Two maps held against each other, and a map followed along a path of changed pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core import numerals
from core.errors import NumeralError
from core.evidence.contract import Score
from core.parameters import Value
from core.values.basic import Array, Box, ClassRef, Lane
from core.values.codec import Stored
from core.values.requests import InputRequest
from core.values.results import InputResult

__all__ = [
    "Agreement",
    "DifferenceUnit",
    "Drift",
    "DriftPath",
    "DriftRequest",
    "MapComparison",
    "severity_text",
]

Agreement = Literal["agree", "partly", "disagree", "unknown"]
"""Of the rank correlation: at least 0.7, at least 0.3, less, not defined."""
DifferenceUnit = Literal["raw", "mean", ""]
"""Of a difference map: the maps' own unit, multiples of each map's mean |value|, no such map."""
_EPSILON_PATH = "adversarial"


def severity_text(path: str, severity: float) -> str:
    """Return a severity along a path as people give it: an ε in pixels of [0, 1].

    >>> severity_text("adversarial", 2.0), severity_text("blur", 6.0)
    ('2/255', '6')
    """
    return f"{severity:g}/255" if path == _EPSILON_PATH else f"{severity:g}"


@dataclass(frozen=True)
class MapComparison(Stored):
    """How alike two maps of one picture are.

    Parameters
    ----------
    scores : tuple of Score
        ``spearman``, ``pearson``, ``ssim``, ``overlap``; empty where the maps cannot be compared.
    agreement : {"agree", "partly", "disagree", "unknown"}
    words : str
        One sentence for people; where there is nothing to compare, why.
    difference : ndarray of float32, shape (h, w), or None
        First map − second map on the common grid.
    unit : {"raw", "mean", ""}
        What a difference of 1 is; see :data:`DifferenceUnit`.
    box : Box or None
        The part of the original that both maps show.
    """

    scores: tuple[Score, ...]
    agreement: Agreement
    words: str
    difference: Array | None
    unit: DifferenceUnit
    box: Box | None

    def score(self, metric: str) -> float | None:
        """Return the value of ``metric``; ``None`` where it is not defined."""
        return next((s.value for s in self.scores if s.metric == metric), None)


@dataclass(frozen=True, slots=True)
class DriftPath:
    """What a path along which a picture changes declares about itself.

    Parameters
    ----------
    symbol, unit : str
        What stands before and behind the severity: ``ε 0.5/255``.
    maximum, highest : float
        Severity of the last step: the default, and the most that may be asked for.
    """

    id: str
    name: str
    summary: str
    limits: str
    symbol: str
    unit: str
    maximum: float
    highest: float
    needs_gradients: bool
    random: bool

    @property
    def is_epsilon(self) -> bool:
        """Whether its severity is an ε, given in pixels of [0, 1] and told in 255ths."""
        return self.id == _EPSILON_PATH

    def parse(self, given: float | str) -> float:
        """Return a severity in the path's unit, whatever its size.

        Raises
        ------
        NumeralError
            If it is no number.
        """
        if not self.is_epsilon:
            return numerals.number(given)
        return float(f"{numerals.fraction(given) * 255:.9g}")

    def text(self, severity: float) -> str:
        """Return a severity as :meth:`parse` reads it."""
        return severity_text(self.id, severity)

    def hint(self, given: float | str) -> str:
        """Return what was meant, where an ε was given in levels of 8 bits."""
        try:
            levels = numerals.number(given, 0, self.highest)
        except NumeralError:
            return ""
        return f"; did you mean {self.text(levels)}?" if self.is_epsilon and levels else ""


@dataclass(frozen=True)
class Drift(InputResult):
    """A map along a path: n frames, of which number 0 is the unchanged picture.

    Parameters
    ----------
    severities : ndarray of float32, shape (n,)
        In ``unit``; 0 first.
    frames : ndarray of uint8, shape (n, h, w, 3)
        What the model saw, rounded to 8 bits for showing; passes ran on the unrounded values.
    linf : ndarray of float32, shape (n,)
        Largest change of a channel against frame 0, before rounding, in /255.
    maps : ndarray of float32, shape (n, h, w)
        Raw, of the same class throughout.
    target_probability, top_probability : ndarray of float32, shape (n,)
        Softmax of the explained class, and of the class that wins.
    top : tuple of ClassRef
        The class that wins in each frame.
    correlations : tuple of (float or None)
        Spearman's rank correlation with the map of frame 0; ``None`` where a map is constant.
    flip : int or None
        First frame with another winner than frame 0.
    words : str
        One sentence: when the decision turned, and how far the map had moved by then.
    """

    path: str
    symbol: str
    unit: str
    method: str
    parameters: dict[str, Value]
    layer: str | None
    target: ClassRef
    signed: bool
    seed: int
    severities: Array
    frames: npt.NDArray[np.uint8]
    linf: Array
    maps: Array
    target_probability: Array
    top_probability: Array
    top: tuple[ClassRef, ...]
    correlations: tuple[float | None, ...]
    flip: int | None
    words: str
    command: str

    def severity(self, frame: int) -> str:
        """Return the severity of a frame with its symbol and unit."""
        return f"{self.symbol}{self.severities[frame]:.3g}{self.unit}"


@dataclass(frozen=True)
class DriftRequest(InputRequest):
    """Ask how a map moves while its picture changes step by step.

    Parameters
    ----------
    path : str
        Id of the path.
    steps : int
        Changed pictures; the unchanged one comes in addition, as number 0.
    maximum : float
        Severity of the last step, in the path's unit.
    target : int or None
        The class explained in every frame; ``None`` for the one predicted on the unchanged picture.
    """

    kind: ClassVar[str] = "drift"
    work: ClassVar[str] = "core.comparison.drift:drift"
    result: ClassVar[type[Drift]] = Drift
    path: str
    steps: int
    maximum: float
    method: str
    parameters: dict[str, Value]
    target: int | None
    layer: str | None
    lane: Lane = "interactive"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "path": self.path,
            "steps": self.steps,
            "maximum": self.maximum,
            "method": self.method,
            "parameters": self.parameters,
            "target": self.target,
            "layer": self.layer,
            "seed": self.seed,
        }

    @property
    def batch(self) -> str:
        """Each path by itself."""
        return self.key

    def command(self, target: int) -> str:
        """Return the command line that follows the same path."""
        import shlex

        words = ["python", "-m", "core", "drift", self.input.name, *self.model_text()]
        words += ["--path", self.path, "--steps", str(self.steps)]
        words += ["--maximum", severity_text(self.path, self.maximum)]
        words += ["--method", self.method, "--target", str(target)]
        if self.layer is not None:
            words += ["--layer", self.layer]
        for name, value in self.parameters.items():
            words += ["--param", f"{name}={value}"]
        words += [*self.input.options(), "--seed", str(self.seed), "--out", "drift"]
        return shlex.join(words)
