"""A metric's card, and the evidence card of a map: scores, curves, checks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.saliency.contract import ExplainRequest
from core.values.basic import Array, ClassRef, Lane
from core.values.codec import Stored
from core.values.requests import InputRequest
from core.values.results import InputResult

__all__ = [
    "Check", "CONTROL_FAMILIES", "CONTROLS_VERSION", "Curve", "EvidenceCard", "EvidenceRequest",
    "MetricCard", "Score", "Verdict",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetricCard:
    """What a metric of maps declares about itself.

    ``higher_is_better`` is ``None`` where neither end is better. ``recomputes``: it asks the method
    for maps of changed pictures or other seeds, which costs as many passes again. ``quick``: it
    belongs to the set that is measured unless more is asked for.
    """

    id: str
    name: str
    summary: str
    limits: str
    paper: str
    higher_is_better: bool | None
    needs_mask: bool
    recomputes: bool
    random: bool
    quick: bool


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


def mask_sha256(mask: npt.NDArray[np.bool_]) -> str:
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
            "mask": None if self.mask is None else mask_sha256(self.mask),
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
