"""Corruptions: accuracy, confidence and calibration while pictures get worse."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from core.data.contract import DatasetRef, SplitName
from core.values.basic import Lane, content_key
from core.values.codec import Stored
from core.values.requests import ModelRequest
from core.values.results import Result

__all__ = [
    "Corrupted",
    "CorruptionCard",
    "CorruptionChunk",
    "CorruptionGap",
    "CorruptionGroup",
    "CorruptionRequest",
    "CorruptionRow",
    "OutOfDistribution",
]

CorruptionKind = Literal["noise", "blur", "weather", "digital", "shift"]


@dataclass(frozen=True, slots=True)
class CorruptionCard:
    """What the registry declares about a corruption.

    ``standard``: one of the fifteen of ImageNet-C, which means are taken over.
    """

    id: str
    name: str
    kind: CorruptionKind
    standard: bool


@dataclass(frozen=True)
class CorruptionChunk(Stored):
    """What a model says about all pictures under one corruption at one severity."""

    right: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float32]
    energy: npt.NDArray[np.float32]


@dataclass(frozen=True)
class CorruptionGroup(Stored):
    """Accuracy of one group of ``n`` pictures, with Wilson's 95 % interval."""

    group: str
    n: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class CorruptionGap(Stored):
    """The two groups that differ most under corruptions, and whether by chance.

    What counts of a picture is the share of its corrupted versions that the model has right, since
    versions of one picture are not independent.

    Parameters
    ----------
    corruption : str
        An id; ``""`` for all corruptions together.
    best, worst : str
    difference : float
        Between the means of the two.
    low, high : float
        95 % interval of the largest true gap between any two groups; those of the single
        corruptions hold at once.
    p : float
        Share of random assignments of pictures to groups that make a gap as wide between any two,
        Holm-adjusted over the single corruptions.
    """

    corruption: str
    best: str
    worst: str
    difference: float
    low: float
    high: float
    p: float

    @property
    def beyond_chance(self) -> bool:
        """Whether chance makes a gap as wide in fewer than 5 % of cases."""
        return self.p < 0.05


@dataclass(frozen=True)
class CorruptionRow(Stored):
    """One corruption at one severity; severity 0 is the pictures as they are.

    Parameters
    ----------
    confidence : float
        Mean probability of the predicted class.
    calibration_error : float
        Expected calibration error over 15 bins of equal width.
    """

    corruption: str
    severity: int
    n: int
    accuracy: float
    low: float
    high: float
    confidence: float
    calibration_error: float
    groups: tuple[CorruptionGroup, ...] = ()


@dataclass(frozen=True)
class OutOfDistribution(Stored):
    """How well one score tells the dataset's pictures from others'.

    Parameters
    ----------
    score : {"msp", "energy"}
    auroc : float
        Chance that a picture of the dataset scores higher than another one.
    fpr95 : float
        Share of the others that pass where 95 % of the dataset's pictures do.
    """

    score: Literal["msp", "energy"]
    dataset: str
    n: int
    n_other: int
    auroc: float
    fpr95: float


@dataclass(frozen=True)
class Corrupted(Result):
    """How a model does on corrupted pictures.

    Parameters
    ----------
    clean : CorruptionRow
    rows : tuple of CorruptionRow
        By corruption, then severity.
    mean_error : float or None
        Unnormalised mean corruption error: 1 − accuracy, averaged over severities and then over
        the standard corruptions among those asked for; ``None`` if none is.
    relative_error : float or None
        The same of the drop against clean accuracy.
    mce : float or None
        Mean corruption error of ImageNet-C: each error divided by AlexNet's published one; 1 is as
        bad as AlexNet. ``None`` for other classes, or if not all of it was asked for.
    overall : tuple of CorruptionGroup
        Mean accuracy over all corrupted versions, of all pictures (group ``""``), then of each
        group; the intervals are Student's, over pictures.
    gaps : tuple of CorruptionGap
        Over all corruptions together, then of each; empty without two groups of 10 pictures.
    """

    dataset: str
    fingerprint: str
    split: SplitName
    n: int
    by: str
    clean: CorruptionRow
    rows: tuple[CorruptionRow, ...]
    mean_error: float | None
    relative_error: float | None
    mce: float | None
    overall: tuple[CorruptionGroup, ...]
    gaps: tuple[CorruptionGap, ...]
    out_of_distribution: tuple[OutOfDistribution, ...]
    seed: int
    command: str
    slice: str = ""


@dataclass(frozen=True)
class CorruptionRequest(ModelRequest):
    """Ask how a model does on corrupted pictures.

    Parameters
    ----------
    by : str
        Attribute that subgroups are formed by, ``"class"``, or ``""``.
    other : DatasetRef or None
        Pictures of something else, to see whether the scores tell them apart.
    slice : str
        Text of the slice whose pictures alone are corrupted; ``""`` for the whole split.
    """

    kind: ClassVar[str] = "corruptions"
    work: ClassVar[str] = "core.robustness.corruptions.measure:corruptions"
    result: ClassVar[type[Corrupted]] = Corrupted
    dataset: DatasetRef
    fingerprint: str
    split: SplitName
    limit: int
    corruptions: tuple[str, ...]
    severities: tuple[int, ...]
    by: str
    class_map: tuple[int, ...]
    other: DatasetRef | None
    other_fingerprint: str
    lane: Lane = "batch"
    slice: str = ""

    def common(self) -> dict[str, Any]:
        """Return what every part of the work depends on."""
        return super().parts() | {
            "dataset": self.fingerprint,
            "split": self.split,
            "limit": self.limit,
            "class_map": list(self.class_map),
            **({"slice": self.slice} if self.slice else {}),
            "seed": self.seed,
        }

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return self.common() | {
            "corruptions": list(self.corruptions),
            "severities": list(self.severities),
            "by": self.by,
            "other": self.other_fingerprint,
        }

    def chunk_key(self, corruption: str, severity: int) -> str:
        """Return the key of one corruption at one severity; 0 is the pictures as they are."""
        own = {"corruption": corruption, "severity": severity, "kind": "corruption_chunk"}
        return content_key({**self.common(), **own})

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        words = ["python", "-m", "core", "corruptions", *self.model_text()]
        words += ["--dataset", self.dataset.text, "--split", self.split]
        words += ["--limit", str(self.limit), "--corruption", ",".join(self.corruptions)]
        words += ["--severity", ",".join(map(str, self.severities))]
        words += ["--by", self.by] if self.by else []
        words += ["--slice", self.slice] if self.slice else []
        words += ["--ood", self.other.text] if self.other else []
        return shlex.join([*words, "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, with this request's command."""
        return replace(super().adopt(stored), dataset=self.dataset.text, command=self.command)
