"""Evidence: how far a map can be trusted, as requests and results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.contracts._codec import Stored
from core.contracts._input import Input
from core.contracts._requests import ExplainRequest, InputRequest, ModelRequest
from core.contracts._results import InputResult, Result
from core.contracts._target import TargetValue
from core.contracts._values import Array, ClassRef, Lane
from core.parameters import Value

__all__ = [
    "CONTROL_FAMILIES", "CONTROLS_VERSION", "Check", "Curve", "EvidenceCard", "EvidenceRequest",
    "GroupScore", "Leaderboard", "LEADERBOARD_METHODS", "LeaderboardRequest", "Sanity",
    "SanityRequest", "SanityStage", "Score", "Verdict",
]  # fmt: skip

LEADERBOARD_METHODS = (
    "gradcam", "integrated_gradients", "smoothgrad", "saliency", "edges", "centre", "random",
)  # fmt: skip
"""What a leaderboard compares unless told otherwise: four common methods and three controls."""

CONTROLS_VERSION = 2
"""Raise it when the controls of the evidence card change, or the rule by which a map beats them:
cards and control curves of an older one are not used again."""

CONTROL_FAMILIES = {
    "random": "random blocks",
    "grain": "fine noise",
    "edges": "edges",
    "blurred_edges": "blurred edges",
    "texture": "local contrast",
    "contrast": "unusual colours",
    "centre": "the middle",
}
"""Kinds of maps that know nothing of the model, which a card holds its map against; in words."""

_WITH_CONTROLS = frozenset({"deletion", "insertion"})

Verdict = Literal["pass", "fail", "unclear", "unknown"]
"""``unclear``: measured, but what was measured does not decide; ``unknown``: not measured."""


@dataclass(frozen=True)
class Score(Stored):
    """One metric's value for one map.

    Parameters
    ----------
    value : float or None
        ``None`` where it is not defined; ``reason`` says why.
    low, high : float or None
        95 % interval, where the value is an average over draws.
    higher_is_better : bool or None
        ``None`` where neither end is better (entropy).
    protocol : str
        Everything that moves the value, in words: steps, replacement, draws, the score measured.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    higher_is_better: bool | None
    protocol: str
    reason: str = ""


@dataclass(frozen=True)
class Curve(Stored):
    """A deletion or insertion curve: of the map itself, or of a control.

    Parameters
    ----------
    metric : str
        ``"deletion"`` or ``"insertion"``.
    source : str
        ``"map"``, or a family of controls: ``"random"`` (blocks in random order), …
    fractions, scores : ndarray of float32, shape (n,)
        Share of the pixels changed, in [0, 1], and the target's probability then.
    low, high : ndarray of float32 or None
        Of a family of several controls, whose mean ``scores`` is: lowest and highest.
    auc : float
        (Σs − s₀/2 − sₙ/2)/n.
    """

    metric: str
    source: str
    fractions: Array
    scores: Array
    low: Array | None
    high: Array | None
    auc: float


@dataclass(frozen=True)
class Check(Stored):
    """One line of the evidence card: a verdict with the figures and the threshold behind it."""

    id: str
    verdict: Verdict
    value: float | None
    threshold: float | None
    words: str
    protocol: str


def _sha256(mask: npt.NDArray[np.bool_]) -> str:
    head = f"{mask.shape}:".encode()
    return hashlib.sha256(head + np.packbits(mask).tobytes()).hexdigest()


@dataclass(frozen=True)
class EvidenceCard(InputResult):
    """How far one map can be trusted.

    Parameters
    ----------
    explanation : str
        Key of the map that was examined.
    scores, curves, checks : tuple
    passes : float
        Cost in forward-equivalents (a gradient pass counts three).
    """

    explanation: str
    method: str
    target: ClassRef
    against: ClassRef | None
    preset: str
    seed: int
    scores: tuple[Score, ...]
    curves: tuple[Curve, ...]
    checks: tuple[Check, ...]
    passes: float
    command: str


@dataclass(frozen=True)
class EvidenceRequest(InputRequest):
    """Ask how far the map of ``explain`` can be trusted.

    Parameters
    ----------
    explain : ExplainRequest
        The map in question; taken from the store or computed first.
    metrics : tuple of str
        Ids of metrics; the quick set by default.
    preset : str
        Protocol of deletion and insertion: ``"rise"`` (10 steps), ``"rise-full"`` (224 pixels a
        step, as in the paper) or ``"xplique"``; see :mod:`core.evidence.presets`.
    mask : ndarray of bool, shape (h, w), optional
        Where the object is, at the model's input size; for localisation metrics.
    """

    kind: ClassVar[str] = "evidence"
    work: ClassVar[str] = "core.evidence.evidence_card:examine"
    result: ClassVar[type[EvidenceCard]] = EvidenceCard
    explain: ExplainRequest
    metrics: tuple[str, ...]
    preset: str = "rise"
    mask: npt.NDArray[np.bool_] | None = None
    lane: Lane = "interactive"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        parts = super().parts() | {
            "explain": self.explain.key,
            "metrics": self.metrics,
            "preset": self.preset,
            "mask": None if self.mask is None else _sha256(self.mask),
            "seed": self.seed,
        }
        return parts | (
            {} if _WITH_CONTROLS.isdisjoint(self.metrics) else {"controls": CONTROLS_VERSION}
        )

    @property
    def batch(self) -> str:
        """Each map is examined by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that measures the same metrics of the same map."""
        import shlex

        words = ["python", "-m", "core", "evaluate", self.input.name, *self.model_text()]
        words += ["--methods", self.explain.method, *self.explain.words()]
        words += ["--metrics", ",".join(self.metrics), "--preset", self.preset]
        words += [] if self.mask is None else ["--mask", "MASK"]
        return shlex.join([*words, *self.input.options(), "--seed", str(self.seed)])


@dataclass(frozen=True)
class SanityStage(Stored):
    """Similarity of maps before and after the weights down to ``layer`` are drawn anew, in [−1, 1].

    Means over the probe pictures; the layers nearest the logits go first.
    """

    layer: str
    spearman: float
    ssim: float


@dataclass(frozen=True)
class Sanity(Result):
    """Randomisation checks of one method on one model (Adebayo et al. 2018).

    ``random_logit`` is the rank correlation of the map of the predicted class and of another
    class; ``verdict`` compares with ``threshold``, ``words`` says it in a sentence.
    """

    method: str
    stages: tuple[SanityStage, ...]
    random_logit: float | None
    verdict: Verdict
    threshold: float
    words: str
    protocol: str
    n_pictures: int
    seed: int


@dataclass(frozen=True)
class SanityRequest(ModelRequest):
    """Ask whether a method's maps depend on the model at all: a matter of model × method.

    ``thorough`` lifts the cap on passes that spares slow methods.
    """

    kind: ClassVar[str] = "sanity"
    work: ClassVar[str] = "core.evidence.sanity:sanity"
    result: ClassVar[type[Sanity]] = Sanity
    method: str
    parameters: dict[str, Value]
    layer: str | None
    thorough: bool = False
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        own = {"method": self.method, "parameters": self.parameters, "layer": self.layer}
        return super().parts() | own | {"thorough": self.thorough, "seed": self.seed}

    @property
    def batch(self) -> str:
        """Each pair of model and method by itself."""
        return self.key


@dataclass(frozen=True)
class GroupScore(Stored):
    """Mean of one metric over the pictures of one group, with its 95 % interval.

    ``group`` is ``""`` for all pictures. ``mean`` is ``None`` where no picture has a value.
    """

    method: str
    metric: str
    group: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    protocol: str


@dataclass(frozen=True)
class Leaderboard(Result):
    """Methods by metrics over many pictures; ``failed`` names pictures × methods without a map."""

    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    groups: tuple[str, ...]
    n: int
    preset: str
    seed: int
    scores: tuple[GroupScore, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class LeaderboardRequest(ModelRequest):
    """Ask which method serves this model best over many pictures.

    Parameters
    ----------
    inputs : tuple of Input
    groups : tuple of str
        Subgroup of each picture; empty for none.
    masks : tuple of (ndarray of bool or None)
        One for each picture, at the model's input size; empty for none.
    methods, metrics : tuple of str
    target : Target, optional
        What every map explains; the class that the model predicts by default.
    parameters : dict, optional
        Of the one method that is asked; the defaults of each method by default.
    layer : str, optional
        Likewise; the declared one by default.
    """

    kind: ClassVar[str] = "leaderboard"
    work: ClassVar[str] = "core.evidence.leaderboard:leaderboard"
    result: ClassVar[type[Leaderboard]] = Leaderboard
    inputs: tuple[Input, ...]
    groups: tuple[str, ...]
    masks: tuple[npt.NDArray[np.bool_] | None, ...]
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    preset: str = "rise"
    target: TargetValue | None = None
    parameters: dict[str, Value] | None = None
    layer: str | None = None
    lane: Lane = "batch"

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return super().parts() | {
            "inputs": [list(seen.parts().values()) for seen in self.inputs],
            "groups": self.groups,
            "masks": [None if mask is None else _sha256(mask) for mask in self.masks],
            "methods": self.methods,
            "metrics": self.metrics,
            "preset": self.preset,
            "seed": self.seed,
            **({} if self.target is None else self.target.parts()),
            **({} if self.parameters is None else {"parameters": self.parameters}),
            **({} if self.layer is None else {"layer": self.layer}),
        }

    @property
    def batch(self) -> str:
        """Each table by itself."""
        return self.key

    def adopt(self, stored: Any) -> Any:
        """Return a stored table as the answer to this request."""
        return replace(stored, cached=True)
